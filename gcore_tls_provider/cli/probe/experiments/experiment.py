"""An experiment: the questions that it answers, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from gcore_tls_provider.cli.probe.account import ProbedAccount
from gcore_tls_provider.cli.probe.report import Finding
from gcore_tls_provider.errors import BadRequest, TaskFailed

REFUSED: Final = (BadRequest, TaskFailed)
"""How the API says that it doesn't take something: at once, or by its task."""


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Attributes:
        questions: which questions it answers, by their names.
        ask: does it; what it doesn't answer, and what it raises (`ApiError`, `NotAnswerable`), is said in the report.
    """

    questions: tuple[str, ...]
    ask: Callable[[ProbedAccount], Iterable[Finding]]


def found(question: str, choice: str, evidence: str) -> Finding:
    """An answer."""
    return Finding(question=question, choice=choice, evidence=evidence)


def open_still(question: str, why: str) -> Finding:
    """No answer, and why."""
    return Finding(question=question, choice=None, evidence=why)
