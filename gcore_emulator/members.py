"""What requests make of members."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from gcore_emulator.account import Member
from gcore_emulator.errors import conflict
from gcore_tls_provider.api.wire.members import MemberCreate, MemberPatch


def new_member(request: MemberCreate, present: Iterable[Member], now: datetime) -> Member:
    """A new member. 409 if the pool has one with its address and port."""
    if any(member.endpoint == (request.address, request.protocol_port) for member in present):
        raise conflict(f"Member {request.address}:{request.protocol_port} already exists in the pool")
    return Member(id=str(uuid4()), created_at=now, **request.model_dump(exclude={"instance_id"}))


def replaced_members(requests: Iterable[MemberCreate], present: Iterable[Member], now: datetime) -> tuple[Member, ...]:
    """The members that a whole list asks for: those with the same address and port keep their id."""
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
    """The member after its update: only what was sent changes."""
    return replace(present, **request.model_dump(exclude_unset=True))
