"""Memory and CPU time of processes, as Linux reports them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.engine.interrupted_runs import processes_of, provider_processes_of
from tests.engine.stack import Stack

_PAUSE: Final = 0.5
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass
class ResourceUse:
    """Peak resource use of a stack's processes during the observation.

    Attributes:
        mib: Memory of the provider process.
        threads: Threads of the provider process.
        seconds: Processor time of each process of the program and the provider, without the engine's own processes.
    """

    mib: float = 0.0
    threads: int = 0
    seconds: dict[int, float] = field(default_factory=dict)


@contextmanager
def observe(stack: Stack) -> Iterator[ResourceUse]:
    """Sample a stack's processes periodically until the block ends."""
    use, ended = ResourceUse(), threading.Event()

    def sample() -> None:
        while not ended.wait(_PAUSE):
            for process in provider_processes_of(stack):
                status = _status(process)
                use.mib = max(use.mib, status.get("VmRSS", 0) / 1024)
                use.threads = max(use.threads, status.get("Threads", 0))
            for process in processes_of(stack):
                if not _is_engine(process):
                    use.seconds[process] = max(use.seconds.get(process, 0.0), _processor_seconds(process))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield use
    finally:
        ended.set()
        thread.join()


def _is_engine(process: int) -> bool:
    return _read(process, "comm").strip().startswith("pulumi")


def _status(process: int) -> dict[str, int]:
    lines = (line.partition(":") for line in _read(process, "status").splitlines())
    return {name: int(value.split()[0]) for name, _, value in lines if name in ("VmRSS", "Threads")}


def _processor_seconds(process: int) -> float:
    # proc(5): utime and stime are the fields 14 and 15. The second field, in parentheses, can contain spaces.
    fields = _read(process, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS if len(fields) > 12 else 0.0


def _read(process: int, name: str) -> str:
    try:
        return Path(f"/proc/{process}/{name}").read_text()
    except OSError:
        return ""
