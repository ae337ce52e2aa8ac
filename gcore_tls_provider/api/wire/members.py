"""Members of pools: entries for backends. Address and port identify a member."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, RootModel

from gcore_tls_provider.api.wire.model import RequestBody, ResponseBody
from gcore_tls_provider.api.wire.scalars import NOT_NULL, IpAddress, Port, ResponseId, ResponseReference, Uuid

Weight = Annotated[int, Field(gt=0, le=256)]
"""Share of the traffic relative to the other members, 1 to 256."""


class MemberCreate(RequestBody):
    """A new member. `monitor_address` and `monitor_port` redirect the probes; null means the member's own."""

    address: IpAddress
    protocol_port: Port
    admin_state_up: bool = True
    backup: bool = False
    instance_id: Uuid | None = None
    monitor_address: IpAddress | None = None
    monitor_port: Port | None = None
    subnet_id: Uuid | None = None
    weight: Weight = 1


class MemberList(RootModel[list[MemberCreate]]):
    """All members of a pool, as a bare array. Members with the same address and port remain; others are deleted."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class MemberPatch(RequestBody):
    """Fields of a member that can change: null clears the two monitor fields."""

    admin_state_up: Annotated[bool | None, NOT_NULL] = None
    backup: Annotated[bool | None, NOT_NULL] = None
    monitor_address: IpAddress | None = None
    monitor_port: Port | None = None
    weight: Annotated[Weight | None, NOT_NULL] = None


class Member(ResponseBody):
    """A member as it is read. The response does not contain `instance_id`."""

    id: ResponseId
    address: str
    protocol_port: int
    admin_state_up: bool
    backup: bool
    operating_status: str
    provisioning_status: str
    weight: int
    monitor_address: str | None = None
    monitor_port: int | None = None
    subnet_id: ResponseReference = None
