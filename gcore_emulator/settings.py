"""How an emulator is set up: who may use it, how long tasks run, how it answers open questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gcore_emulator.behavior import Behavior

Dialect: TypeAlias = Literal["both", "guide", "openapi"]
"""Which of the two documents the emulator follows where they contradict each other."""

DIALECT_CHOICES: Mapping[Dialect, Mapping[str, str]] = {
    "both": {},
    "guide": {"pool_routes": "guide", "v2_secret_payload": "string"},
    "openapi": {"pool_routes": "openapi", "v2_secret_payload": "object"},
}
"""What a dialect chooses, by field name of `Behavior`."""

TASK_TYPES = (
    "create_secret",
    "delete_secret",
    "create_loadbalancer",
    "update_loadbalancer",
    "resize_loadbalancer",
    "failover_loadbalancer",
    "delete_loadbalancer",
    "create_lblistener",
    "patch_lblistener",
    "delete_lblistener",
    "create_lbpool",
    "patch_lbpool",
    "delete_lbpool",
    "create_lbmember",
    "update_lbmember",
    "delete_lbmember",
    "create_lbpool_health_monitor",
    "update_lbpool_health_monitor",
    "delete_lbpool_health_monitor",
)
"""Kinds of tasks. The last is never shown as a task: its route answers 204 and locks the load balancer."""


@dataclass(frozen=True)
class TaskSeconds:
    """How long tasks run, in seconds; None means for ever."""

    default: float | None = 0.05
    by_type: Mapping[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks that the types exist.

        Raises:
            ValueError: one doesn't.
        """
        for name in self.by_type:
            if name not in TASK_TYPES:
                raise ValueError(f"'{name}' is no task type; there are: {', '.join(TASK_TYPES)}.")

    def of(self, task_type: str) -> float | None:
        """Seconds that a task of this type runs; None if it never ends."""
        return self.by_type.get(task_type, self.default)

    @classmethod
    def parse(cls, spec: str) -> TaskSeconds:
        """Reads `0.05`, `never` or `1,create_loadbalancer=20,create_secret=0.5`.

        Raises:
            ValueError: if a part is no number and not `never`, or names no task type.
        """
        default: float | None = cls.default
        by_type: dict[str, float | None] = {}
        for part in spec.split(","):
            name, separator, value = part.strip().rpartition("=")
            try:
                seconds = None if value == "never" else float(value)
            except ValueError:
                raise ValueError(f"'{value}' is no number of seconds and not 'never'.") from None
            if seconds is not None and not 0 <= seconds < float("inf"):
                raise ValueError(f"'{value}' is no number of seconds that can be waited for.")
            if separator:
                by_type[name] = seconds
            else:
                default = seconds
        return cls(default, by_type)


@dataclass(frozen=True)
class Settings:
    """An emulator's settings. `projects` and `regions` are the ids that exist in the account."""

    api_key: str = field(default="emulator", repr=False)
    projects: frozenset[int] = frozenset({1})
    regions: frozenset[int] = frozenset({1})
    task_seconds: TaskSeconds = field(default_factory=TaskSeconds)
    behavior: Behavior = field(default_factory=Behavior)
