"""Members as requests create and update them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from gcore_emulator.account import Member
from gcore_emulator.errors import conflict
from gcore_tls_provider.api.wire.members import MemberCreate, MemberPatch


def new_member(request: MemberCreate, present: Iterable[Member], now: datetime) -> Member:
    """Return a new member. Raise a 409 if the pool has a member with its address and port."""
    if any(member.endpoint == (request.address, request.protocol_port) for member in present):
        raise conflict(f"Member {request.address}:{request.protocol_port} already exists in the pool")
    return Member(id=str(uuid4()), created_at=now, **request.model_dump(exclude={"instance_id"}))


def replaced_members(requests: Iterable[MemberCreate], present: Iterable[Member], now: datetime) -> tuple[Member, ...]:
    """Return the members of a complete list. Members with the same address and port keep their ID."""
    wanted: dict[tuple[str, int], Member] = {}
    for request in requests:
        new = new_member(request, wanted.values(), now)
        wanted[new.endpoint] = new
    kept = [
        replace(wanted.pop(member.endpoint), id=member.id, created_at=member.created_at)
        for member in present
        if member.endpoint in wanted
    ]
    return (*kept, *wanted.values())


def changed_member(present: Member, request: MemberPatch) -> Member:
    """Return the member after an update of the fields that the request contains."""
    return replace(present, **request.model_dump(exclude_unset=True))
