"""Time limits, progress, errors and locks of the scripts' child processes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from bootstrap import processes
from bootstrap.places import ROOT
from bootstrap.processes import CommandFailed, exclusive, format_duration, output_of, run_showing_progress
from bootstrap.reporting import ScriptError


def test_output_is_stripped() -> None:
    assert output_of(["sh", "-c", "echo out; echo err >&2"], seconds=20) == "out"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["sh", "-c", "echo the reason >&2; exit 3"], r"(?s)status 3.*the reason"),
        (["sh", "-c", "echo error on standard output; exit 3"], r"(?s)status 3.*error on standard output"),
        (["/no/such/program"], "/no/such/program"),
        (["sleep", "60"], "timed out"),
    ],
)
def test_a_failed_command_reports_its_output(command: list[str], message: str) -> None:
    with pytest.raises(CommandFailed, match=message):
        output_of(command, seconds=0.5)


def test_a_long_command_prints_its_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(processes, "PROGRESS_SECONDS", 0.2)
    lines = run_showing_progress(
        ["sh", "-c", "echo one; echo two >&2; sleep 1; echo three"],
        seconds=30,
        progress=lambda so_far: f"{len(so_far)} lines",
    )
    assert lines == ["one", "two", "three"]
    assert "0 s: 2 lines" in capsys.readouterr().out


def test_a_failed_long_command_reports_the_end_of_its_output() -> None:
    with pytest.raises(CommandFailed) as error:
        run_showing_progress(["sh", "-c", "seq 100; exit 2"], seconds=30, progress=lambda _: "")
    assert "status 2" in str(error.value)
    assert "    100" in str(error.value)
    assert "    50\n" not in str(error.value)


def test_a_foreground_command_handles_ctrl_c_itself(tmp_path: Path) -> None:
    script = "trap 'echo ended properly; exit 3' INT; kill -INT $PPID $$; sleep 0.2"
    caller = (
        "from pathlib import Path; from bootstrap.processes import run_in_foreground\n"
        "from bootstrap.reporting import run\n"
        f"run(lambda: run_in_foreground(['sh', '-c', {script!r}], cwd=Path({str(tmp_path)!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", caller], cwd=ROOT / "scripts", capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "ended properly\n"
    assert done.returncode == 130
    assert done.stderr == "stopped. To continue, run the same command again.\n"


def test_the_time_limit_stops_child_processes(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with pytest.raises(CommandFailed, match="time limit of 1 s"):
        run_showing_progress(
            ["sh", "-c", f"sleep 600 & echo $! > '{pid_file}'; wait"], seconds=1, progress=lambda _: "working"
        )
    child = int(pid_file.read_text())
    deadline = time.monotonic() + 10
    while subprocess.run(["kill", "-0", str(child)], capture_output=True, check=False).returncode == 0:
        assert time.monotonic() < deadline or "(sleep) Z" in Path(f"/proc/{child}/stat").read_text()
        if "(sleep) Z" in Path(f"/proc/{child}/stat").read_text():
            break


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.9, "59 s"), (65, "1 min 05 s"), (600, "10 min 00 s")])
def test_durations_have_minutes_and_seconds(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_a_lock_excludes_other_runs_and_creates_no_file(tmp_path: Path) -> None:
    with exclusive(tmp_path, waiting_for="another run is building", seconds=1):
        with (
            pytest.raises(ScriptError, match=r"another run is building\. Wait for it to end"),
            exclusive(tmp_path, waiting_for="another run is building", seconds=0),
        ):
            pass
        assert list(tmp_path.iterdir()) == []
    with exclusive(tmp_path, waiting_for="another run is building", seconds=0):
        pass


def test_the_lock_of_a_killed_run_is_released(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, os, sys, time\n"
            "fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX); print('held', flush=True); time.sleep(600)",
            tmp_path,
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ScriptError), exclusive(tmp_path, waiting_for="another run", seconds=0):
            pass
        holder.kill()
    with exclusive(tmp_path, waiting_for="another run", seconds=5):
        pass
