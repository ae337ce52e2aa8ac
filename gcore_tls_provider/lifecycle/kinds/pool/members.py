"""Members of a pool: when two lists of them mean the same, and how to get from one to the other.

Members that stay are not touched.

A member is its address and port (OpenAPI: those that keep both are kept without downtime). Another subnet or instance
makes another member in its place; everything else is changed in place. Gcore never returns the instance, so the
program's last value counts.

One change, or a few, are sent one by one and touch no other member. Each takes a task of some seconds, so more than
`FEW` go as one list (OpenAPI: `PUT .../members`, which keeps the members that keep address and port).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field as Limited
from pydantic import TypeAdapter, ValidationError

from gcore_tls_provider.api.wire.members import Member, MemberCreate, MemberPatch
from gcore_tls_provider.lifecycle.inputs.fields import Field, equal_ids
from gcore_tls_provider.lifecycle.inputs.properties import InputsModel, Properties
from gcore_tls_provider.lifecycle.inputs.scalars import Address, ObjectId, Port

Weight = Annotated[int, Limited(ge=1, le=256)]
Key = tuple[str, int]


class MemberInputs(InputsModel):
    """One backend (OpenAPI: members of a pool).

    Attributes:
        address: IP address; names aren't taken.
        protocol_port: its port, 1 to 65535.
        weight: share of the traffic relative to the others, 1 to 256; default 1.
        backup: used only when no other works; default false.
        monitor_address: where health probes go instead.
        monitor_port: where health probes go instead.
        subnet_id: the subnet that it is in; Gcore's choice by default.
        instance_id: the instance that it is; none by default.
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
    def key(self) -> Key:
        """Address and port, which identify the member."""
        return self.address, self.protocol_port


FIELDS: Final = (
    Field("address", change="replace"),
    Field("protocol_port", change="replace"),
    Field("weight", default=1),
    Field("backup", default=False),
    Field("monitor_address", nullable=True),
    Field("monitor_port", nullable=True),
    Field("subnet_id", change="replace", equal=equal_ids),
    Field("instance_id", change="replace", readable=False, equal=equal_ids),
    Field("admin_state_up", default=True),
)
"""The fields of a member; `replace` is by another member."""

FEW: Final = 5
"""Single requests that a change of members may take; with more, the whole list is sent."""

_PATCHED: Final = tuple(field.name for field in FIELDS if field.change == "in place")
_FIXED: Final = ("subnet_id", "instance_id")
_LIST = TypeAdapter(list[MemberInputs])


@dataclass(frozen=True)
class MemberChanges:
    """The way from the members that are to those that should be.

    Attributes:
        added: new members.
        replaced: ids of members that go before their successors can come, which one address and port demands; and the
            successors.
        patched: for the ids of members that stay, what changes of them.
        removed: ids of members that go.
        lists: the same as whole lists, to be sent one after the other. While some are replaced, half of these stay.
    """

    added: tuple[MemberCreate, ...]
    replaced: tuple[tuple[str, MemberCreate], ...]
    patched: tuple[tuple[str, MemberPatch], ...]
    removed: tuple[str, ...]
    lists: tuple[tuple[MemberCreate, ...], ...]

    @property
    def are_few(self) -> bool:
        """True if the changes are to be sent one by one."""
        return len(self.added) + 2 * len(self.replaced) + len(self.patched) + len(self.removed) <= FEW


def same_members(old: object, new: object) -> bool:
    """Return whether two lists mean the same, whatever their order and unset fields."""
    try:
        olds, news = _by_key(old), _by_key(new)
    except ValidationError:
        # What somebody else has set may be more than a program can say.
        return False
    return olds.keys() == news.keys() and all(_same(olds[key], news[key]) for key in news)


def member_changes(live: Sequence[Member], wanted: Sequence[MemberInputs], told: object = None) -> MemberChanges:
    """Return the changes of members; members that stay as they are have none.

    Args:
        live: Members as Gcore has them.
        wanted: Members as they are to be.
        told: Members as a program has last described them, for values that Gcore does not return.
    """
    ids = {each.key: member.id for member in live for each in [_as_inputs(member)]}
    present = {each.key: each for each in _remembering([_as_inputs(member) for member in live], told)}
    coming = {each.key: each for each in wanted}
    replaced = [key for key, each in present.items() if key in coming and _moved(each, coming[key])]
    stay = [key for key in coming if key in present and key not in replaced]
    return MemberChanges(
        added=tuple(body(each) for key, each in coming.items() if key not in present),
        replaced=tuple((ids[key], body(coming[key])) for key in replaced),
        patched=tuple((ids[key], patch) for key in stay for patch in _patch(present[key], coming[key])),
        removed=tuple(ids[key] for key in present if key not in coming),
        lists=tuple(_lists(present, coming, replaced)),
    )


def _lists(
    present: Mapping[Key, MemberInputs], coming: Mapping[Key, MemberInputs], replaced: Sequence[Key]
) -> Iterator[tuple[MemberCreate, ...]]:
    # What only Gcore knows of a member that stays is sent again: a list leaves nothing as it is.
    final = {key: body(_filled_in(each, present.get(key))) for key, each in coming.items() if key not in replaced}
    final |= {key: body(present[key]) for key in replaced}
    for half in (replaced[::2], replaced[1::2]):
        if half:
            yield tuple(each for key, each in final.items() if key not in half)
            final |= {key: body(coming[key]) for key in half}
            yield tuple(final.values())
    if not replaced:
        yield tuple(final.values())


def _filled_in(member: MemberInputs, present: MemberInputs | None) -> MemberInputs:
    if present is None:
        return member
    return member.model_copy(update={name: getattr(present, name) for name in _FIXED if getattr(member, name) is None})


def body(member: MemberInputs) -> MemberCreate:
    """Return the request body for a new member."""
    return MemberCreate.model_validate(member.model_dump(exclude_none=True))


def shown(live: Sequence[Member], told: object = None) -> list[Properties]:
    """Return members as a program would write them: without default values.

    Args:
        live: Members as Gcore has them.
        told: Members as a program has last described them, for values that Gcore does not return.
    """
    members = _remembering([_as_inputs(member) for member in live], told)
    return [each.model_dump(exclude_defaults=True, exclude_none=True) for each in members]


def _remembering(members: Sequence[MemberInputs], told: object) -> list[MemberInputs]:
    try:
        instances = {key: each.instance_id for key, each in _by_key(told).items()}
    except ValidationError:
        return list(members)
    return [each.model_copy(update={"instance_id": instances.get(each.key)}) for each in members]


def _as_inputs(member: Member) -> MemberInputs:
    values = {name: value for name, value in member.model_dump().items() if name in MemberInputs.model_fields}
    try:
        return MemberInputs.model_validate(values)
    except ValidationError:
        return MemberInputs.model_construct(**values)


def _by_key(members: object) -> Mapping[Key, MemberInputs]:
    return {each.key: each for each in _LIST.validate_python(members or [])}


def _moved(old: MemberInputs, new: MemberInputs) -> bool:
    """Return whether a member is in another subnet or instance; a removed value keeps the old one."""
    return any(
        getattr(new, name) is not None and not equal_ids(getattr(old, name), getattr(new, name)) for name in _FIXED
    )


def _same(old: MemberInputs, new: MemberInputs) -> bool:
    return not _moved(old, new) and not any(_patch(old, new))


def _patch(old: MemberInputs, new: MemberInputs) -> Iterator[MemberPatch]:
    differing = {name: getattr(new, name) for name in _PATCHED if getattr(old, name) != getattr(new, name)}
    if differing:
        yield MemberPatch.model_validate(differing)
