"""Names of objects at Gcore.

`<logical name>-<8 hex>-<6 hex>`: the resource's name in the program, a digest of the stack's identity and the
resource's URN, and a digest of the create attempt's nonce. A name is computed once, in create; the state keeps it and
it never changes. So an object can be told from those of every other stack and resource, a replacement from the object
that it replaces, and the state shows which attempt gave which name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 63
"""Length of the longest name (OpenAPI: pattern of load balancers, listeners and pools)."""

PATTERN: Final = r"^[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,61}[a-zA-Z0-9._]$"
"""Names that Gcore accepts; 3 to 63 characters."""

_OWNER_DIGITS, _ATTEMPT_DIGITS = 8, 6
_FORBIDDEN = re.compile(r"[^a-zA-Z0-9._-]+")


@dataclass(frozen=True)
class ObjectNaming:
    """All names that one resource of one stack can give to its objects.

    Attributes:
        logical: Name of the resource in the program, reduced to allowed characters.
        owner: 8 hex digits that no other stack or resource has.
    """

    logical: str
    owner: str

    @classmethod
    def of(cls, logical_name: str, identity: str, urn: str) -> ObjectNaming:
        """Return the naming of a resource.

        Args:
            logical_name: Name of the resource in the program.
            identity: Identity of the stack: text that no other stack has.
            urn: URN of the resource.
        """
        room = LONGEST - _OWNER_DIGITS - _ATTEMPT_DIGITS - 2
        cleaned = _FORBIDDEN.sub("-", logical_name).strip("-._ ")[:room].rstrip("-._ ") or "x"
        return cls(cleaned, _digest(_OWNER_DIGITS, identity, urn))

    @classmethod
    def of_urn(cls, identity: str, urn: str) -> ObjectNaming:
        """Return the naming of a resource of which only the URN is known; it ends in the resource's name."""
        return cls.of(urn.split("::", 3)[-1], identity, urn)

    @property
    def prefix(self) -> str:
        """Common prefix of all names."""
        return f"{self.logical}-{self.owner}-"

    def name(self, nonce: str) -> str:
        """Return the name that a create attempt gives."""
        return self.prefix + _digest(_ATTEMPT_DIGITS, self.owner, nonce)


def _digest(length: int, *parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:length]
