"""Internal inputs: what the constructor of a resource tells its provider, beside what the program says.

The engine tells a dynamic provider nothing about a resource but its inputs. These are saved with them, and shown to
nobody.

What has several parts is one text: the engine takes its time for each part of a property, each time that it hands the
property on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

RECORD: Final = "__gcore"
"""The hidden property: a versioned map of small texts, see `lifecycle.record`."""

VERSION: Final = 1
"""Version of the record."""

CONTEXT: Final = "__context"
"""Which resource it is: its URN, its name, its stack, its time limits; packed."""

ATTEMPT: Final = "__attempt"
"""What tells one making of a resource from all others: random text, new for each.

Pulumi saves it together with the create that is under way, before anything is sent to Gcore, and the object's name
comes from it.
"""

MATERIAL: Final = "__material"
"""What it refers to for the material that it holds, by role; packed. See `lifecycle.public_material`."""


def to_json(parts: Mapping[str, object]) -> str:
    """Parts as one text."""
    return json.dumps(parts, separators=(",", ":"), sort_keys=True)


def from_json(value: object) -> Mapping[str, object]:
    """The parts of a packed property; none where it isn't one. State of before has the parts themselves."""
    if isinstance(value, Mapping):
        return value
    try:
        parts = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return {}
    return parts if isinstance(parts, dict) else {}
