"""Memory and CPU time of processes, as Linux reports them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.engine.ending import processes, providers
from tests.engine.stack import Stack

_PAUSE: Final = 0.5
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass
class Taken:
    """Peak resource use of a stack's processes while they were watched.

    Attributes:
        mib: memory of the provider process.
        threads: threads of the provider process.
        seconds: processor time of each process that works for the program, the provider's among them: all but the
            engine's own.
    """

    mib: float = 0.0
    threads: int = 0
    seconds: dict[int, float] = field(default_factory=dict)


@contextmanager
def watched(stack: Stack) -> Iterator[Taken]:
    """Sample a stack's processes now and then until the block ends."""
    taken, ended = Taken(), threading.Event()

    def look() -> None:
        while not ended.wait(_PAUSE):
            for process in providers(stack):
                status = _status(process)
                taken.mib = max(taken.mib, status.get("VmRSS", 0) / 1024)
                taken.threads = max(taken.threads, status.get("Threads", 0))
            for process in processes(stack):
                if not _is_engine(process):
                    taken.seconds[process] = max(taken.seconds.get(process, 0.0), _processor_seconds(process))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        ended.set()
        thread.join()


def _is_engine(process: int) -> bool:
    return _read(process, "comm").strip().startswith("pulumi")


def _status(process: int) -> dict[str, int]:
    lines = (line.partition(":") for line in _read(process, "status").splitlines())
    return {name: int(value.split()[0]) for name, _, value in lines if name in ("VmRSS", "Threads")}


def _processor_seconds(process: int) -> float:
    # proc(5): utime and stime are the 14th and 15th field; the second, in parentheses, may have spaces.
    fields = _read(process, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS if len(fields) > 12 else 0.0


def _read(process: int, name: str) -> str:
    try:
        return Path(f"/proc/{process}/{name}").read_text()
    except OSError:
        return ""
