"""Runs other programs: each with a time limit, its output kept for the error message, long ones with progress."""

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

from bootstrap.reporting import ScriptError, say

PROGRESS_SECONDS = 12
"""Interval between progress lines of a long command."""

Command = Sequence[str | os.PathLike[str]]


class CommandFailed(ScriptError):
    """A program ended with an error, ran out of time or could not be started. Shows the end of its output."""


def output_of(
    command: Command, *, seconds: float, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """Run a short command and return its standard output, stripped.

    Raises:
        CommandFailed: It ended with another status than 0, took longer than `seconds`, or doesn't exist.
    """
    try:
        done = subprocess.run(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandFailed(f"`{shown(command)}` could not be run: {error}") from error
    standard_output = done.stdout.decode(errors="replace")
    if done.returncode:
        lines = (done.stderr.decode(errors="replace") or standard_output).splitlines()
        raise CommandFailed(failure(command, done.returncode, lines))
    return standard_output.strip()


def run_showing_progress(
    command: Command,
    *,
    seconds: float,
    progress: Callable[[Sequence[str]], str],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> list[str]:
    """Run a long command and return the lines of its output; every few seconds a line says how far it is.

    It runs in a session of its own, so that all of it can be ended: at the time limit, or at Ctrl-C.

    Args:
        command: The program and its arguments.
        seconds: The time limit.
        progress: Says in a few words how far it is, given the lines printed so far.
        cwd: The folder to run it in.
        env: Its whole environment; by default this process's.

    Raises:
        CommandFailed: It ended with another status than 0, took longer than `seconds`, or doesn't exist.
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
        raise CommandFailed(f"`{shown(command)}` could not be started: {error}") from error
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
                        f"`{shown(command)}` was stopped after its time limit of {duration(seconds)}."
                    ) from None
                say(f"      {duration(passed)}: {progress(lines)}")
    except BaseException:
        end_session(process)
        raise
    reader.join(timeout=5)
    if status:
        raise CommandFailed(failure(command, status, lines))
    return lines


def run_in_foreground(command: Command, *, cwd: Path, env: Mapping[str, str] | None = None) -> int:
    """Run a command that has the terminal to itself, and return its exit status.

    Ctrl-C is left to the command: Pulumi and pytest need a while to end properly, and say what they do.

    Raises:
        KeyboardInterrupt: Ctrl-C was typed. The command has ended by itself then.
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


def end_session(process: subprocess.Popen[str]) -> None:
    """Stop a process that leads its own session, and everything that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def shown(command: Command) -> str:
    """Return the command for a message: the program's name and its first arguments."""
    words = [str(word) for word in command]
    words[0] = os.path.basename(words[0])
    return " ".join(words[:4]) + (" ..." if len(words) > 4 else "")


def failure(command: Command, status: int, lines: Sequence[str]) -> str:
    """Return the message for a command that failed: its status and the end of what it printed."""
    end = "\n".join(f"    {line}" for line in lines[-12:] if line.strip())
    return f"`{shown(command)}` failed with status {status}" + (f":\n{end}" if end else ".")


def duration(seconds: float) -> str:
    """Return a number of seconds as people say it: `45 s`, `3 min 05 s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


@contextlib.contextmanager
def exclusive(folder: Path, *, waiting_for: str, seconds: float) -> Iterator[None]:
    """Hold the lock on a folder, so that two runs do not do the same work at the same time.

    The lock is the kernel's (`flock` on the folder itself): it leaves no file behind and goes with its process.

    Args:
        folder: An existing folder.
        waiting_for: What the other run is doing, for the message; with a time limit of 0 it is the error's text.
        seconds: How long to wait for the other run.

    Raises:
        ScriptError: The other run didn't end within `seconds`.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        started = said = time.monotonic()
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                now = time.monotonic()
                if now - started >= seconds:
                    raise ScriptError(f"{waiting_for}. Wait for it to end, then run this again.") from None
                if now == started or now - said >= PROGRESS_SECONDS:
                    said = now
                    say(f"      {duration(now - started)}: {waiting_for}; waiting for it")
                time.sleep(0.2)
        yield
    finally:
        os.close(descriptor)
