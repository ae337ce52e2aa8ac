"""Command `gcore-emulator`: options, output, exit."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from gcore_emulator.behavior import behavior_options
from gcore_emulator.command import cli
from gcore_emulator.settings import TASK_TYPES
from tests.gcore_emulator.emulated_api import blob
from tests.material import LoadBalancerPki

COMMAND = [sys.executable, "-m", "gcore_emulator"]


@contextmanager
def running(log: Path, *arguments: str, **environ: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start the command on a free port, wait until it listens, and yield its URL and the process."""
    with log.open("w") as lines:
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", *arguments],
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=lines,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
        assert match, f"{line!r}\n{log.read_text()}"
        yield match[1], process
    finally:
        process.kill()
        process.communicate()


def error_of(*arguments: str) -> str:
    ended = CliRunner().invoke(cli, arguments)
    assert ended.exit_code == 2
    return " ".join(ended.stderr.split())


def test_options_set_key_location_dialect_behavior_and_task_duration(tmp_path: Path, material: LoadBalancerPki) -> None:
    options = ["--api-key", "1234_key", "--project", "7", "--region", "8", "--region", "9", "--dialect", "guide"]
    options += [
        "--behavior",
        "unknown-route=404",
        "--behavior",
        "secret-in-use=409",
        "--task-seconds",
        "never,create_secret=0",
    ]
    log = tmp_path / "log"
    with (
        running(log, *options) as (url, process),
        httpx.Client(base_url=url, headers={"Authorization": "apikey 1234_key"}) as client,
    ):
        secret = blob("web", material.server_payload)
        task = client.post("/cloud/v1/secrets/7/9", json=secret).json()["tasks"][0]
        assert client.get(f"/cloud/v1/tasks/{task}").json()["state"] == "FINISHED"
        task = client.post("/cloud/v1/loadbalancers/7/8", json={"name": "web"}).json()["tasks"][0]
        assert client.get(f"/cloud/v1/tasks/{task}").json()["state"] in ("NEW", "RUNNING")
        assert client.get("/cloud/v1/secrets/1/8").status_code == 404
        assert client.post("/cloud/v1/lbpools/7/8", json={}).status_code == 404
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    text = log.read_text()
    assert re.search(r"POST /cloud/v1/secrets/7/9 200$", text, re.MULTILINE)
    assert re.search(r"POST /cloud/v1/lbpools/7/8 404$", text, re.MULTILINE)
    assert "Traceback" not in text
    for hidden in ("1234_key", material.server_payload[:60]):
        assert hidden not in text


@pytest.mark.parametrize(("arguments", "key"), [([], "1_environment"), (["--api-key", "2_option"], "2_option")])
def test_environment_variable_sets_the_key_unless_the_option_does(
    arguments: list[str], key: str, tmp_path: Path
) -> None:
    with running(tmp_path / "log", *arguments, GCORE_EMULATOR_API_KEY="1_environment") as (url, _):
        for tried in ("1_environment", "2_option", "emulator"):
            response = httpx.get(f"{url}/cloud/v1/secrets/1/1", headers={"Authorization": f"apikey {tried}"})
            assert (response.status_code == 200) == (tried == key)


def test_help_does_not_show_a_key_from_the_environment() -> None:
    ended = CliRunner().invoke(cli, ["--help"], env={"GCORE_EMULATOR_API_KEY": "1_environment"})
    assert "GCORE_EMULATOR_API_KEY" in ended.stdout
    assert "1_environment" not in ended.stdout


def test_ctrl_c_stops_the_command_without_output(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(log) as (_, process):
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert log.read_text() == ""


def test_port_in_use_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} cannot be used" in error_of("--port", str(port))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--behavior", "nothing=1"], "names: pool-routes, v2-secret-payload"),
        (["--behavior", "locked-load-balancer=wait"], "409, queue, task-error"),
        (["--task-seconds", "long"], "neither a number of seconds"),
        (["--task-seconds", "create_tree=1"], "create_secret, delete_secret"),
        (["--dialect", "old"], "guide"),
        (["--port", "70000"], "65535"),
        (["--project", "x"], "integer"),
    ],
)
def test_invalid_option_is_rejected_with_the_valid_values(arguments: list[str], message: str) -> None:
    assert message in error_of(*arguments)


def test_help_lists_every_behavior_option_with_its_values() -> None:
    ended = CliRunner().invoke(cli, ["--help"])
    assert ended.exit_code == 0
    words = " ".join(ended.stdout.split())
    for option in behavior_options():
        assert f"{option.name}={'|'.join(option.values)} [default: {option.default}]" in words
        assert option.help in words
    assert max(map(len, ended.stdout.splitlines())) <= 100


def test_every_task_type_has_a_route() -> None:
    """The task types of `--task-seconds` are those of the routes."""
    sources = Path(__file__).parents[2] / "gcore_emulator"
    named = set()
    for path in [*sources.glob("routes/*.py"), sources / "task_engine.py"]:
        named |= set(re.findall(r'"((?:create|update|patch|delete|resize|failover)_[a-z_]+)"', path.read_text()))
    assert named & set(TASK_TYPES) == set(TASK_TYPES)
