"""`docs/tutorial.md` with the real engine: its files, its commands in order, and their output."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.engine.stack import ROOT

pytestmark = pytest.mark.engine

PAGE = (ROOT / "docs" / "tutorial.md").read_text()
BLOCKS = re.findall(r"(?:^`([\w.]+)`:\n\n)?^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
"""File, language and text of each code block."""

SECONDS = 180
VARYING = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z|(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+")


@dataclass
class Reader:
    """Reader who follows the page in one shell.

    Attributes:
        shell: Shell, which keeps its variables and its folder.
        home: Working folder at the start.
        emulator: Process in the second terminal.
        url: Base URL of the emulator.
        printed: Output of the last block of commands.
    """

    shell: subprocess.Popen[str]
    home: Path
    emulator: subprocess.Popen[str] | None = None
    url: str = ""
    printed: str = ""

    @property
    def folder(self) -> Path:
        """Folder of the project, which the first commands create."""
        return self.home / "hello-mtls"

    def run_command(self, command: str) -> None:
        """Run a command of the page, and assert its exit status."""
        if command.startswith("gcore-emulator"):
            self.start_emulator(command)
            return
        if command.startswith("pip install"):
            # The environment of the tests already has the packages.
            return
        command = re.sub(r"^python3 -m venv \.venv$", f"ln -s {sys.prefix} .venv", command)
        command = re.sub(r"^pulumi (up|destroy)\b", r"pulumi \1 --yes --skip-preview", command)
        command = command.replace("http://127.0.0.1:8080", self.url)
        assert self.shell.stdin is not None and self.shell.stdout is not None
        self.shell.stdin.write(f"{command}\nprintf '\\n-- %s\\n' $?\n")
        self.shell.stdin.flush()
        lines: list[str] = []
        for line in self.shell.stdout:
            if ended := re.fullmatch(r"-- (\d+)\n", line):
                rejected = "HOST_NAME_NOT_COVERED" in "".join(lines)
                assert (ended[1] != "0") == rejected, f"{command}\n{''.join(lines)}"
                break
            lines.append(line)
        else:
            pytest.fail(f"the shell ended in {command}\n{''.join(lines)}")
        self.printed += "".join(lines)

    def start_emulator(self, command: str) -> None:
        """Start the emulator on a free port."""
        program = Path(sys.prefix) / "bin" / "gcore-emulator"
        arguments = command.replace("--port 8080", "--port 0").split()[1:]
        self.emulator = subprocess.Popen([program, *arguments], cwd=self.folder, stdout=subprocess.PIPE, text=True)
        assert self.emulator.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", self.emulator.stdout.readline())
        assert found
        self.url = found[0]

    def assert_printed(self, expected: str) -> None:
        """Assert that the output has each line of the page, in any order."""
        printed = [_collapse(line) for line in self.printed.splitlines()]
        for line in filter(None, map(_collapse, expected.splitlines())):
            assert any(line in each for each in printed), f"{line!r} is not in\n{self.printed}"

    def edit_program(self, change: str) -> None:
        """Apply a diff of the page to the program."""
        old, new = re.findall(r"^[-+](.*)$", change, re.MULTILINE)
        program = self.folder / "__main__.py"
        text = program.read_text()
        assert text.count(f"{old}\n") == 1
        program.write_text(text.replace(f"{old}\n", f"{new}\n"))

    def write_requests(self) -> list[str]:
        """Return the write requests to the emulator."""
        requests = httpx.get(f"{self.url}/_emulator/requests").json()["requests"]
        return [f"{each['method']} {each['route']}" for each in requests if each["method"] != "GET"]

    def state(self) -> dict[str, dict[str, object]]:
        """Return the state of the emulator."""
        found: dict[str, dict[str, object]] = httpx.get(f"{self.url}/_emulator/state").json()
        return found


def _collapse(line: str) -> str:
    return " ".join(VARYING.sub("*", line).split())


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    own = {key: value for key, value in os.environ.items() if not key.startswith(("GCORE_", "PULUMI_"))}
    environ = {**own, "NO_COLOR": "1", "PULUMI_HOME": str(tmp_path / "home"), "PULUMI_SKIP_UPDATE_CHECK": "1"}
    shell = subprocess.Popen(
        ["bash"],
        cwd=tmp_path,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    reader = Reader(shell, tmp_path)
    # The time limit kills a command that hangs, with its shell.
    limit = threading.Timer(SECONDS, os.killpg, (shell.pid, signal.SIGKILL))
    limit.start()
    try:
        yield reader
    finally:
        limit.cancel()
        for process in (reader.emulator, shell):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(10)


def test_the_tutorial_prints_what_the_page_shows(reader: Reader) -> None:
    secret_counts: list[int] = []
    for file, language, text in BLOCKS:
        if file:
            (reader.folder / file).write_text(text)
        elif language == "console":
            reader.printed = ""
            for command in re.findall(r"^\$ (.*)$", text, re.MULTILINE):
                reader.run_command(command)
            if "pulumi up" in text:
                secret_counts.append(len(reader.state()["secrets"]))
        elif language == "text" and text.startswith("POST "):
            assert reader.write_requests()[-3:] == text.splitlines()
        elif language == "text":
            reader.assert_printed(text)
        else:
            assert language == "diff"
            reader.edit_program(text)
    assert secret_counts == [4, 4]
    assert not any(objects for kind, objects in reader.state().items() if kind != "tasks")


def test_every_command_of_the_page_runs() -> None:
    commands = [line for _, language, text in BLOCKS if language == "console" for line in text.splitlines()]
    assert all(line.startswith("$ ") for line in commands)
    assert PAGE.count("\n$ ") == len(commands) > 20
