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
from gcore_emulator.data_plane.configuration import HOST, carried, configuration
from gcore_emulator.data_plane.health import statuses_of
from gcore_emulator.data_plane.ports import Ports
from gcore_emulator.data_plane.private_folder import private_folder
from gcore_emulator.data_plane.process import Haproxy
from gcore_emulator.data_plane.program import find_haproxy
from gcore_tls_provider.api.wire.enums import OperatingStatus

Seen: TypeAlias = "Mapping[str, OperatingStatus]"
"""Operating statuses that traffic shows, by the object's id. What isn't in it carries no traffic here."""


@dataclass(frozen=True)
class Endpoint:
    """Address at which clients on this machine reach a listener."""

    host: str
    port: int


class DataPlane(Protocol):
    """Carries the traffic of load balancers."""

    def apply(self, account: EmulatedAccount, load_balancer_id: str, behavior: Behavior) -> Mapping[str, str]:
        """Apply the account's state to the traffic of a load balancer, or end the traffic if the load balancer is gone.

        Returns the listeners that can't be carried because of a secret, each with the reason.

        Raises:
            ConfigurationRefused: it can't go so. What went before goes on.
        """
        ...

    def seen(self, account: EmulatedAccount) -> Seen:
        """Operating statuses as traffic and health checks show them now."""
        ...

    def endpoint(self, listener_id: str) -> Endpoint | None:
        """Return the address of a listener; None if it has no data plane."""
        ...

    def lines(self, load_balancer_id: str) -> Sequence[str]:
        """Return the log of a load balancer's traffic, oldest line first."""
        ...

    def reset(self) -> None:
        """End all traffic."""
        ...


class NoDataPlane:
    """Carries nothing: everything that is up is taken for working."""

    def apply(self, account: EmulatedAccount, load_balancer_id: str, behavior: Behavior) -> Mapping[str, str]:
        """Do nothing."""
        return {}

    def seen(self, account: EmulatedAccount) -> Seen:
        """Nothing."""
        return {}

    def endpoint(self, listener_id: str) -> Endpoint | None:
        """None."""
        return None

    def lines(self, load_balancer_id: str) -> Sequence[str]:
        """Nothing."""
        return ()

    def reset(self) -> None:
        """Do nothing."""


class HaproxyDataPlane:
    """One HAProxy for each load balancer, on 127.0.0.1. Changes wait until the reload is done, about 0.2 s."""

    def __init__(self, program: Path, folder: Path) -> None:
        """Start nothing.

        Args:
            program: HAProxy.
            folder: an empty folder of mode 0700, which holds private keys from now on.
        """
        self._program = program
        self._folder = folder
        self._ports = Ports()
        self._haproxies: dict[str, Haproxy] = {}
        self._listener_ids: dict[str, frozenset[str]] = {}
        self._made = 0

    def apply(self, account: EmulatedAccount, load_balancer_id: str, behavior: Behavior) -> Mapping[str, str]:
        """Start, reload or stop the HAProxy of a load balancer; see `DataPlane.apply`."""
        balancer = account.load_balancers.get(load_balancer_id)
        if balancer is None:
            self._remove(load_balancer_id)
            return {}
        haproxy = self._haproxies.get(load_balancer_id) or self._make(load_balancer_id)
        listener_ids = frozenset(listener.id for listener in carried(account.listeners_of(load_balancer_id)))
        ports = self._ports.keep(listener_ids)
        self._ports.release(self._listener_ids.get(load_balancer_id, frozenset()) - listener_ids)
        self._listener_ids[load_balancer_id] = listener_ids
        wanted = configuration(balancer, account, ports, behavior, haproxy.folder)
        haproxy.apply(wanted)
        return wanted.left_out

    def seen(self, account: EmulatedAccount) -> Seen:
        """Asks each HAProxy."""
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

    def lines(self, load_balancer_id: str) -> Sequence[str]:
        """Return the HAProxy log of the load balancer: one line per request, and the reason of each TLS failure."""
        haproxy = self._haproxies.get(load_balancer_id)
        return () if haproxy is None else haproxy.lines

    def reset(self) -> None:
        """End all processes and remove their files."""
        for load_balancer_id in list(self._haproxies):
            self._remove(load_balancer_id)

    def _make(self, load_balancer_id: str) -> Haproxy:
        self._made += 1
        folder = self._folder / str(self._made)
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
        HaproxyMissing: HAProxy isn't installed.
        OSError: there is no folder for it.
    """
    program = find_haproxy()
    with private_folder() as folder:
        plane = HaproxyDataPlane(program, folder)
        try:
            yield plane
        finally:
            plane.reset()
