"""Property types that several kinds share, with findings for values that do not fit."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from gcore_tls_provider.lifecycle.inputs.naming import PATTERN
from gcore_tls_provider.lifecycle.inputs.properties import validation_error

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NAME = re.compile(PATTERN)
_LONGEST_SHOWN = 60


def _quoted(value: str) -> str:
    """Return a value for a finding, unless it can be key material in the wrong place."""
    if len(value) <= _LONGEST_SHOWN and value.isprintable() and "-----" not in value:
        return f"'{value}'"
    return f"A text of {len(value)} characters"


def _address(value: str) -> str:
    try:
        return str(ip_address(value.strip()))
    except ValueError:
        raise validation_error(
            "NOT_AN_ADDRESS", f"{_quoted(value)} is not an IP address.", "Give an IPv4 or IPv6 address, not a name."
        ) from None


def _network(value: str) -> str:
    try:
        return str(ip_network(value.strip()))
    except ValueError:
        raise validation_error(
            "NOT_A_NETWORK", f"{_quoted(value)} is not a network.", "Give it as 203.0.113.0/24, without host bits."
        ) from None


def _object_id(value: str) -> str:
    if not _UUID.fullmatch(value.strip()):
        raise validation_error("NOT_AN_ID", f"{_quoted(value)} is not an id at Gcore.", "Give the object's UUID.")
    return value.strip().lower()


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise validation_error(
            "NAME_INVALID",
            f"{_quoted(value)} is not a name that Gcore takes.",
            "Give 3 to 63 letters, digits, blanks, dots, underscores or hyphens, beginning with a letter or digit.",
        )
    return value


Address = Annotated[str, AfterValidator(_address)]
"""IPv4 or IPv6 address."""

Network = Annotated[str, AfterValidator(_network)]
"""IPv4 or IPv6 network without host bits."""

ObjectId = Annotated[str, AfterValidator(_object_id)]
"""UUID of an object at Gcore."""

ObjectName = Annotated[str, AfterValidator(_name)]
"""Exact name of a load balancer, listener or pool."""

Port = Annotated[int, Field(ge=1, le=65535)]
"""TCP or UDP port."""

Milliseconds = Annotated[int, Field(ge=0, le=86_400_000)]
"""A time limit in milliseconds, up to one day."""
