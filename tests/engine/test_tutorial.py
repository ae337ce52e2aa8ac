"""`docs/tutorial.md`, as a reader does it: its files, its commands in their order, and what they print."""

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
"""File, language and text of each block."""

SECONDS = 180
VARYING = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z|(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+")


@dataclass
class Reader:
    """Somebody who follows the page, with a shell that keeps its variables and its folder.

    Attributes:
        shell: the shell.
        emulator: what runs in the second terminal, and where it answers.
        printed: what the commands of the last block have printed.
    """

    shell: subprocess.Popen[str]
    home: Path
    emulator: subprocess.Popen[str] | None = None
    url: str = ""
    printed: str = ""

    @property
    def folder(self) -> Path:
        """The project's folder, that the first commands make."""
        return self.home / "hello-mtls"

    def types(self, command: str) -> None:
        if command.startswith("gcore-emulator"):
            self.starts(command)
            return
        if command.startswith("pip install"):
            # It would install the clone anew; the tests' own environment has it.
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
                refused = "HOST_NAME_NOT_COVERED" in "".join(lines)
                assert (ended[1] != "0") == refused, f"{command}\n{''.join(lines)}"
                break
            lines.append(line)
        else:
            pytest.fail(f"the shell ended in {command}\n{''.join(lines)}")
        self.printed += "".join(lines)

    def starts(self, command: str) -> None:
        """The emulator, on a free port."""
        program = Path(sys.prefix) / "bin" / "gcore-emulator"
        arguments = command.replace("--port 8080", "--port 0").split()[1:]
        self.emulator = subprocess.Popen([program, *arguments], cwd=self.folder, stdout=subprocess.PIPE, text=True)
        assert self.emulator.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", self.emulator.stdout.readline())
        assert found
        self.url = found[0]

    def sees(self, shown: str) -> None:
        """That every line of what the page shows was printed; resources are printed in any order."""
        printed = [_folded(line) for line in self.printed.splitlines()]
        for line in filter(None, map(_folded, shown.splitlines())):
            assert any(line in each for each in printed), f"{line!r} isn't in\n{self.printed}"

    def changes(self, change: str) -> None:
        old, new = re.findall(r"^[-+](.*)$", change, re.MULTILINE)
        program = self.folder / "__main__.py"
        text = program.read_text()
        assert text.count(f"{old}\n") == 1
        program.write_text(text.replace(f"{old}\n", f"{new}\n"))

    def looks_at_the_requests(self) -> list[str]:
        """Those that changed something."""
        calls = httpx.get(f"{self.url}/_emulator/requests").json()["requests"]
        return [f"{each['method']} {each['route']}" for each in calls if each["method"] != "GET"]

    def state(self) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = httpx.get(f"{self.url}/_emulator/state").json()
        return found


def _folded(line: str) -> str:
    return " ".join(VARYING.sub("*", line).split())


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GCORE_", "PULUMI_"))}
    environ = {**kept, "NO_COLOR": "1", "PULUMI_HOME": str(tmp_path / "home"), "PULUMI_SKIP_UPDATE_CHECK": "1"}
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
    # A command that hangs ends with its shell, and so the test.
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


def test_it_works_as_it_says(reader: Reader) -> None:
    made: list[int] = []
    for file, language, text in BLOCKS:
        if file:
            (reader.folder / file).write_text(text)
        elif language == "console":
            reader.printed = ""
            for command in re.findall(r"^\$ (.*)$", text, re.MULTILINE):
                reader.types(command)
            if "pulumi up" in text:
                made.append(len(reader.state()["secrets"]))
        elif language == "text" and text.startswith("POST "):
            assert reader.looks_at_the_requests()[-3:] == text.splitlines()
        elif language == "text":
            reader.sees(text)
        else:
            assert language == "diff"
            reader.changes(text)
    assert made == [4, 4]
    assert not any(held for kind, held in reader.state().items() if kind != "tasks")


def test_every_command_is_typed() -> None:
    typed = [line for _, language, text in BLOCKS if language == "console" for line in text.splitlines()]
    assert all(line.startswith("$ ") for line in typed)
    assert PAGE.count("\n$ ") == len(typed) > 20
