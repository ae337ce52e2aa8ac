"""An experiment: the behavior options that it finds out, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from gcore_tls_provider.cli.probe.account import ProbedAccount
from gcore_tls_provider.cli.probe.report import ProbeFinding
from gcore_tls_provider.errors import BadRequest, TaskFailed

REJECTED: Final = (BadRequest, TaskFailed)
"""Errors by which the API rejects a write: in the response, or in the task."""


@dataclass(frozen=True)
class Experiment:
    """Experiment on an account.

    Attributes:
        options: Names of the behavior options that it finds out.
        run: Function that yields the findings. The report contains a finding without value for each other option, with
            the error (`ApiError`, `NotAnswerable`) if one was raised.
    """

    options: tuple[str, ...]
    run: Callable[[ProbedAccount], Iterable[ProbeFinding]]


def determined(option: str, value: str, evidence: str) -> ProbeFinding:
    """Return a finding with a value."""
    return ProbeFinding(option=option, value=value, evidence=evidence)


def undetermined(option: str, reason: str) -> ProbeFinding:
    """Return a finding without a value, with the reason."""
    return ProbeFinding(option=option, value=None, evidence=reason)
