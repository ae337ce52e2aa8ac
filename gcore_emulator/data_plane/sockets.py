"""HAProxy's sockets: the master's, which knows its workers, and the worker's, which knows its servers.

They are only read. Changing certificates through them breaks some versions (haproxy/haproxy#3165), and Octavia never
does.
"""

from __future__ import annotations

import csv
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 2.0


@dataclass(frozen=True)
class Workers:
    """Report of the master process about itself and its workers.

    Attributes:
        reloads: how often it has reloaded, failures included.
        failed: how many reloads have failed since the last good one.
        current: ids of the processes that serve new connections.
        old: ids of those that serve what is still connected.
    """

    reloads: int
    failed: int
    current: frozenset[int]
    old: frozenset[int]


def ask(path: Path, command: str) -> str:
    """Return HAProxy's response to one command.

    Raises:
        OSError: nobody answers.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(str(path))
        connection.sendall(f"{command}\n".encode())
        # Only then does the master close as well, after its answer.
        connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts).decode(errors="replace")


def workers(master: Path) -> Workers:
    """Return the master's response to `show proc`.

    Raises:
        OSError: it doesn't answer.
    """
    return parse_workers(ask(master, "show proc"))


def parse_workers(answer: str) -> Workers:
    """Parse a response to `show proc`."""
    reloads = failed = 0
    groups: dict[str, set[int]] = {"workers": set(), "old workers": set()}
    group: set[int] = set()
    for line in answer.splitlines():
        words = line.replace("[failed:", " ").replace("]", " ").split()
        if line.startswith("# "):
            group = groups.get(line[2:].strip(), set())
        elif len(words) > 2 and words[0].isdigit() and words[1] == "master":
            reloads = int(words[2])
            failed = int(words[3]) if "[failed:" in line else 0
        elif len(words) > 2 and words[0].isdigit() and words[1] == "worker":
            group.add(int(words[0]))
    return Workers(reloads, failed, frozenset(groups["workers"]), frozenset(groups["old workers"]))


def is_stopping(master: Path, worker: int) -> bool:
    """Return whether an old worker has closed its listeners or has exited.

    Raises:
        OSError: the master doesn't answer.
    """
    answer = ask(master, f"@!{worker} show info")
    return "Stopping: 0" not in answer


def statistics(worker: Path) -> Sequence[Mapping[str, str]]:
    """Return the rows of `show stat`, one for each frontend, server and backend.

    Raises:
        OSError: the worker doesn't answer.
    """
    return list(csv.DictReader(ask(worker, "show stat").removeprefix("# ").splitlines()))
