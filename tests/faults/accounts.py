"""What is in the emulated account: whose it is, and whether it is what a program says."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from gcore_emulator import Emulator
from gcore_emulator.account import Stored
from gcore_tls_provider.certificates import MaterialError, identity_from_pkcs12
from tests.material import base64_of

_TABLES: Final = ("secrets", "load_balancers", "listeners", "pools")
_OWN_NAME: Final = re.compile(r"(?P<logical>.+)-[0-9a-f]{8}-[0-9a-f]{6}")
_OF_THE_MOMENT: Final = frozenset({"id", "name", "created_at", "updated_at", "creator_task_id", "task_id", "vip"})
"""What differs from one making to the next."""


@dataclass(frozen=True)
class Snapshot:
    """An account at a moment."""

    tables: Mapping[str, Mapping[str, Stored]]

    @classmethod
    def of(cls, emulator: Emulator) -> Snapshot:
        """The account as it is now, all work done that is due."""
        emulator.task_engine.advance_to_now()
        return cls({name: dict(getattr(emulator.account, name)) for name in _TABLES})

    def restore(self, emulator: Emulator) -> None:
        """Makes an account what this one was; calls, tasks and audit begin anew."""
        emulator.reset()
        for name, table in self.tables.items():
            getattr(emulator.account, name).update(table)

    def all(self) -> Iterator[Stored]:
        """Every object."""
        for table in self.tables.values():
            yield from table.values()

    def without(self, foreign: Snapshot) -> Snapshot:
        """What isn't in another one."""
        known = {each.id for each in foreign.all()}
        return Snapshot(
            {name: {k: v for k, v in table.items() if k not in known} for name, table in self.tables.items()}
        )

    def touched(self, foreign: Snapshot) -> list[str]:
        """The objects of another one that aren't here as they were there."""
        here = {each.id: each for each in self.all()}
        return [each.name for each in foreign.all() if here.get(each.id) != each]

    def described(self) -> list[str]:
        """Every object in words that are the same for each account that holds the same."""
        names = {each.id: _logical(each) for each in self.all()}
        return sorted(f"{_logical(each)}: {_described(each, names)}" for each in self.all())


def _logical(stored: Stored) -> str:
    found = _OWN_NAME.fullmatch(stored.name)
    return f"{type(stored).__name__} {found['logical'] if found else stored.name}"


def _described(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, bytes):
        return _content(value)
    if is_dataclass(value):
        shown = {each.name: getattr(value, each.name) for each in fields(value) if each.name not in _OF_THE_MOMENT}
        return str({name: _described(each, names) for name, each in shown.items()})
    if isinstance(value, (list, tuple)):
        return str(sorted(_described(each, names) for each in value))
    return names.get(value, repr(value)) if isinstance(value, str) else repr(value)


def _content(payload: bytes) -> str:
    """What a payload means: a PKCS12 file of the same certificate and key is another one each time."""
    try:
        return identity_from_pkcs12(pkcs12=base64_of(payload)).digest()
    except MaterialError:
        return hashlib.sha256(payload).hexdigest()


def duplicates(own: Snapshot) -> list[str]:
    """What is there more often than once of what one resource makes."""
    return [logical for logical, count in Counter(map(_logical, own.all())).items() if count > 1]
