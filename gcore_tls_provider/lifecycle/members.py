"""Members of a pool: when two lists of them mean the same, and how to get from one to the other.

Members that stay are not touched.

A member is its address and port (OpenAPI: those that keep both are kept without downtime). Weight, backup, monitor
address and port and the administrative state are changed in place; another subnet makes another member. Another
instance isn't seen: Gcore never gives it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field as Limited
from pydantic import TypeAdapter, ValidationError

from gcore_tls_provider.api.wire.members import Member, MemberCreate, MemberPatch
from gcore_tls_provider.lifecycle.properties import InputsModel, Properties
from gcore_tls_provider.lifecycle.scalars import Address, ObjectId, Port

Weight = Annotated[int, Limited(ge=1, le=256)]


class MemberInputs(InputsModel):
    """One backend (OpenAPI: members of a pool).

    Attributes:
        address: IP address; names aren't taken.
        protocol_port: its port, 1 to 65535.
        weight: share of the traffic relative to the others, 1 to 256; default 1.
        backup: used only when no other works; default false.
        monitor_address: where health probes go instead.
        monitor_port: where health probes go instead.
        subnet_id: the subnet that it is in.
        instance_id: the instance that it is.
        admin_state_up: whether it gets traffic; default true.
    """

    address: Address
    protocol_port: Port
    weight: Weight = 1
    backup: bool = False
    monitor_address: Address | None = None
    monitor_port: Port | None = None
    subnet_id: ObjectId | None = None
    instance_id: ObjectId | None = None
    admin_state_up: bool = True

    @property
    def key(self) -> tuple[str, int]:
        """What makes it this member and no other."""
        return self.address, self.protocol_port


_PATCHED: Final = ("weight", "backup", "monitor_address", "monitor_port", "admin_state_up")
_LIST = TypeAdapter(list[MemberInputs])


@dataclass(frozen=True)
class MemberChanges:
    """The way from the members that are to those that should be.

    Attributes:
        replaced: ids of members that go before their successors can come: one address and port is one member.
        added: new members.
        patched: for the ids of members that stay, what changes of them.
        removed: ids of members that go.
    """

    replaced: tuple[str, ...]
    added: tuple[MemberCreate, ...]
    patched: tuple[tuple[str, MemberPatch], ...]
    removed: tuple[str, ...]


def same_members(old: object, new: object) -> bool:
    """Whether two lists mean the same: order and what was never set mean nothing."""
    try:
        olds, news = _by_key(old), _by_key(new)
    except ValidationError:
        # What somebody else has set may be more than a program can say.
        return False
    return olds.keys() == news.keys() and all(_same(olds[key], news[key]) for key in news)


def member_changes(live: Sequence[Member], wanted: Sequence[MemberInputs]) -> MemberChanges:
    """What to do about each member, and nothing about those that stay as they are."""
    present = {each.key: (member.id, each) for member in live for each in [_as_inputs(member)]}
    wanted_by_key = {each.key: each for each in wanted}
    replaced = {key for key, (_, each) in present.items() if key in wanted_by_key and _moved(each, wanted_by_key[key])}
    stay = [key for key in wanted_by_key if key in present and key not in replaced]
    return MemberChanges(
        replaced=tuple(present[key][0] for key in present if key in replaced),
        added=tuple(body(each) for key, each in wanted_by_key.items() if key not in stay),
        patched=tuple(
            (present[key][0], patch) for key in stay for patch in _patch(present[key][1], wanted_by_key[key])
        ),
        removed=tuple(member_id for key, (member_id, _) in present.items() if key not in wanted_by_key),
    )


def body(member: MemberInputs) -> MemberCreate:
    """What is sent for a new member."""
    return MemberCreate.model_validate(member.model_dump(exclude_none=True))


def shown(live: Sequence[Member]) -> list[Properties]:
    """Members as a program would write them: without what is as it is by default."""
    return [_as_inputs(member).model_dump(exclude_defaults=True, exclude_none=True) for member in live]


def _as_inputs(member: Member) -> MemberInputs:
    values = {name: value for name, value in member.model_dump().items() if name in MemberInputs.model_fields}
    try:
        return MemberInputs.model_validate(values)
    except ValidationError:
        return MemberInputs.model_construct(**values)


def _by_key(members: object) -> Mapping[tuple[str, int], MemberInputs]:
    return {each.key: each for each in _LIST.validate_python(members or [])}


def _moved(old: MemberInputs, new: MemberInputs) -> bool:
    return new.subnet_id is not None and old.subnet_id != new.subnet_id


def _same(old: MemberInputs, new: MemberInputs) -> bool:
    # The instance is never given back, so only two programs' values could be compared; a live one has none.
    return not _moved(old, new) and not any(_patch(old, new))


def _patch(old: MemberInputs, new: MemberInputs) -> Iterator[MemberPatch]:
    differing = {name: getattr(new, name) for name in _PATCHED if getattr(old, name) != getattr(new, name)}
    if differing:
        yield MemberPatch.model_validate(differing)
