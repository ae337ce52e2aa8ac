"""Property types that several kinds share, with findings for values that do not fit."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from gcore_tls_provider.certificates.findings.validation import validation_error
from gcore_tls_provider.lifecycle.inputs.naming import PATTERN

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NAME = re.compile(PATTERN)
_LONGEST_QUOTED = 60


def _quoted(value: str) -> str:
    """Return a value in quotes for a finding; only its length if it can be a private key in the wrong place."""
    if len(value) <= _LONGEST_QUOTED and value.isprintable() and "-----" not in value:
        return f"'{value}'"
    return f"A text of {len(value)} characters"


def _address(value: str) -> str:
    try:
        return str(ip_address(value.strip()))
    except ValueError:
        raise validation_error("NOT_AN_ADDRESS", value=_quoted(value)) from None


def _network(value: str) -> str:
    try:
        return str(ip_network(value.strip()))
    except ValueError:
        raise validation_error("NOT_A_NETWORK", value=_quoted(value)) from None


def _object_id(value: str) -> str:
    if not _UUID.fullmatch(value.strip()):
        raise validation_error("NOT_AN_ID", value=_quoted(value))
    return value.strip().lower()


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise validation_error("NAME_INVALID", value=_quoted(value))
    return value


Address = Annotated[str, AfterValidator(_address)]
"""IPv4 or IPv6 address."""

Network = Annotated[str, AfterValidator(_network)]
"""IPv4 or IPv6 network in CIDR notation, without host bits: `203.0.113.0/24`."""

ObjectId = Annotated[str, AfterValidator(_object_id)]
"""UUID of an object at Gcore, in lower case."""

ObjectName = Annotated[str, AfterValidator(_name)]
"""Exact name of a load balancer, listener or pool, 3 to 63 characters."""

Port = Annotated[int, Field(ge=1, le=65535)]
"""TCP or UDP port, 1 to 65535."""

Milliseconds = Annotated[int, Field(ge=0, le=86_400_000)]
"""Time limit in milliseconds, 0 to 86400000 (one day)."""
