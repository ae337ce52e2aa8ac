"""Models of a probe's findings and report, for the table and for `--json`."""

from __future__ import annotations

from shlex import quote
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from gcore_tls_provider.api.connection import Dialect
from gcore_tls_provider.cli.probe.behavior_options import BEHAVIOR_OPTIONS, TASK_TYPES


class ProbeFinding(BaseModel):
    """Finding about one behavior option.

    Attributes:
        option: Name of the option, as in `gcore-emulator --behavior`.
        value: Value of the option that describes this account; None if it was not determined.
        evidence: Observed behavior, or the reason why there is no value.
    """

    model_config = ConfigDict(frozen=True)

    option: str
    value: str | None
    evidence: str


ObjectKind = Literal["load balancer", "listener", "pool", "secret"]
"""Sort of object that a probe creates."""


class RemainingObject(BaseModel):
    """An object of a probe that still exists.

    Attributes:
        kind: Its kind.
        id: ID at Gcore.
        name: Name at Gcore.
        reason: Error of its deletion.
    """

    model_config = ConfigDict(frozen=True)

    kind: ObjectKind
    id: str
    name: str
    reason: str


class CleanupResult(BaseModel):
    """Result of a cleanup.

    Attributes:
        removed: Number of deleted objects.
        remaining: Objects that could not be deleted.
        problem: Reason why remaining objects are unknown; None if they are known.
    """

    model_config = ConfigDict(frozen=True)

    removed: int = 0
    remaining: tuple[RemainingObject, ...] = ()
    problem: str | None = None

    @property
    def complete(self) -> bool:
        """True if it is certain that no object remains."""
        return not self.remaining and self.problem is None


class ProbeReport(BaseModel):
    """Report of a whole probe.

    Attributes:
        name: Prefix of the names of its objects.
        findings: One finding for each behavior option, in the emulator's order.
        task_seconds: Longest duration of each type of task, in seconds.
        cleanup: Result of the cleanup.
        stopped: Reason why the probe ended early; None if it did not.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    findings: tuple[ProbeFinding, ...]
    task_seconds: dict[str, float] = Field(default_factory=dict)
    cleanup: CleanupResult = Field(default_factory=CleanupResult)
    stopped: str | None = None

    @property
    def values(self) -> dict[str, str]:
        """Values that were found out, by option."""
        return {each.option: each.value for each in self.findings if each.value is not None}

    @computed_field  # type: ignore[prop-decorator]  # mypy does not support decorated properties
    @property
    def dialect(self) -> Dialect:
        """Value for `gcore:dialect`: one document's dialect if only that one works here, otherwise `auto`."""
        dialects = {"string": "guide", "object": "openapi"}
        secrets = self.values.get("v2-secret-payload", "")
        pair = {self.values.get("pool-routes"), dialects.get(secrets, secrets)}
        if pair == {"guide"}:
            return "guide"
        return "openapi" if pair == {"openapi"} else "auto"

    @computed_field  # type: ignore[prop-decorator]  # mypy does not support decorated properties
    @property
    def emulator_command(self) -> str:
        """Command line for an emulator that behaves like this account."""
        words = ["gcore-emulator"]
        seconds = [f"{kind}={self.task_seconds[kind]:g}" for kind in TASK_TYPES if kind in self.task_seconds]
        if seconds:
            words += ["--task-seconds", ",".join(seconds)]
        for option, value in self.values.items():
            words += ["--behavior", f"{option}={value}"]
        return " ".join(map(quote, words))


def in_option_order(findings: dict[str, ProbeFinding]) -> tuple[ProbeFinding, ...]:
    """Return findings in the order of the behavior options."""
    return tuple(findings[option] for option in BEHAVIOR_OPTIONS if option in findings)
