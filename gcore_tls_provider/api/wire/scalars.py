"""Field types that several bodies share: names, IDs, ports, addresses, times, secrets."""

from __future__ import annotations

from datetime import datetime, timezone
from ipaddress import ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, SecretStr

NAME_PATTERN = r"^[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,61}[a-zA-Z0-9._]$"
"""Name of a load balancer, listener or pool: 3 to 63 characters."""

UUID_PATTERN = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"


_SEGMENT = r"[0-9A-Za-z][0-9A-Za-z_\-]{0,127}"

OBJECT_ID_PATTERN = rf"^{_SEGMENT}$"
"""ID of an object or task: always one segment of a path, because it has no dot, slash, percent sign or query."""


def _reject_null(value: object) -> object:
    if value is None:
        raise ValueError("must not be null; leave the field out to keep its value")
    return value


def _as_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


def _canonical_address(value: str) -> str:
    return str(ip_address(value))


def _canonical_network(value: str) -> str:
    return str(ip_network(value))


def _reveal(value: SecretStr) -> str:
    return value.get_secret_value()


NOT_NULL = BeforeValidator(_reject_null)
"""Validator of fields that can be left out (then the default is None) but not sent as null."""

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""Name of a load balancer, listener or pool, and of a session persistence cookie."""

Uuid = Annotated[str, Field(pattern=UUID_PATTERN, json_schema_extra={"format": "uuid4"})]
"""ID of an object that the request refers to."""

ResponseId = Annotated[str, Field(pattern=OBJECT_ID_PATTERN)]
"""ID in a response. Gcore's are UUIDs. Any other ID that cannot leave its segment of a path is accepted too."""

ResponseReference = Annotated[str, Field(pattern=rf"^({_SEGMENT})?$")] | None
"""ID of another object in a response; null or an empty text for none."""

Port = Annotated[int, Field(ge=1, le=65535)]
"""TCP or UDP port."""

Milliseconds = Annotated[int, Field(ge=0, le=86_400_000)]
"""A time limit in milliseconds, up to one day."""

IpAddress = Annotated[str, AfterValidator(_canonical_address)]
"""IPv4 or IPv6 address, in its canonical spelling."""

IpNetwork = Annotated[str, AfterValidator(_canonical_network)]
"""IPv4 or IPv6 network without host bits, in its canonical spelling."""

Concealed = Annotated[SecretStr, PlainSerializer(_reveal, return_type=str, when_used="json")]
"""Text that no repr, log or error shows: only a dump to JSON reveals it."""

Timestamp = Annotated[datetime, AfterValidator(_as_utc)]
"""A point in time, in UTC. The API writes it with `Z`, `+00:00`, `+0000` or without a zone, which means UTC."""

TimestampWithOffset = Annotated[
    Timestamp,
    PlainSerializer(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S+0000"), return_type=str, when_used="json"),
]
"""A point in time as responses about load balancers contain it: `2026-05-30T19:06:26+0000`."""

TimestampWithoutZone = Annotated[
    Timestamp,
    PlainSerializer(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S"), return_type=str, when_used="json"),
]
"""A point in time as responses about tasks contain it: `2026-05-30T19:06:26`."""
