"""A whole probe: experiments, cleaning up, report."""

from __future__ import annotations

from collections.abc import Callable

from gcore_tls_provider.cli.probe.account import NotAnswerable, ProbedAccount
from gcore_tls_provider.cli.probe.cleanup import clean
from gcore_tls_provider.cli.probe.experiments import EXPERIMENTS
from gcore_tls_provider.cli.probe.experiments.experiment import Experiment
from gcore_tls_provider.cli.probe.open_questions import QUESTIONS, UNANSWERED
from gcore_tls_provider.cli.probe.report import Cleaning, Finding, Report, in_order
from gcore_tls_provider.errors import ApiError

CLEANING_SECONDS = 900.0
"""How long the cleaning up goes on, at most; one task may take its own limit on top."""

Say = Callable[[str], None]
"""Is told what is being done."""


def _nothing(_text: str) -> None:
    return None


def probe(account: ProbedAccount, say: Say = _nothing, *, cleaning_seconds: float = CLEANING_SECONDS) -> Report:
    """Asks every question that can be asked from outside, and removes all that it has made.

    Ctrl-C ends the experiments, and not the cleaning up; a second one ends that too, and the report says what is left.

    Args:
        account: where.
        say: is told what is being done.
        cleaning_seconds: how long the cleaning up goes on, at most.
    """
    findings: dict[str, Finding] = {}
    stopped = None
    try:
        for experiment in EXPERIMENTS:
            say(f"asking: {', '.join(experiment.questions)}")
            _ask(account, experiment, findings)
    except KeyboardInterrupt:
        stopped, account.uncertain = "interrupted", True
    except Exception as error:
        # Whatever it is, what was made must go; then it is told.
        stopped, account.uncertain = f"{type(error).__name__}: {error}", True
    say("removing what was made")
    cleaning = cleaned(account, account.name, cleaning_seconds)
    for question in QUESTIONS:
        why = UNANSWERED.get(question) if stopped is None else None
        absent = Finding(question=question, choice=None, evidence=why or f"the probe was stopped: {stopped}")
        findings.setdefault(question, absent)
    return Report(
        name=account.name,
        findings=in_order(findings),
        task_seconds=account.task_seconds,
        cleaning=cleaning,
        stopped=stopped,
    )


def cleaned(account: ProbedAccount, name: str | None, seconds: float) -> Cleaning:
    """Removes what is left of one probe or, without a name, of all; Ctrl-C ends it early."""
    try:
        return clean(account, name, seconds)
    except KeyboardInterrupt:
        return Cleaning(problem="the cleaning up was interrupted")


def _ask(account: ProbedAccount, experiment: Experiment, findings: dict[str, Finding]) -> None:
    why = None
    try:
        for finding in experiment.ask(account):
            findings[finding.question] = finding
    except (ApiError, NotAnswerable) as error:
        why = str(error)
    for question in experiment.questions:
        evidence = why or UNANSWERED.get(question, "the experiment before it has not shown it")
        findings.setdefault(question, Finding(question=question, choice=None, evidence=evidence))
