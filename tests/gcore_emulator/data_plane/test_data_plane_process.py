"""HAProxy process: start, reload and stop, also with a configuration that fails only when it is loaded."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gcore_emulator.data_plane.configuration import Configuration
from gcore_emulator.data_plane.private_folder import private_folder
from gcore_emulator.data_plane.process import Haproxy
from gcore_emulator.data_plane.program import ConfigurationRejected, find_haproxy
from tests.gcore_emulator.data_plane.clients import fetch


@pytest.fixture
def haproxy() -> Iterator[Haproxy]:
    with private_folder() as folder:
        found = Haproxy(find_haproxy(), folder)
        try:
            yield found
        finally:
            found.stop()


@pytest.fixture
def port() -> Iterator[int]:
    """Yield a port that stays free for HAProxy."""
    with closing(socket.socket()) as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@pytest.fixture
def port_in_use() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def configuration_with_status(folder: Path, status: int, *ports: int) -> Configuration:
    """Return a configuration that responds to every request with a status."""
    binds = "".join(f"    bind 127.0.0.1:{port}\n" for port in ports)
    text = (
        f"global\n    stats socket {folder}/s mode 0600 level user\n    no strict-limits\n"
        "defaults\n    mode http\n    timeout client 5s\n    timeout connect 5s\n    timeout server 5s\n"
        f"frontend f\n{binds}    http-request return status {status}\n"
    )
    return Configuration(text, {}, ("f",), {})


def test_port_in_use_fails_the_start_and_the_next_configuration_starts(
    haproxy: Haproxy, port_in_use: int, port: int
) -> None:
    with pytest.raises(ConfigurationRejected, match=str(port_in_use)):
        haproxy.apply(configuration_with_status(haproxy.folder, 200, port_in_use))
    assert haproxy.statistics() == ()
    haproxy.apply(configuration_with_status(haproxy.folder, 200, port))
    assert fetch(port, tls=False).status == 200


def test_port_in_use_fails_the_reload_and_keeps_the_previous_configuration(
    haproxy: Haproxy, port_in_use: int, port: int
) -> None:
    haproxy.apply(configuration_with_status(haproxy.folder, 200, port))
    with pytest.raises(ConfigurationRejected, match=str(port_in_use)):
        haproxy.apply(configuration_with_status(haproxy.folder, 403, port, port_in_use))
    assert fetch(port, tls=False).status == 200
    assert "403" not in (haproxy.folder / "c").read_text()
    haproxy.apply(configuration_with_status(haproxy.folder, 403, port))
    assert fetch(port, tls=False).status == 403


def test_each_of_several_reloads_takes_effect(haproxy: Haproxy, port: int) -> None:
    for status in (200, 403, 404, 200, 410):
        haproxy.apply(configuration_with_status(haproxy.folder, status, port))
        assert fetch(port, tls=False).status == status


def test_missing_folder_rejects_the_configuration(haproxy: Haproxy, port: int) -> None:
    haproxy._folder = haproxy.folder / "missing"
    with pytest.raises(ConfigurationRejected, match="configuration cannot be passed to HAProxy"):
        haproxy.apply(configuration_with_status(haproxy.folder, 200, port))


def test_configuration_without_listeners_stops_haproxy(haproxy: Haproxy, port: int) -> None:
    haproxy.apply(configuration_with_status(haproxy.folder, 200, port))
    haproxy.apply(Configuration("", {}, (), {}))
    with pytest.raises(ConnectionRefusedError):
        fetch(port, tls=False)
    haproxy.stop()
