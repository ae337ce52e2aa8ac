"""Settings of the `pulumi` command that write secrets to logs.

Pulumi sends the inputs of a dynamic provider as plain values. With three settings, the engine also logs or traces what
it sends: `-v=9` and higher, `--tracing`, and `PULUMI_DEBUG_GRPC`. The last one is in the environment that a provider
inherits. The others are in the command line of the engine, one of the processes above this one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

_LOWEST_LEVEL: Final = 9
"""First level of `-v` at which the engine logs the properties that it sends."""

_DEBUG_GRPC: Final = "PULUMI_DEBUG_GRPC"
_NO_PAYLOADS: Final = "PULUMI_TRACING_NO_PAYLOADS"
_MAX_ANCESTORS: Final = 8
_LEVEL = re.compile(r"(?:--verbose=|-[dfjry]*v=?)(?P<level>\d+)")
_LEVEL_FOLLOWS = re.compile(r"--verbose|-[dfjry]*v")


def settings_that_log_secrets(
    environment: Mapping[str, str], command_lines: Sequence[Sequence[str]] | None = None
) -> tuple[str, ...]:
    """Return the settings of this run that write secrets to a log, as the user has written them.

    Args:
        environment: Environment variables of this process.
        command_lines: Arguments of the processes above this one; None to read them from `/proc`. Where that is not
            possible, only the environment is known.
    """
    found = [_DEBUG_GRPC] if environment.get(_DEBUG_GRPC) else []
    traces_payloads = environment.get(_NO_PAYLOADS, "").lower() not in ("1", "true")
    for arguments in _ancestors() if command_lines is None else command_lines:
        if arguments and Path(arguments[0]).name == "pulumi":
            level = _verbosity(arguments[1:])
            found += [f"-v={level}"] if level >= _LOWEST_LEVEL else []
            found += ["--tracing"] if traces_payloads and _is_traced(arguments[1:]) else []
    return tuple(dict.fromkeys(found))


def _verbosity(arguments: Sequence[str]) -> int:
    """Return the last level of `-v`, as the command line's parser does; 0 without one."""
    level = 0
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if written := _LEVEL.fullmatch(argument):
            level = int(written["level"])
        elif _LEVEL_FOLLOWS.fullmatch(argument) and following.isdecimal():
            level = int(following)
    return level


def _is_traced(arguments: Sequence[str]) -> bool:
    return any(argument == "--tracing" or re.match(r"--tracing=.", argument) for argument in arguments)


def _ancestors() -> Iterator[Sequence[str]]:
    """Yield the arguments of the parent process, its parent, and so on; stop at the first one that is unreadable."""
    pid = os.getppid()
    for _ in range(_MAX_ANCESTORS):
        process = Path("/proc", str(pid))
        try:
            arguments = (process / "cmdline").read_bytes()
            status = (process / "status").read_text()
        except OSError:
            return
        yield arguments.decode(errors="replace").split("\0")
        parent = re.search(r"^PPid:\s*(\d+)$", status, re.MULTILINE)
        if parent is None or parent[1] == "0":
            return
        pid = int(parent[1])
