"""Local ports for listeners, kept for them while HAProxy is started, reloaded or stopped."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping

from gcore_emulator.data_plane.configuration import HOST


class Ports:
    """One free port for each listener, for as long as the listener exists.

    A port is kept by a socket that is bound to it and doesn't listen. HAProxy binds with SO_REUSEPORT, so the kernel
    lets it in beside that socket; nobody else is given the port.
    """

    def __init__(self) -> None:
        """No ports yet."""
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
    # After the bind: a socket that may share its port could be given one that another process shares as well.
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return kept
