"""One HAProxy: what it does with configurations that only show at the reload that they can't be used."""

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
from tests.gcore_emulator.data_plane.clients import ask


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
    """A port that stays free for HAProxy."""
    with closing(socket.socket()) as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def answering(folder: Path, status: int, *ports: int) -> Configuration:
    """A configuration that answers every request with a status."""
    binds = "".join(f"    bind 127.0.0.1:{port}\n" for port in ports)
    text = (
        f"global\n    stats socket {folder}/s mode 0600 level user\n    no strict-limits\n"
        "defaults\n    mode http\n    timeout client 5s\n    timeout connect 5s\n    timeout server 5s\n"
        f"frontend f\n{binds}    http-request return status {status}\n"
    )
    return Configuration(text, {}, ("f",), {})


def test_a_port_that_is_taken_shows_at_the_start(haproxy: Haproxy, taken: int, port: int) -> None:
    with pytest.raises(ConfigurationRejected, match=str(taken)):
        haproxy.apply(answering(haproxy.folder, 200, taken))
    assert haproxy.statistics() == ()
    haproxy.apply(answering(haproxy.folder, 200, port))
    assert ask(port, tls=False).status == 200


def test_a_port_that_is_taken_shows_at_the_reload_and_the_next_one_recovers(
    haproxy: Haproxy, taken: int, port: int
) -> None:
    haproxy.apply(answering(haproxy.folder, 200, port))
    with pytest.raises(ConfigurationRejected, match=str(taken)):
        haproxy.apply(answering(haproxy.folder, 403, port, taken))
    assert ask(port, tls=False).status == 200
    assert "403" not in (haproxy.folder / "c").read_text()
    haproxy.apply(answering(haproxy.folder, 403, port))
    assert ask(port, tls=False).status == 403


def test_reloads_in_a_row_each_hold(haproxy: Haproxy, port: int) -> None:
    for status in (200, 403, 404, 200, 410):
        haproxy.apply(answering(haproxy.folder, status, port))
        assert ask(port, tls=False).status == status


def test_a_folder_that_is_gone_is_a_refusal(haproxy: Haproxy, port: int) -> None:
    haproxy._folder = haproxy.folder / "gone"
    with pytest.raises(ConfigurationRejected, match="configuration cannot be passed to HAProxy"):
        haproxy.apply(answering(haproxy.folder, 200, port))


def test_nothing_to_carry_ends_it(haproxy: Haproxy, port: int) -> None:
    haproxy.apply(answering(haproxy.folder, 200, port))
    haproxy.apply(Configuration("", {}, (), {}))
    with pytest.raises(ConnectionRefusedError):
        ask(port, tls=False)
    haproxy.stop()
