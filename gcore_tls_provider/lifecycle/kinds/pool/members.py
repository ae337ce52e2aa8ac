"""Members of a pool: comparison of two lists, and the requests that turn one into the other.

Members that stay are not touched.

Address and port identify a member (OpenAPI: members that keep both are kept without downtime). Another subnet or
instance needs another member in its place; all other fields are changed in place. Gcore never returns the instance, so
the program's last value counts.

A few changes are sent one by one and touch no other member. Each takes a task of some seconds, so more than `FEW` are
sent as one list (OpenAPI: `PUT .../members`, which keeps the members that keep address and port).
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
    """Member of a pool: its entry for one backend (OpenAPI).

    Attributes:
        address: IPv4 or IPv6 address of the backend; host names are not accepted.
        protocol_port: Port of the backend, 1 to 65535.
        weight: Share of the traffic relative to the other members, 1 to 256; default 1.
        backup: Whether it gets traffic only when all other members are down; default false.
        monitor_address: Address that is probed instead of `address`.
        monitor_port: Port that is probed instead of `protocol_port`, 1 to 65535.
        subnet_id: UUID of its subnet; by default Gcore selects it.
        instance_id: UUID of its instance; default none.
        admin_state_up: Whether it gets traffic; default true.
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
"""Fields of a member; `replace` needs another member."""

FEW: Final = 5
"""Largest number of single requests for a change of members; above it, the whole list is sent."""

_PATCHED_FIELDS: Final = tuple(field.name for field in FIELDS if field.change == "in place")
_REPLACED_FIELDS: Final = ("subnet_id", "instance_id")
_LIST = TypeAdapter(list[MemberInputs])


@dataclass(frozen=True)
class MemberChanges:
    """Changes that turn the live members of a pool into the wanted ones.

    Attributes:
        added: New members.
        replaced: IDs of members to delete before their successors, which have the same address and port, can be
            created; and the successors.
        patched: IDs of members that stay, and their changed fields.
        removed: IDs of members to delete.
        lists: The same changes as whole lists, to be sent one after the other. Members to replace are replaced
            half by half: while one half is absent, the other stays.
    """

    added: tuple[MemberCreate, ...]
    replaced: tuple[tuple[str, MemberCreate], ...]
    patched: tuple[tuple[str, MemberPatch], ...]
    removed: tuple[str, ...]
    lists: tuple[tuple[MemberCreate, ...], ...]

    @property
    def are_few(self) -> bool:
        """True if the changes are few enough to be sent one by one."""
        return len(self.added) + 2 * len(self.replaced) + len(self.patched) + len(self.removed) <= FEW


def same_members(old: object, new: object) -> bool:
    """Return whether two lists mean the same, whatever their order and unset fields."""
    try:
        olds, news = _by_key(old), _by_key(new)
    except ValidationError:
        # Another client can have set values that the input model does not allow.
        return False
    return olds.keys() == news.keys() and all(_same(olds[key], news[key]) for key in news)


def member_changes(live: Sequence[Member], wanted: Sequence[MemberInputs], known: object = None) -> MemberChanges:
    """Return the changes of members; members that stay as they are have none.

    Args:
        live: Members as Gcore has them.
        wanted: Members of the program.
        known: Members as a program has last described them, for values that Gcore does not return.
    """
    ids = {each.key: member.id for member in live for each in [_as_inputs(member)]}
    old = {each.key: each for each in _with_known_instances([_as_inputs(member) for member in live], known)}
    new = {each.key: each for each in wanted}
    replaced = [key for key, each in old.items() if key in new and _needs_replacement(each, new[key])]
    stay = [key for key in new if key in old and key not in replaced]
    return MemberChanges(
        added=tuple(body(each) for key, each in new.items() if key not in old),
        replaced=tuple((ids[key], body(new[key])) for key in replaced),
        patched=tuple((ids[key], patch) for key in stay for patch in _patch(old[key], new[key])),
        removed=tuple(ids[key] for key in old if key not in new),
        lists=tuple(_lists(old, new, replaced)),
    )


def _lists(
    old: Mapping[Key, MemberInputs], new: Mapping[Key, MemberInputs], replaced: Sequence[Key]
) -> Iterator[tuple[MemberCreate, ...]]:
    # A list replaces all values, so send the values again that the program does not set and Gcore has.
    final = {key: body(_with_live_values(each, old.get(key))) for key, each in new.items() if key not in replaced}
    final |= {key: body(old[key]) for key in replaced}
    for half in (replaced[::2], replaced[1::2]):
        if half:
            yield tuple(each for key, each in final.items() if key not in half)
            final |= {key: body(new[key]) for key in half}
            yield tuple(final.values())
    if not replaced:
        yield tuple(final.values())


def _with_live_values(member: MemberInputs, old: MemberInputs | None) -> MemberInputs:
    if old is None:
        return member
    return member.model_copy(
        update={name: getattr(old, name) for name in _REPLACED_FIELDS if getattr(member, name) is None}
    )


def body(member: MemberInputs) -> MemberCreate:
    """Return the request body for a new member."""
    return MemberCreate.model_validate(member.model_dump(exclude_none=True))


def shown(live: Sequence[Member], known: object = None) -> list[Properties]:
    """Return members as a program would write them: without default values.

    Args:
        live: Members as Gcore has them.
        known: Members as a program has last described them, for values that Gcore does not return.
    """
    members = _with_known_instances([_as_inputs(member) for member in live], known)
    return [each.model_dump(exclude_defaults=True, exclude_none=True) for each in members]


def _with_known_instances(members: Sequence[MemberInputs], known: object) -> list[MemberInputs]:
    try:
        instances = {key: each.instance_id for key, each in _by_key(known).items()}
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


def _needs_replacement(old: MemberInputs, new: MemberInputs) -> bool:
    """Return whether a member is in another subnet or instance; a removed value keeps the old one."""
    return any(
        getattr(new, name) is not None and not equal_ids(getattr(old, name), getattr(new, name))
        for name in _REPLACED_FIELDS
    )


def _same(old: MemberInputs, new: MemberInputs) -> bool:
    return not _needs_replacement(old, new) and not any(_patch(old, new))


def _patch(old: MemberInputs, new: MemberInputs) -> Iterator[MemberPatch]:
    differing = {name: getattr(new, name) for name in _PATCHED_FIELDS if getattr(old, name) != getattr(new, name)}
    if differing:
        yield MemberPatch.model_validate(differing)
