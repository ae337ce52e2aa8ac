"""`gcore-emulator --data-plane haproxy`: start, traffic, and removal of its processes and files."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from gcore_emulator.command import cli
from gcore_emulator.data_plane import HaproxyMissing, haproxy_data_plane, program
from gcore_emulator.data_plane.private_folder import SOCKET_PATH_LIMIT, private_folder
from tests.gcore_emulator.data_plane.clients import fetch
from tests.gcore_emulator.data_plane.waiting import until
from tests.gcore_emulator.emulated_api import Api, blob
from tests.gcore_emulator.test_emulator_command import running
from tests.material import LoadBalancerPki


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_every_signal_removes_processes_and_keys(
    number: signal.Signals, tmp_path: Path, material: LoadBalancerPki
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        log = tmp_path / "log"
        with (
            running(log, "--data-plane", "haproxy", "--task-seconds", "0", TMPDIR=folder) as (url, process),
            httpx.Client(base_url=url, headers={"Authorization": "apikey emulator"}, timeout=30) as client,
        ):
            created = client.post("/cloud/v1/secrets/1/1", json=blob("web", material.server_payload)).json()
            task = client.get(f"/cloud/v1/tasks/{created['tasks'][0]}").json()
            listener = {
                "name": "https",
                "protocol": "TERMINATED_HTTPS",
                "protocol_port": 443,
                "secret_id": task["created_resources"]["secrets"][0],
            }
            client.post("/cloud/v1/loadbalancers/1/1", json={"name": "web", "listeners": [listener]})
            (state,) = client.get("/_emulator/state").json()["listeners"].values()
            assert state["data_plane"]["host"] == "127.0.0.1"
            port = state["data_plane"]["port"]
            assert fetch(port).status == 503
            (private,) = Path(folder).iterdir()
            assert private.stat().st_mode & 0o777 == 0o700
            assert any("PRIVATE KEY" in path.read_text() for path in private.glob("*/*.pem"))
            process.send_signal(number)
            process.wait(20)
            assert list(Path(folder).iterdir()) == []
            until(lambda: _listens(port), lambda listens: not listens)
        text = log.read_text()
        assert "Traceback" not in text
        assert '"GET / HTTP/1.1"' in text, "the log contains HAProxy's line of the request"
        assert "PRIVATE" not in text


def test_files_of_a_killed_emulator_are_removed_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        with (
            running(tmp_path / "log", "--data-plane", "haproxy", "--task-seconds", "0", TMPDIR=folder) as (
                url,
                process,
            ),
            httpx.Client(base_url=url, headers={"Authorization": "apikey emulator"}, timeout=30) as client,
        ):
            listener = {"name": "http", "protocol": "HTTP", "protocol_port": 80}
            client.post("/cloud/v1/loadbalancers/1/1", json={"name": "web", "listeners": [listener]})
            (state,) = client.get("/_emulator/state").json()["listeners"].values()
            port = state["data_plane"]["port"]
            (orphan,) = Path(folder).iterdir()
            process.kill()
            process.wait(20)
        until(lambda: _listens(port), lambda listens: not listens)
        assert orphan.exists()
        monkeypatch.setattr(tempfile, "tempdir", folder)
        with private_folder() as first:
            assert list(Path(folder).iterdir()) == [first]
            with private_folder() as second:
                assert first.exists(), "a folder in use is not removed"
                assert set(Path(folder).iterdir()) == {first, second}
        assert list(Path(folder).iterdir()) == []


def test_missing_haproxy_is_reported_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(program, "_SYSTEM_FOLDERS", ())
    ended = CliRunner().invoke(cli, ["--data-plane", "haproxy", "--port", "0"])
    assert ended.exit_code == 2
    assert "apt-get install haproxy" in " ".join(ended.stderr.replace("│", " ").split())
    with pytest.raises(HaproxyMissing), haproxy_data_plane():
        pass


def test_socket_paths_stay_short_if_the_temporary_folder_is_deep(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deep = tmp_path / ("deep" * 20)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with haproxy_data_plane() as plane:
        longest = plane._folder / "000000" / "m"
        assert len(os.fsencode(longest)) <= SOCKET_PATH_LIMIT
        assert plane._folder.exists()
    assert not plane._folder.exists()


def test_listener_has_no_endpoint_without_a_data_plane(api: Api) -> None:
    listener = api.listener(api.load_balancer())
    assert api.state()["listeners"][listener]["data_plane"] is None


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
