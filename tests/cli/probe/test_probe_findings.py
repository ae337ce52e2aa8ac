"""A probe of an emulator finds the behavior options that the emulator was started with."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest

from gcore_emulator.behavior import behavior_options, parse_behavior
from gcore_emulator.settings import TASK_TYPES as EMULATED_TASK_TYPES
from gcore_emulator.settings import TaskSeconds
from gcore_tls_provider.cli.probe.behavior_options import BEHAVIOR_OPTIONS, REASONS_UNANSWERED, TASK_TYPES
from gcore_tls_provider.cli.probe.report import ProbeFinding, ProbeReport
from gcore_tls_provider.cli.probe.run import probe
from tests.cli.probe.conftest import ProbedStart

NEVER_DETERMINED = {"quota", "finished-task-retention", "pool-alpn", "idle-close"}
SHOWN_BY_FAILURES = {"failed-task", "quota-status"}
"""Options that only a failure shows, which other tests cover."""

RUNS: Mapping[str, Sequence[str]] = {
    "defaults": (),
    "guide only": (
        "pool-routes=guide",
        "v2-secret-payload=string",
        "v1-secrets=reject",
        "unknown-route=404",
        "pem-client-secret=reject",
        "secret-in-use=409",
        "secret-users=listeners",
        "locked-load-balancer=queue",
        "rate-limit=7",
        "null-secret-id=ignore",
        "null-health-monitor=ignore",
        "created-resources=load-balancer-only",
        "unique-names=yes",
        "name-filter=substring",
        "unknown-fields=ignore",
        "protocol-pairs=octavia",
        "protocol-change=new-id",
        "read-lag=2",
        "unauthenticated-body=detail",
    ),
    "OpenAPI only": (
        "pool-routes=openapi",
        "v2-secret-payload=object",
        "v1-secrets=gone",
        "unknown-route=405",
        "secret-in-use=task-error",
        "locked-load-balancer=task-error",
        "null-secret-id=reject",
        "protocol-change=reject",
        "unauthenticated-body=empty",
    ),
    "lenient": (
        "secret-in-use=allow",
        "unknown-route=not-found-error",
        "pool-routes=guide",
        "v1-secrets=gone",
        "rate-limit=7",
        "retry-after=absent",
    ),
}
"""Behavior options of each run. Together they cover every value that a probe can determine."""

UNDETERMINED_IN_RUN = {
    ("OpenAPI only", "pem-client-secret"),  # no route accepts certificate and key in one PEM text
    ("lenient", "secret-users"),  # a secret in use can be deleted
    ("defaults", "retry-after"),  # no rate limit
    ("OpenAPI only", "retry-after"),
}


def values_of(settings: Sequence[str]) -> dict[str, str]:
    """Return the value of every behavior option of an emulator."""
    defaults = {option.name: option.default for option in behavior_options()}
    return defaults | dict(setting.split("=", 1) for setting in settings)


@pytest.mark.parametrize("run", RUNS)
def test_probe_finds_the_behavior_of_the_emulator(probed: ProbedStart, run: str) -> None:
    target = probed(RUNS[run])
    report = probe(target.account)
    expected = {
        option: choice
        for option, choice in values_of(RUNS[run]).items()
        if option not in NEVER_DETERMINED | SHOWN_BY_FAILURES and (run, option) not in UNDETERMINED_IN_RUN
    }
    assert report.values == expected, report.findings
    assert [each.option for each in report.findings] == list(BEHAVIOR_OPTIONS)
    assert all(each.evidence for each in report.findings)
    assert report.stopped is None
    assert report.cleanup.complete
    assert target.objects == {}


def test_runs_cover_every_value_of_every_option() -> None:
    determined = {
        (run, option, choice) for run, settings in RUNS.items() for option, choice in values_of(settings).items()
    }
    covered = {(option, choice) for run, option, choice in determined if (run, option) not in UNDETERMINED_IN_RUN}
    numbers = {"rate-limit": "7", "read-lag": "2"}
    expected = {
        (option.name, numbers[option.name] if choice == "N" else choice)
        for option in behavior_options()
        for choice in option.values
        if option.name not in NEVER_DETERMINED | SHOWN_BY_FAILURES
    }
    assert expected <= covered


def test_probe_has_the_behavior_options_of_the_emulator() -> None:
    assert list(BEHAVIOR_OPTIONS) == [option.name for option in behavior_options()]
    assert set(REASONS_UNANSWERED) <= set(BEHAVIOR_OPTIONS)


@pytest.mark.parametrize(
    ("pool_routes", "payload", "dialect"),
    [
        ("guide", "string", "guide"),
        ("openapi", "object", "openapi"),
        ("both", "both", "auto"),
        ("openapi", "string", "auto"),
    ],
)
def test_report_names_the_dialect(pool_routes: str, payload: str, dialect: str) -> None:
    choices = {"pool-routes": pool_routes, "v2-secret-payload": payload}
    findings = tuple(ProbeFinding(option=each, value=choice, evidence="-") for each, choice in choices.items())
    report = ProbeReport(name="it", findings=findings)
    assert report.dialect == dialect
    for option, value in choices.items():
        assert f"--behavior {option}={value}" in report.emulator_command


@pytest.mark.parametrize("status", ["400", "403", "409", "422"])
def test_exceeded_quota_is_reported_with_its_status(probed: ProbedStart, status: str) -> None:
    target = probed(["quota=secrets=0,load_balancers=0", f"quota-status={status}"])
    report = probe(target.account)
    assert report.values["quota-status"] == status
    assert {each.option: each for each in report.findings}["quota"].evidence.startswith("a quota was exceeded")
    assert target.objects == {}


def test_emulator_accepts_the_reported_command(probed: ProbedStart) -> None:
    report = probe(probed(RUNS["OpenAPI only"]).account)
    words = shlex.split(report.emulator_command)
    settings = [word for option, word in pairwise(words) if option == "--behavior"]
    assert parse_behavior(settings) == parse_behavior([each for each in RUNS["OpenAPI only"]])
    assert TaskSeconds.parse(words[words.index("--task-seconds") + 1]).by_type == report.task_seconds
    unknown = ProbeReport(name="it", findings=(), task_seconds={"create_something_new": 3.0})
    assert unknown.emulator_command == "gcore-emulator"
    assert set(TASK_TYPES) <= set(EMULATED_TASK_TYPES)


def test_report_contains_the_duration_of_tasks(probed: ProbedStart) -> None:
    report = probe(probed(task_seconds=2.0).account)
    assert {"create_secret", "create_loadbalancer", "create_lbpool", "patch_lbpool"} <= set(report.task_seconds)
    assert all(2 <= seconds < 3 for seconds in report.task_seconds.values())
    assert "--task-seconds" in report.emulator_command
