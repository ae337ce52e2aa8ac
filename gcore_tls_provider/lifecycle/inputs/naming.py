"""What an object is called at Gcore.

`<logical name>-<8 hex>-<6 hex>`: first what the program calls the resource, then a digest of the stack's identity and
the resource's URN, then a digest of the attempt: random text that each making of the resource has for itself. A name is
computed once, in create; it is kept in the state and never changes. So an object can be told apart from those of every
other stack and resource, a replacement from what it replaces, and the state tells which making gave which name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 63
"""Characters of the longest name (OpenAPI: pattern of load balancers, listeners and pools)."""

PATTERN: Final = r"^[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,61}[a-zA-Z0-9._]$"
"""What Gcore takes as a name; so 3 to 63 characters."""

_OWNER, _ATTEMPT = 8, 6
_FOREIGN = re.compile(r"[^a-zA-Z0-9._-]+")


@dataclass(frozen=True)
class ObjectNaming:
    """All names that one resource of one stack may give to its objects.

    Attributes:
        logical: what the program calls the resource.
        owner: 8 hex digits that no other stack or resource has.
    """

    logical: str
    owner: str

    @classmethod
    def of(cls, logical_name: str, identity: str, urn: str) -> ObjectNaming:
        """The names of a resource.

        Args:
            logical_name: what the program calls it.
            identity: the stack's identity: text that no other stack has.
            urn: the resource's URN.
        """
        room = LONGEST - _OWNER - _ATTEMPT - 2
        cleaned = _FOREIGN.sub("-", logical_name).strip("-._ ")[:room].rstrip("-._ ") or "x"
        return cls(cleaned, _digest(_OWNER, identity, urn))

    @classmethod
    def of_urn(cls, identity: str, urn: str) -> ObjectNaming:
        """The names of a resource of which only the URN is known: what the program calls it is the URN's last part."""
        return cls.of(urn.split("::", 3)[-1], identity, urn)

    @property
    def prefix(self) -> str:
        """What all of them begin with."""
        return f"{self.logical}-{self.owner}-"

    def name(self, attempt: str) -> str:
        """The name that a making of the resource gives."""
        return self.prefix + _digest(_ATTEMPT, self.owner, attempt)


def _digest(length: int, *parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:length]
