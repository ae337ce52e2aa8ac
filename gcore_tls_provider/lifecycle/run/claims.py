"""Objects that resources of the running process have created, adopt or change: the saved state lacks them so far."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ObjectClaims:
    """Claims of one process, by object ID. Threads share it; each update is one atomic operation.

    Attributes:
        created: IDs of the objects that this process has created, adopted or taken over.
        adopting: URN of the resource that adopts an object, by the object's ID.
        attached: URN of the resource that has changed the TLS part of a pool, by the pool's ID.
    """

    created: set[str] = field(default_factory=set)
    adopting: dict[str, str] = field(default_factory=dict)
    attached: dict[str, str] = field(default_factory=dict)
