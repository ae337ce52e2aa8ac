"""What the probe finds at an emulator is what the emulator was told to do, for each choice that can be found out."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest

from gcore_emulator.behavior import behaviour_from, questions
from gcore_emulator.settings import TASK_TYPES as EMULATED_TASK_TYPES
from gcore_emulator.settings import TaskSeconds
from gcore_tls_provider.cli.probe.behavior_options import BEHAVIOR_OPTIONS, TASK_TYPES, REASONS_UNANSWERED
from gcore_tls_provider.cli.probe.report import ProbeFinding, ProbeReport
from gcore_tls_provider.cli.probe.run import probe
from tests.cli.probe.conftest import ProbedStart

NEVER_ANSWERED = {"quota", "finished-task-life", "pool-alpn", "idle-close"}
BY_CHANCE = {"failed-task", "quota-status"}
"""Asked on their own: they take something that goes wrong."""

RUNS: Mapping[str, Sequence[str]] = {
    "defaults": (),
    "the guide alone": (
        "pool-routes=guide",
        "v2-secret-payload=string",
        "v1-secrets=refuse",
        "unknown-route=404",
        "pem-client-secret=refuse",
        "secret-in-use=409",
        "secret-users=listeners",
        "busy-load-balancer=queue",
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
    "OpenAPI alone": (
        "pool-routes=openapi",
        "v2-secret-payload=object",
        "v1-secrets=gone",
        "unknown-route=405",
        "secret-in-use=task-error",
        "busy-load-balancer=task-error",
        "null-secret-id=refuse",
        "protocol-change=refuse",
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
"""Emulators that have every choice of every question among them that can be found out."""

OPEN_THERE = {
    ("OpenAPI alone", "pem-client-secret"),  # no route takes PEM in one piece
    ("lenient", "secret-users"),  # a secret in use can be deleted
    ("defaults", "retry-after"),  # nothing is limited
    ("OpenAPI alone", "retry-after"),
}


def chosen(settings: Sequence[str]) -> dict[str, str]:
    """What an emulator does, by question."""
    defaults = {question.name: question.default for question in questions()}
    return defaults | dict(setting.split("=", 1) for setting in settings)


@pytest.mark.parametrize("run", RUNS)
def test_it_finds_what_was_chosen(probed: ProbedStart, run: str) -> None:
    there = probed(RUNS[run])
    report = probe(there.account)
    expected = {
        question: choice
        for question, choice in chosen(RUNS[run]).items()
        if question not in NEVER_ANSWERED | BY_CHANCE and (run, question) not in OPEN_THERE
    }
    assert report.values == expected, report.findings
    assert [each.option for each in report.findings] == list(BEHAVIOR_OPTIONS)
    assert all(each.evidence for each in report.findings)
    assert report.stopped is None
    assert report.cleanup.complete
    assert there.objects == {}


def test_every_choice_is_in_some_run() -> None:
    seen = {(run, question, choice) for run, settings in RUNS.items() for question, choice in chosen(settings).items()}
    covered = {(question, choice) for run, question, choice in seen if (run, question) not in OPEN_THERE}
    numbers = {"rate-limit": "7", "read-lag": "2"}
    wanted = {
        (question.name, numbers[question.name] if choice == "N" else choice)
        for question in questions()
        for choice in question.choices
        if question.name not in NEVER_ANSWERED | BY_CHANCE
    }
    assert wanted <= covered


def test_it_asks_what_the_emulator_leaves_open() -> None:
    assert list(BEHAVIOR_OPTIONS) == [question.name for question in questions()]
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
def test_it_names_the_dialect(pool_routes: str, payload: str, dialect: str) -> None:
    choices = {"pool-routes": pool_routes, "v2-secret-payload": payload}
    findings = tuple(ProbeFinding(option=each, value=choice, evidence="-") for each, choice in choices.items())
    report = ProbeReport(name="it", findings=findings)
    assert report.dialect == dialect
    for question, choice in choices.items():
        assert f"--set {question}={choice}" in report.emulator_command


@pytest.mark.parametrize("status", ["400", "403", "409", "422"])
def test_it_tells_of_a_quota_that_it_met(probed: ProbedStart, status: str) -> None:
    there = probed(["quota=secrets=0,load_balancers=0", f"quota-status={status}"])
    report = probe(there.account)
    assert report.values["quota-status"] == status
    assert {each.option: each for each in report.findings}["quota"].evidence.startswith("one was exceeded")
    assert there.objects == {}


def test_an_emulator_takes_the_command(probed: ProbedStart) -> None:
    report = probe(probed(RUNS["OpenAPI alone"]).account)
    words = shlex.split(report.emulator_command)
    settings = [word for option, word in pairwise(words) if option == "--set"]
    assert behaviour_from(settings) == behaviour_from([each for each in RUNS["OpenAPI alone"]])
    assert TaskSeconds.parse(words[words.index("--task-seconds") + 1]).by_type == report.task_seconds
    unknown = ProbeReport(name="it", findings=(), task_seconds={"create_something_new": 3.0})
    assert unknown.emulator_command == "gcore-emulator"
    assert set(TASK_TYPES) <= set(EMULATED_TASK_TYPES)


def test_it_measures_tasks(probed: ProbedStart) -> None:
    report = probe(probed(task_seconds=2.0).account)
    assert {"create_secret", "create_loadbalancer", "create_lbpool", "patch_lbpool"} <= set(report.task_seconds)
    assert all(2 <= seconds < 3 for seconds in report.task_seconds.values())
    assert "--task-seconds" in report.emulator_command
