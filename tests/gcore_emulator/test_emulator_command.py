"""The command line: what it prints, what it takes, how it ends."""

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
from tests.material import Material

COMMAND = [sys.executable, "-m", "gcore_emulator"]


@contextmanager
def running(log: Path, *arguments: str, **environ: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Starts the command on any port; gives its URL, once it says that it listens, and the process."""
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
        said = process.stdout.readline()
        match = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", said)
        assert match, f"{said!r}\n{log.read_text()}"
        yield match[1], process
    finally:
        process.kill()
        process.communicate()


def refusal(*arguments: str) -> str:
    ended = CliRunner().invoke(cli, arguments)
    assert ended.exit_code == 2
    return " ".join(ended.stderr.split())


def test_it_serves_what_its_options_say(tmp_path: Path, material: Material) -> None:
    options = ["--api-key", "1234_key", "--project", "7", "--region", "8", "--region", "9", "--dialect", "guide"]
    options += ["--behavior", "unknown-route=404", "--behavior", "secret-in-use=409", "--task-seconds", "never,create_secret=0"]
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
def test_the_key_may_come_from_the_environment(arguments: list[str], key: str, tmp_path: Path) -> None:
    with running(tmp_path / "log", *arguments, GCORE_EMULATOR_API_KEY="1_environment") as (url, _):
        for tried in ("1_environment", "2_option", "emulator"):
            answer = httpx.get(f"{url}/cloud/v1/secrets/1/1", headers={"Authorization": f"apikey {tried}"})
            assert (answer.status_code == 200) == (tried == key)


def test_help_does_not_show_a_key_from_the_environment() -> None:
    ended = CliRunner().invoke(cli, ["--help"], env={"GCORE_EMULATOR_API_KEY": "1_environment"})
    assert "GCORE_EMULATOR_API_KEY" in ended.stdout
    assert "1_environment" not in ended.stdout


def test_ctrl_c_ends_it_quietly(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(log) as (_, process):
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert log.read_text() == ""


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} cannot be used" in refusal("--port", str(port))


@pytest.mark.parametrize(
    ("arguments", "said"),
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
def test_what_makes_no_sense_is_refused_with_what_does(arguments: list[str], said: str) -> None:
    assert said in refusal(*arguments)


def test_help_lists_every_question_with_its_choices() -> None:
    ended = CliRunner().invoke(cli, ["--help"])
    assert ended.exit_code == 0
    words = " ".join(ended.stdout.split())
    for question in behavior_options():
        assert f"{question.name}={'|'.join(question.values)} [default: {question.default}]" in words
        assert question.help in words
    assert max(map(len, ended.stdout.splitlines())) <= 100


def test_every_task_type_has_a_route() -> None:
    """The types that `--task-seconds` takes are those that tasks have."""
    sources = Path(__file__).parents[2] / "gcore_emulator"
    named = set()
    for path in [*sources.glob("routes/*.py"), sources / "task_engine.py"]:
        named |= set(re.findall(r'"((?:create|update|patch|delete|resize|failover)_[a-z_]+)"', path.read_text()))
    assert named & set(TASK_TYPES) == set(TASK_TYPES)
