"""Local ports of listeners, reserved while HAProxy starts, reloads or stops."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping

from gcore_emulator.data_plane.configuration import HOST


class Ports:
    """One free port for each listener, reserved until the listener is deleted.

    A bound socket that does not listen reserves the port. HAProxy binds with SO_REUSEPORT, so the kernel lets it share
    the port with that socket, and gives the port to no other process.
    """

    def __init__(self) -> None:
        """Reserve no port yet."""
        self._kept: dict[str, socket.socket] = {}

    def keep(self, listener_ids: Collection[str]) -> Mapping[str, int]:
        """Return the ports of listeners: the previous one of each, or a new one."""
        for listener_id in listener_ids:
            if listener_id not in self._kept:
                self._kept[listener_id] = _reserved()
        return {listener_id: self._port(listener_id) for listener_id in listener_ids}

    def release(self, listener_ids: Collection[str]) -> None:
        """Release the ports of listeners."""
        for listener_id in listener_ids:
            kept = self._kept.pop(listener_id, None)
            if kept is not None:
                kept.close()

    def of(self, listener_id: str) -> int | None:
        """Return the port of a listener, if it has one."""
        return self._port(listener_id) if listener_id in self._kept else None

    def _port(self, listener_id: str) -> int:
        port: int = self._kept[listener_id].getsockname()[1]
        return port


def _reserved() -> socket.socket:
    kept = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    kept.bind((HOST, 0))
    # After the bind: with SO_REUSEPORT set before, the kernel could choose a port that another process shares.
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return kept
