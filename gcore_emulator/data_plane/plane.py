"""Data plane of an emulator's load balancers: none, or one HAProxy for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from gcore_emulator.account import EmulatedAccount
from gcore_emulator.behavior import Behavior
from gcore_emulator.data_plane.configuration import HOST, configuration, served_listeners
from gcore_emulator.data_plane.health import statuses_of
from gcore_emulator.data_plane.ports import Ports
from gcore_emulator.data_plane.private_folder import private_folder
from gcore_emulator.data_plane.process import Haproxy
from gcore_emulator.data_plane.program import find_haproxy
from gcore_tls_provider.api.wire.enums import OperatingStatus

TrafficStatuses: TypeAlias = "Mapping[str, OperatingStatus]"
"""Operating status by object ID, from traffic and health checks. Objects without traffic are missing."""


@dataclass(frozen=True)
class Endpoint:
    """Address at which clients on this machine reach a listener."""

    host: str
    port: int


class DataPlane(Protocol):
    """Server of the load balancers' traffic."""

    def apply(self, account: EmulatedAccount, load_balancer_id: str, behavior: Behavior) -> Mapping[str, str]:
        """Apply the account's state to the traffic of a load balancer, or end it if the load balancer does not exist.

        Returns:
            Reason for each listener that cannot be served because of a secret, by the listener's ID.

        Raises:
            ConfigurationRejected: HAProxy rejects the configuration, and continues with the previous one.
        """
        ...

    def operating_statuses(self, account: EmulatedAccount) -> TrafficStatuses:
        """Return the current operating statuses from traffic and health checks."""
        ...

    def endpoint(self, listener_id: str) -> Endpoint | None:
        """Return the address of a listener; None if it has no data plane."""
        ...

    def log_lines(self, load_balancer_id: str) -> Sequence[str]:
        """Return the log of a load balancer's traffic, oldest line first."""
        ...

    def reset(self) -> None:
        """End all traffic."""
        ...


class NoDataPlane:
    """Data plane without traffic: every enabled object counts as healthy."""

    def apply(self, account: EmulatedAccount, load_balancer_id: str, behavior: Behavior) -> Mapping[str, str]:
        """Do nothing."""
        return {}

    def operating_statuses(self, account: EmulatedAccount) -> TrafficStatuses:
        """Return no statuses."""
        return {}

    def endpoint(self, listener_id: str) -> Endpoint | None:
        """Return None."""
        return None

    def log_lines(self, load_balancer_id: str) -> Sequence[str]:
        """Return no lines."""
        return ()

    def reset(self) -> None:
        """Do nothing."""


class HaproxyDataPlane:
    """Data plane with one HAProxy for each load balancer, on 127.0.0.1. Each change waits for a reload, about 0.2 s."""

    def __init__(self, program: Path, folder: Path) -> None:
        """Store the paths, and start no process yet.

        Args:
            program: Path of HAProxy.
            folder: Empty folder of mode 0700, for files with private keys.
        """
        self._program = program
        self._folder = folder
        self._ports = Ports()
        self._haproxies: dict[str, Haproxy] = {}
        self._listener_ids: dict[str, frozenset[str]] = {}
        self._created = 0

    def apply(self, account: EmulatedAccount, load_balancer_id: str, behavior: Behavior) -> Mapping[str, str]:
        """Start, reload or stop the HAProxy of a load balancer; see `DataPlane.apply`."""
        balancer = account.load_balancers.get(load_balancer_id)
        if balancer is None:
            self._remove(load_balancer_id)
            return {}
        haproxy = self._haproxies.get(load_balancer_id) or self._create(load_balancer_id)
        listener_ids = frozenset(listener.id for listener in served_listeners(account.listeners_of(load_balancer_id)))
        ports = self._ports.keep(listener_ids)
        self._ports.release(self._listener_ids.get(load_balancer_id, frozenset()) - listener_ids)
        self._listener_ids[load_balancer_id] = listener_ids
        wanted = configuration(balancer, account, ports, behavior, haproxy.folder)
        haproxy.apply(wanted)
        return wanted.unserved

    def operating_statuses(self, account: EmulatedAccount) -> TrafficStatuses:
        """Return the statuses from the statistics of each HAProxy."""
        found: dict[str, OperatingStatus] = {}
        for load_balancer_id, haproxy in self._haproxies.items():
            balancer = account.load_balancers.get(load_balancer_id)
            if balancer is not None:
                found.update(statuses_of(balancer, account, haproxy.statistics()))
        return found

    def endpoint(self, listener_id: str) -> Endpoint | None:
        """Return the listener's port on 127.0.0.1."""
        port = self._ports.of(listener_id)
        return None if port is None else Endpoint(HOST, port)

    def log_lines(self, load_balancer_id: str) -> Sequence[str]:
        """Return HAProxy's log lines of the load balancer: one for each request, with the reason of a TLS failure."""
        haproxy = self._haproxies.get(load_balancer_id)
        return () if haproxy is None else haproxy.log_lines

    def reset(self) -> None:
        """End all processes and remove their files."""
        for load_balancer_id in list(self._haproxies):
            self._remove(load_balancer_id)

    def _create(self, load_balancer_id: str) -> Haproxy:
        self._created += 1
        folder = self._folder / str(self._created)
        folder.mkdir(mode=0o700)
        haproxy = self._haproxies[load_balancer_id] = Haproxy(self._program, folder)
        return haproxy

    def _remove(self, load_balancer_id: str) -> None:
        haproxy = self._haproxies.pop(load_balancer_id, None)
        if haproxy is not None:
            haproxy.stop()
            shutil.rmtree(haproxy.folder)
        self._ports.release(self._listener_ids.pop(load_balancer_id, frozenset()))


@contextmanager
def haproxy_data_plane() -> Iterator[HaproxyDataPlane]:
    """Yield a data plane of the machine's HAProxy; remove its processes and files at the end.

    Raises:
        HaproxyMissing: HAProxy is not installed.
        OSError: The private folder cannot be created.
    """
    program = find_haproxy()
    with private_folder() as folder:
        plane = HaproxyDataPlane(program, folder)
        try:
            yield plane
        finally:
            plane.reset()
