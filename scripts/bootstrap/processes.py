"""Other programs: each runs with a time limit. Errors show its output, and long commands print their progress."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from bootstrap.reporting import ScriptError, print_line

PROGRESS_SECONDS = 12
"""Interval between progress lines of a long command."""

Command = Sequence[str | os.PathLike[str]]


class CommandFailed(ScriptError):
    """Error for a program that failed, exceeded its time limit or did not start. Contains the end of its output."""


def output_of(
    command: Command, *, seconds: float, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """Run a short command and return its standard output, stripped.

    Raises:
        CommandFailed: The command does not exist, fails or takes longer than `seconds`.
    """
    try:
        done = subprocess.run(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandFailed(f"`{shortened(command)}` could not be run: {error}") from error
    standard_output = done.stdout.decode(errors="replace")
    if done.returncode:
        lines = (done.stderr.decode(errors="replace") or standard_output).splitlines()
        raise CommandFailed(failure_message(command, done.returncode, lines))
    return standard_output.strip()


def run_showing_progress(
    command: Command,
    *,
    seconds: float,
    progress: Callable[[Sequence[str]], str],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> list[str]:
    """Run a long command, print its progress every few seconds, and return the lines of its output.

    The command runs in its own session. At the time limit or Ctrl-C, all processes of the session end.

    Args:
        command: The program and its arguments.
        seconds: The time limit.
        progress: Returns a short description of the progress, given the lines printed so far.
        cwd: The working folder.
        env: The complete environment. The default is the environment of this process.

    Raises:
        CommandFailed: The command does not exist, fails or takes longer than `seconds`.
    """
    lines: list[str] = []
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise CommandFailed(f"`{shortened(command)}` could not be started: {error}") from error
    output = process.stdout
    assert output is not None
    reader = threading.Thread(target=lambda: lines.extend(line.rstrip() for line in output), daemon=True)
    reader.start()
    try:
        while True:
            passed = time.monotonic() - started
            try:
                status = process.wait(timeout=max(0.0, min(PROGRESS_SECONDS, seconds - passed)))
                break
            except subprocess.TimeoutExpired:
                passed = time.monotonic() - started
                if passed >= seconds:
                    raise CommandFailed(
                        f"`{shortened(command)}` was stopped after its time limit of {format_duration(seconds)}."
                    ) from None
                print_line(f"      {format_duration(passed)}: {progress(lines)}")
    except BaseException:
        kill_session(process)
        raise
    reader.join(timeout=5)
    if status:
        raise CommandFailed(failure_message(command, status, lines))
    return lines


def run_in_foreground(command: Command, *, cwd: Path, env: Mapping[str, str] | None = None) -> int:
    """Run a command with access to the terminal, and return its exit status.

    The command handles Ctrl-C: Pulumi and pytest need some time to stop properly, and report their progress.

    Raises:
        KeyboardInterrupt: The user pressed Ctrl-C, and the command ended.
    """
    interrupts: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        interrupts.append(number)

    before = signal.signal(signal.SIGINT, remember)
    try:
        status = subprocess.run(command, cwd=cwd, env=env, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupts:
        raise KeyboardInterrupt
    return status


def kill_session(process: subprocess.Popen[str]) -> None:
    """Stop a process that leads its own session, and all its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def shortened(command: Command) -> str:
    """Return the command for a message: the program's name and its first arguments."""
    words = [str(word) for word in command]
    words[0] = os.path.basename(words[0])
    return " ".join(words[:4]) + (" ..." if len(words) > 4 else "")


def failure_message(command: Command, status: int, lines: Sequence[str]) -> str:
    """Return the message for a failed command: its status and the end of its output."""
    end = "\n".join(f"    {line}" for line in lines[-12:] if line.strip())
    return f"`{shortened(command)}` failed with status {status}" + (f":\n{end}" if end else ".")


def format_duration(seconds: float) -> str:
    """Return a number of seconds for display: `45 s`, `3 min 05 s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


@contextlib.contextmanager
def exclusive(folder: Path, *, waiting_for: str, seconds: float) -> Iterator[None]:
    """Hold the lock on a folder, so that two runs do not do the same work at once.

    The lock is the kernel's (`flock` on the folder itself). It creates no file and ends with its process.

    Args:
        folder: An existing folder.
        waiting_for: A sentence about the other run, for the progress line and the error.
        seconds: Time limit for the wait.

    Raises:
        ScriptError: The other run does not end within `seconds`.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        started = printed = time.monotonic()
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                now = time.monotonic()
                if now - started >= seconds:
                    raise ScriptError(f"{waiting_for}. Wait for it to end, then run this again.") from None
                if now == started or now - printed >= PROGRESS_SECONDS:
                    printed = now
                    print_line(f"      {format_duration(now - started)}: {waiting_for}; waiting for it to end")
                time.sleep(0.2)
        yield
    finally:
        os.close(descriptor)
