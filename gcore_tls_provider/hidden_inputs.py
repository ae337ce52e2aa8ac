"""Hidden inputs: what a resource's constructor passes to its provider in addition to the program's arguments.

The engine passes a dynamic provider nothing about a resource except its inputs. The hidden ones form one property, a
map with a version. The engine saves it with the other inputs and displays it to nobody. Each part is one text, because
the engine serializes and logs each part of each property whenever it passes the property on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

RECORD: Final = "__gcore"
"""Name of the hidden property. `lifecycle.inputs.record` lists the parts that the provider adds."""

VERSION: Final = 1
"""Version of the record."""

VERSION_PART: Final = "v"
"""Version of the record, a number."""

RESOURCE_PART: Final = "resource"
"""Description of the resource: its URN, name, stack and timeouts, and the state of the previous run. JSON."""

NONCE_PART: Final = "nonce"
"""Random text of one create attempt, 16 hex digits; unknown in a preview, absent after `get`.

The engine saves it with the pending create before anything is sent to Gcore, and the object's name is derived from it.
"""

REFERENCES_PART: Final = "references"
"""References to other resources' certificates by role, for kinds whose rules read them. JSON."""


def to_json(parts: Mapping[str, object]) -> str:
    """Return parts as one text."""
    return json.dumps(parts, separators=(",", ":"), sort_keys=True)


def from_json(text: object) -> Mapping[str, object]:
    """Return the parts of a text; an empty mapping for anything else."""
    try:
        parts = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return parts if isinstance(parts, dict) else {}
