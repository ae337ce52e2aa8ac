"""What a probe has found, as models: for the table, and for `--json`."""

from __future__ import annotations

from shlex import quote
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from gcore_tls_provider.api.connection import Dialect
from gcore_tls_provider.cli.probe.open_questions import QUESTIONS, TASK_TYPES


class Finding(BaseModel):
    """One question with its answer.

    Attributes:
        question: its name, as in `gcore-emulator --set`.
        choice: what was found, as a choice of that question; None: not answered.
        evidence: what happened; or why there is no answer.
    """

    model_config = ConfigDict(frozen=True)

    question: str
    choice: str | None
    evidence: str


Kind = Literal["load balancer", "listener", "pool", "secret"]
"""What a probe makes."""


class Left(BaseModel):
    """An object that a probe has made and couldn't remove.

    Attributes:
        kind: what it is.
        id: its id.
        name: its name.
        reason: what came back instead of its removal.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    id: str
    name: str
    reason: str


class Cleaning(BaseModel):
    """How the cleaning up has ended.

    Attributes:
        removed: how many objects were removed.
        left: what couldn't be removed.
        problem: why it isn't known whether anything is left; None where it is known.
    """

    model_config = ConfigDict(frozen=True)

    removed: int = 0
    left: tuple[Left, ...] = ()
    problem: str | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing is left for sure."""
        return not self.left and self.problem is None


class Report(BaseModel):
    """A whole probe.

    Attributes:
        name: what the names of its objects begin with.
        findings: every question, in the emulator's order.
        task_seconds: how long tasks took at most, by their type.
        cleaning: whether anything is left.
        stopped: why the probe ended early; None where it did not.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    findings: tuple[Finding, ...]
    task_seconds: dict[str, float] = Field(default_factory=dict)
    cleaning: Cleaning = Field(default_factory=Cleaning)
    stopped: str | None = None

    @property
    def choices(self) -> dict[str, str]:
        """What was found, by question."""
        return {each.question: each.choice for each in self.findings if each.choice is not None}

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated properties
    @property
    def dialect(self) -> Dialect:
        """What `gcore:dialect` may say: one of the documents where only that one holds, else `auto`."""
        shapes = {"string": "guide", "object": "openapi"}
        secrets = self.choices.get("v2-secret-payload", "")
        pair = {self.choices.get("pool-routes"), shapes.get(secrets, secrets)}
        if pair == {"guide"}:
            return "guide"
        return "openapi" if pair == {"openapi"} else "auto"

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated properties
    @property
    def emulator_command(self) -> str:
        """A command line for an emulator that behaves as this account did."""
        words = ["gcore-emulator"]
        seconds = [f"{kind}={self.task_seconds[kind]:g}" for kind in TASK_TYPES if kind in self.task_seconds]
        if seconds:
            words += ["--task-seconds", ",".join(seconds)]
        for question, choice in self.choices.items():
            words += ["--set", f"{question}={choice}"]
        return " ".join(map(quote, words))


def in_order(findings: dict[str, Finding]) -> tuple[Finding, ...]:
    """Findings in the order of the questions."""
    return tuple(findings[question] for question in QUESTIONS if question in findings)
