"""Snapshots of the emulated account, which show orphans, duplicates and changed objects."""

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
_COMPUTED_NAME: Final = re.compile(r"(?P<logical>.+)-[0-9a-f]{8}-[0-9a-f]{6}")
_VOLATILE_FIELDS: Final = frozenset({"id", "name", "created_at", "updated_at", "creator_task_id", "task_id", "vip"})
"""Fields that differ from one create attempt to the next."""


@dataclass(frozen=True)
class AccountSnapshot:
    """Objects of an account at one time."""

    tables: Mapping[str, Mapping[str, Stored]]

    @classmethod
    def of(cls, emulator: Emulator) -> AccountSnapshot:
        """Return the account after all tasks that are due."""
        emulator.task_engine.advance_to_now()
        return cls({name: dict(getattr(emulator.account, name)) for name in _TABLES})

    def restore(self, emulator: Emulator) -> None:
        """Restore the account of this snapshot, and reset requests, tasks and audit."""
        emulator.reset()
        for name, table in self.tables.items():
            getattr(emulator.account, name).update(table)

    def objects(self) -> Iterator[Stored]:
        """Yield every object."""
        for table in self.tables.values():
            yield from table.values()

    def without(self, foreign: AccountSnapshot) -> AccountSnapshot:
        """Return the objects that another snapshot does not contain."""
        known = {each.id for each in foreign.objects()}
        return AccountSnapshot(
            {name: {k: v for k, v in table.items() if k not in known} for name, table in self.tables.items()}
        )

    def changed_objects(self, foreign: AccountSnapshot) -> list[str]:
        """Return the names of another snapshot's objects that are changed or missing in this one."""
        current = {each.id: each for each in self.objects()}
        return [each.name for each in foreign.objects() if current.get(each.id) != each]

    def descriptions(self) -> list[str]:
        """Return a text for every object; accounts with equal objects have equal texts."""
        names = {each.id: _logical_name(each) for each in self.objects()}
        return sorted(f"{_logical_name(each)}: {_describe(each, names)}" for each in self.objects())


def _logical_name(stored: Stored) -> str:
    found = _COMPUTED_NAME.fullmatch(stored.name)
    return f"{type(stored).__name__} {found['logical'] if found else stored.name}"


def _describe(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, bytes):
        return _payload_digest(value)
    if is_dataclass(value):
        values = {each.name: getattr(value, each.name) for each in fields(value) if each.name not in _VOLATILE_FIELDS}
        return str({name: _describe(each, names) for name, each in values.items()})
    if isinstance(value, (list, tuple)):
        return str(sorted(_describe(each, names) for each in value))
    return names.get(value, repr(value)) if isinstance(value, str) else repr(value)


def _payload_digest(payload: bytes) -> str:
    """Return a digest of the content: a PKCS12 file of the same certificate and key is different each time."""
    try:
        return identity_from_pkcs12(pkcs12=base64_of(payload)).digest()
    except MaterialError:
        return hashlib.sha256(payload).hexdigest()


def duplicate_names(own: AccountSnapshot) -> list[str]:
    """Return the logical names of which the account has several objects."""
    return [logical for logical, count in Counter(map(_logical_name, own.objects())).items() if count > 1]
