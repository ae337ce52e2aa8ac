"""Settings of an emulator: its account, the duration of tasks, and its behavior options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gcore_emulator.behavior import Behavior

Dialect: TypeAlias = Literal["both", "guide", "openapi"]
"""Document that the emulator follows where Gcore's guide and OpenAPI contradict each other."""

DIALECT_CHOICES: Mapping[Dialect, Mapping[str, str]] = {
    "both": {},
    "guide": {"pool_routes": "guide", "v2_secret_payload": "string"},
    "openapi": {"pool_routes": "openapi", "v2_secret_payload": "object"},
}
"""Behavior options of each dialect, by field name of `Behavior`."""

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
"""Types of tasks. The last one is hidden: its route returns 204 and locks the load balancer."""


@dataclass(frozen=True)
class TaskSeconds:
    """Duration of tasks in seconds; None: they do not end."""

    default: float | None = 0.05
    by_type: Mapping[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that the types exist.

        Raises:
            ValueError: A type does not exist.
        """
        for name in self.by_type:
            if name not in TASK_TYPES:
                raise ValueError(f"'{name}' is not a task type; use one of: {', '.join(TASK_TYPES)}.")

    def of(self, task_type: str) -> float | None:
        """Return the duration of a task of this type in seconds; None if it does not end."""
        return self.by_type.get(task_type, self.default)

    @classmethod
    def parse(cls, spec: str) -> TaskSeconds:
        """Parse `0.05`, `never` or `1,create_loadbalancer=20,create_secret=0.5`.

        Raises:
            ValueError: A part is neither a number nor `never`, or its task type does not exist.
        """
        default: float | None = cls.default
        by_type: dict[str, float | None] = {}
        for part in spec.split(","):
            name, separator, value = part.strip().rpartition("=")
            try:
                seconds = None if value == "never" else float(value)
            except ValueError:
                raise ValueError(f"'{value}' is neither a number of seconds nor 'never'.") from None
            if seconds is not None and not 0 <= seconds < float("inf"):
                raise ValueError(f"'{value}' is not a finite number of seconds of 0 or more.")
            if separator:
                by_type[name] = seconds
            else:
                default = seconds
        return cls(default, by_type)


@dataclass(frozen=True)
class Settings:
    """Settings of an emulator.

    Attributes:
        api_key: API key that requests must send.
        projects: IDs of the projects that exist in the account.
        regions: IDs of the regions that exist.
        task_seconds: Duration of tasks.
        behavior: Behavior options.
        allowed_hosts: Names in the `Host` header that are accepted, besides `localhost` and loopback addresses.
    """

    api_key: str = field(default="emulator", repr=False)
    projects: frozenset[int] = frozenset({1})
    regions: frozenset[int] = frozenset({1})
    task_seconds: TaskSeconds = field(default_factory=TaskSeconds)
    behavior: Behavior = field(default_factory=Behavior)
    allowed_hosts: frozenset[str] = frozenset()
