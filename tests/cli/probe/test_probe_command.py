"""`gcore-tls probe` prints its plan, asks for confirmation, and reports findings and remaining objects."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from gcore import Gcore
from typer.testing import CliRunner

from gcore_emulator import Emulator, Settings, TaskSeconds, serving
from gcore_emulator.faults import HangTask
from gcore_tls_provider.cli.app import app
from gcore_tls_provider.cli.probe.behavior_options import BEHAVIOR_OPTIONS

KEY = "1234_probe-command"
ENDS_WITHIN = 30.0


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Emulator, str]]:
    settings = Settings(api_key=KEY, projects=frozenset({1}), regions=frozenset({7}), task_seconds=TaskSeconds(0.0))
    emulator = Emulator(settings)
    with serving(emulator) as base_url:
        yield emulator, base_url


@pytest.fixture
def emulator(served: tuple[Emulator, str]) -> Emulator:
    served[0].reset()
    return served[0]


@pytest.fixture
def environment(served: tuple[Emulator, str]) -> dict[str, str]:
    return {
        "GCORE_API_KEY": KEY,
        "GCORE_CLOUD_PROJECT_ID": "1",
        "GCORE_CLOUD_REGION_ID": "7",
        "GCORE_BASE_URL": served[1],
    }


def test_plan_is_printed_first_and_nothing_is_created_without_confirmation(
    emulator: Emulator, environment: dict[str, str]
) -> None:
    result = CliRunner().invoke(app, ["probe"], env=environment)
    assert result.exit_code == 2
    assert "one load balancer of flavor" in result.stderr
    assert "an hour" in result.stderr
    assert "--yes" in result.stderr
    assert {call.method for call in emulator.requests} <= {"GET"}
    assert not emulator.account.secrets and not emulator.account.load_balancers


def test_declined_confirmation_creates_nothing(emulator: Emulator, environment: dict[str, str]) -> None:
    leader, follower = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "gcore_tls_provider.cli", "probe"],
            env={**os.environ, **environment},
            stdin=follower,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # otherwise it would prompt on the terminal of the test run
        ) as process:
            os.write(leader, b"n\n")
            _, errors = process.communicate(timeout=ENDS_WITHIN)
    finally:
        os.close(leader)
        os.close(follower)
    assert process.returncode == 1
    assert b"one load balancer" in errors
    assert b"Continue? [y/N]:" in errors
    assert not any(call.method == "POST" for call in emulator.requests)


def test_probe_reports_all_options_and_both_commands(emulator: Emulator, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "gcore_tls_provider.cli", "probe", "--yes"]
    result = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert "testing: pool-routes" in result.stderr
    for option in BEHAVIOR_OPTIONS:
        assert option in result.stdout
    assert "not determined" in result.stdout
    assert "\npulumi config set gcore:dialect auto\n" in result.stdout
    command_line = result.stdout.splitlines()[-1]
    assert re.match(r"gcore-emulator --task-seconds create_secret=[0-9.]+,", command_line), command_line
    assert command_line.endswith("--behavior unauthenticated-body=error-shape")
    assert KEY not in result.stdout + result.stderr
    assert "PRIVATE KEY" not in result.stdout + result.stderr
    assert not emulator.account.secrets and not emulator.account.load_balancers


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + ENDS_WITHIN
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def has_seen(emulator: Emulator, method: str, kind: str) -> bool:
    route = f"/cloud/v1/{kind}/{{project_id}}/{{region_id}}"
    return any((call.method, call.route) == (method, route) for call in list(emulator.requests))


def test_sigterm_ends_the_experiments_and_a_second_one_the_cleanup(
    emulator: Emulator, environment: dict[str, str]
) -> None:
    emulator.faults.add([HangTask(action="hang_task", method="POST")])
    command = [sys.executable, "-m", "gcore_tls_provider.cli", "probe", "--yes", "--json"]
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        wait_until(lambda: has_seen(emulator, "POST", "secrets"))
        running.send_signal(signal.SIGTERM)
        wait_until(lambda: has_seen(emulator, "GET", "lblisteners"))
        running.send_signal(signal.SIGTERM)
        output, errors = running.communicate(timeout=ENDS_WITHIN)
    assert running.returncode == 1, errors
    assert {**json.loads(output), "stopped": "interrupted", "dialect": "auto"} == json.loads(output)
    assert "Cannot list the objects that remain" in errors
    assert "gcore-tls probe --clean-up" in errors
    assert "Traceback" not in errors


def test_clean_up_lists_objects_of_earlier_probes_and_deletes_them_after_confirmation(
    emulator: Emulator, environment: dict[str, str]
) -> None:
    account = Gcore(
        api_key=KEY, base_url=environment["GCORE_BASE_URL"], cloud_project_id=1, cloud_region_id=7
    ).cloud.load_balancers
    for name in ("gcore-tls-probe-12345678-load-balancer", "theirs"):
        account.create_and_poll(name=name, polling_interval_seconds=1)
    unconfirmed = CliRunner().invoke(app, ["probe", "--clean-up"], env=environment)
    assert (unconfirmed.exit_code, len(emulator.account.load_balancers)) == (2, 2)
    assert "To delete: load balancer" in unconfirmed.stderr
    result = CliRunner().invoke(app, ["probe", "--clean-up", "--yes"], env=environment)
    assert (result.exit_code, result.stdout) == (0, "1 object deleted.\n")
    assert [each.name for each in emulator.account.load_balancers.values()] == ["theirs"]


FAILURES = {
    "no key": ({"GCORE_API_KEY": ""}, [], "GCORE_API_KEY"),
    "wrong key": ({"GCORE_API_KEY": "1_wrong"}, [], "401"),
    "unknown flavor": ({}, ["--flavor", "lb9"], "Set --flavor to one of: lb1-1-2"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_configuration_errors_are_one_line_before_anything_is_created(
    case: str, emulator: Emulator, environment: dict[str, str]
) -> None:
    variables, arguments, expected = FAILURES[case]
    result = CliRunner().invoke(app, ["probe", "--yes", *arguments], env={**environment, **variables})
    assert result.exit_code == 2
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1
    assert not any(call.method == "POST" for call in emulator.requests)
