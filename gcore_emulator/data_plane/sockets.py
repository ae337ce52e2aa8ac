"""HAProxy's sockets: the master reports its workers, a worker reports its servers.

All commands only read. Changing certificates through the sockets breaks some versions (haproxy/haproxy#3165), and
Octavia never does it.
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
        reloads: Number of reloads, failed ones included.
        failed: Number of failed reloads since the last successful one.
        current: IDs of the processes that serve new connections.
        old: IDs of the processes that serve connections from before a reload.
    """

    reloads: int
    failed: int
    current: frozenset[int]
    old: frozenset[int]


def send_command(path: Path, command: str) -> str:
    """Return HAProxy's response to one command.

    Raises:
        OSError: HAProxy does not respond.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(str(path))
        connection.sendall(f"{command}\n".encode())
        # The master closes the connection after its response only if this side is closed for writing.
        connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts).decode(errors="replace")


def workers(master: Path) -> Workers:
    """Return the master's response to `show proc`.

    Raises:
        OSError: The master does not respond.
    """
    return parse_workers(send_command(master, "show proc"))


def parse_workers(response: str) -> Workers:
    """Parse a response to `show proc`."""
    reloads = failed = 0
    groups: dict[str, set[int]] = {"workers": set(), "old workers": set()}
    group: set[int] = set()
    for line in response.splitlines():
        columns = line.replace("[failed:", " ").replace("]", " ").split()
        if line.startswith("# "):
            group = groups.get(line[2:].strip(), set())
        elif len(columns) > 2 and columns[0].isdigit() and columns[1] == "master":
            reloads = int(columns[2])
            failed = int(columns[3]) if "[failed:" in line else 0
        elif len(columns) > 2 and columns[0].isdigit() and columns[1] == "worker":
            group.add(int(columns[0]))
    return Workers(reloads, failed, frozenset(groups["workers"]), frozenset(groups["old workers"]))


def is_stopping(master: Path, worker: int) -> bool:
    """Return whether an old worker has closed its listeners or has exited.

    Raises:
        OSError: The master does not respond.
    """
    return "Stopping: 0" not in send_command(master, f"@!{worker} show info")


def statistics(worker: Path) -> Sequence[Mapping[str, str]]:
    """Return the rows of `show stat`, one for each frontend, server and backend.

    Raises:
        OSError: The worker does not respond.
    """
    return list(csv.DictReader(send_command(worker, "show stat").removeprefix("# ").splitlines()))
