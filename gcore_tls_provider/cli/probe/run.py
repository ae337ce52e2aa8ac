"""A whole probe: experiments, cleanup, report."""

from __future__ import annotations

from collections.abc import Callable

from gcore_tls_provider.cli.probe.account import NotAnswerable, ProbedAccount
from gcore_tls_provider.cli.probe.behavior_options import BEHAVIOR_OPTIONS, REASONS_UNANSWERED
from gcore_tls_provider.cli.probe.cleanup import clean_up
from gcore_tls_provider.cli.probe.experiments import EXPERIMENTS
from gcore_tls_provider.cli.probe.experiments.experiment import Experiment
from gcore_tls_provider.cli.probe.report import CleanupResult, ProbeFinding, ProbeReport, in_option_order
from gcore_tls_provider.errors import ApiError

CLEANUP_SECONDS = 900.0
"""Time limit of the cleanup. A task that is running then adds up to its own limit."""

ProgressCallback = Callable[[str], None]
"""Function that receives one line for each step."""


def _ignore_progress(_text: str) -> None:
    return None


def probe(
    account: ProbedAccount,
    report_progress: ProgressCallback = _ignore_progress,
    *,
    cleanup_seconds: float = CLEANUP_SECONDS,
) -> ProbeReport:
    """Run all experiments, delete all objects that they created, and return the report.

    Ctrl-C ends the experiments but not the cleanup. A second Ctrl-C ends the cleanup too, and the report lists the
    objects that remain.

    Args:
        account: Account to probe.
        report_progress: Function that receives one line for each step.
        cleanup_seconds: Time limit of the cleanup.
    """
    findings: dict[str, ProbeFinding] = {}
    stopped = None
    try:
        for experiment in EXPERIMENTS:
            report_progress(f"testing: {', '.join(experiment.options)}")
            _run_experiment(account, experiment, findings)
    except KeyboardInterrupt:
        stopped, account.outcome_unknown = "interrupted", True
    except Exception as error:
        # Whatever the error is, the objects must be deleted first. The report then contains it.
        stopped, account.outcome_unknown = f"{type(error).__name__}: {error}", True
    report_progress("deleting all objects of this probe")
    cleanup = run_cleanup(account, account.name, cleanup_seconds)
    for option in BEHAVIOR_OPTIONS:
        reason = REASONS_UNANSWERED.get(option) if stopped is None else None
        absent = ProbeFinding(option=option, value=None, evidence=reason or f"the probe was stopped: {stopped}")
        findings.setdefault(option, absent)
    return ProbeReport(
        name=account.name,
        findings=in_option_order(findings),
        task_seconds=account.task_seconds,
        cleanup=cleanup,
        stopped=stopped,
    )


def run_cleanup(account: ProbedAccount, name: str | None, seconds: float) -> CleanupResult:
    """Delete the objects of one probe or, without a name, of all probes. Ctrl-C ends it early."""
    try:
        return clean_up(account, name, seconds)
    except KeyboardInterrupt:
        return CleanupResult(problem="the cleanup was interrupted")


def _run_experiment(account: ProbedAccount, experiment: Experiment, findings: dict[str, ProbeFinding]) -> None:
    error_text = None
    try:
        for finding in experiment.run(account):
            findings[finding.option] = finding
    except (ApiError, NotAnswerable) as error:
        error_text = str(error)
    for option in experiment.options:
        evidence = error_text or REASONS_UNANSWERED.get(option, "an earlier step of the experiment did not succeed")
        findings.setdefault(option, ProbeFinding(option=option, value=None, evidence=evidence))
