"""Creates whose outcome is unknown: a task without end, or a network that does not come back.

Such an object is saved under an ID that is not Gcore's, `unknown:<name>`. The next run, or a destroy, looks for the
name and deletes the objects that have it.
"""

from __future__ import annotations

from typing import Any, Final

from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.kind import CreatableKind
from gcore_tls_provider.lifecycle.recovery.interrupted_creates import create_in_progress, wait_for_creates
from gcore_tls_provider.lifecycle.run.operation import Operation

_PREFIX: Final = "unknown:"


def unknown_id(name: str) -> str:
    """Return the ID under which the state keeps an object that can exist under a name."""
    return _PREFIX + name


def is_unknown(object_id: str) -> bool:
    """Return whether an ID stands for a create whose outcome is unknown."""
    return object_id.startswith(_PREFIX)


def name_of_unknown(object_id: str) -> str:
    """Return the name in the ID of a create whose outcome is unknown."""
    return object_id.removeprefix(_PREFIX)


def can_exist(kind: CreatableKind[Any], operation: Operation, object_id: str) -> bool:
    """Return whether an object has the name, or can still get it."""
    name = name_of_unknown(object_id)
    return bool(kind.ids_named(operation, name)) or create_in_progress(kind, operation)


def delete(kind: CreatableKind[Any], operation: Operation, object_id: str, properties: Properties) -> None:
    """Delete the objects that have the name, once no task can create one any more."""
    wait_for_creates(kind, operation)
    for found in kind.ids_named(operation, name_of_unknown(object_id)):
        live = kind.read_object(operation, found, properties)
        if live is not None:
            kind.delete_object(operation, found, live.properties)
