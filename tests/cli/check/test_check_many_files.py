"""`gcore-tls check` on folders with very many files, and with files that are no regular files."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from rich.progress import Progress

from gcore_tls_provider.certificates import from_file
from gcore_tls_provider.cli.check import reading
from tests.cli.check.command_runs import CommandRun, run, write_files
from tests.cli.conftest import Pki

MIB = 1024 * 1024


def write_junk(folder: Path, count: int, size: int = 20) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.pem").write_bytes(b"\xff" * size)
    return folder


def peak_memory(*arguments: str | Path) -> tuple[CommandRun, int]:
    """Return the result of a command, and the bytes that Python has allocated at most."""
    tracemalloc.start()
    try:
        result = run(*arguments)
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_unusable_files_beyond_a_limit_are_counted_and_take_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_UNUSABLE", 50)
    _, small = peak_memory("check", "--json", write_junk(tmp_path / "small", 100))
    result, large = peak_memory("check", "--json", write_junk(tmp_path / "large", 1100))
    assert (result.code, result.report.outcome) == (1, "errors")
    assert (len(result.report.files), len(result.report.findings), result.report.omitted_files) == (50, 50, 1050)
    assert (large - small) / 1000 < 1500


def test_the_contents_of_files_are_released_one_by_one(tmp_path: Path) -> None:
    one, several = write_junk(tmp_path / "one", 1, MIB - 1), write_junk(tmp_path / "several", 12, MIB - 1)
    _, single = peak_memory("check", "--json", one)
    result, all_files = peak_memory("check", "--json", several)
    assert len(result.report.findings) == 12
    assert all_files - single < MIB


def test_the_text_report_counts_omitted_files(tmp_path: Path, pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_UNUSABLE", 2)
    folder = write_files(write_junk(tmp_path / "folder", 5), server_pem=pki.server.to_pem_bundle())
    result = run("check", folder)
    assert result.code == 1
    assert "And 3 more files that cannot be used." in result.stdout
    assert result.stdout.endswith("6 files checked, 5 errors, 0 warnings.\n")


def test_a_file_on_the_command_line_is_never_omitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_UNUSABLE", 1)
    folder = write_junk(tmp_path / "folder", 3)
    named = write_files(tmp_path, named_pem="junk\n") / "named.pem"
    report = run("check", "--json", folder, named).report
    assert str(named) in {file.file for file in report.files}
    assert report.omitted_files == 2


def test_too_many_usable_files_are_an_error_before_they_fill_the_memory(
    tmp_path: Path, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_USABLE", 2)
    texts = {f"server{number}_pem": pki.server.to_pem_bundle() for number in range(3)}
    error = run("check", write_files(tmp_path, **texts)).usage_error
    assert "more than 2 files contain certificates" in error
    assert "Give the files of one load balancer at a time." in error


def test_each_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def read(path: str, *, property: str = "") -> str:
        opened.append(path)
        return from_file(path, property=property)

    monkeypatch.setattr(reading, "from_file", read)
    folder = write_junk(tmp_path / "folder", 30)
    run("check", folder)
    assert sorted(opened) == sorted(map(str, folder.iterdir()))


def test_many_files_that_cannot_be_opened_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    error = run("check", *(f"gone{number}.pem" for number in range(30))).usage_error
    assert "'gone9.pem' does not exist" in error
    assert "'gone10.pem'" not in error
    assert "And 20 more." in error


@pytest.mark.timeout(30)
def test_a_pipe_is_an_error_at_once_and_skipped_in_a_folder(tmp_path: Path, pki: Pki) -> None:
    folder = write_files(tmp_path, server_pem=pki.server.to_pem_bundle())
    os.mkfifo(folder / "pipe.pem")
    for option in ((), ("--ca",), ("--password-file",)):
        error = run("check", folder / "server.pem", *option, folder / "pipe.pem").usage_error
        assert "it is a named pipe" in error
    assert run("check", "--json", folder).roles == {"server.pem": "listener"}


def terminal_output(*arguments: str | Path) -> str:
    """Return what `gcore-tls` prints to standard error if that is a terminal."""
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "gcore_tls_provider.cli", *map(str, arguments)]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm"},
    ) as process:
        os.close(terminal)
        printed = b""
        try:
            while part := os.read(controller, 65536):
                printed += part
        except OSError:
            pass  # the end of a terminal's output is an error
        finally:
            os.close(controller)
        process.wait(60)
    return printed.decode()


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("count", "shown"), [(200, True), (20, False)])
def test_a_terminal_shows_progress_for_many_files(count: int, shown: bool, tmp_path: Path) -> None:
    printed = terminal_output("check", write_junk(tmp_path / "folder", count))
    assert ("Checking files" in printed and "100%" in printed) == shown


def test_without_a_terminal_no_progress_is_printed(tmp_path: Path) -> None:
    assert run("check", write_junk(tmp_path / "folder", 200)).stderr == ""


def test_the_progress_bar_pauses_while_a_password_is_typed() -> None:
    events: list[str] = []

    class Bar(Progress):
        def stop(self) -> None:
            events.append("stop")

        def start(self) -> None:
            events.append("start")

    def type_password(name: str) -> str:
        events.append(name)
        return "typed"

    ask = reading._paused(Bar(), type_password)
    assert ask is not None and ask("key.pem") == "typed"
    assert events == ["stop", "key.pem", "start"]
