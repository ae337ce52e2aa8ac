"""Requests of the demo through HAProxy, with both programs for its backends."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from pydantic import SecretStr

import gcore_emulator as emulation
from bootstrap.reporting import ScriptError
from bootstrap.system_packages import NGINX, Program, find_program
from demonstration import backends, certificates, traffic
from demonstration.backends import PORT, Backends
from demonstration.certificates import BackendKind, backend_files, ensure_certificates
from demonstration.emulator import PROJECT, REGION, Emulator, EmulatorProcess
from demonstration.stack import Outputs
from demonstration.traffic import REJECTIONS, Traffic
from gcore_emulator.data_plane import haproxy_data_plane
from tests.engine.conftest import API_KEY
from tests.engine.other_tool import OtherTool

ACCEPTED = re.compile(
    r"^ +(app|shop)\.example\.com +200 +CN=\1\.example\.com +backend-[12] +CN=load-balancer$", re.MULTILINE
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the folder of the demo's certificates."""
    folder = tmp_path_factory.mktemp("demo") / "certificates"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(certificates, "ROOT", folder.parent)
        ensure_certificates(folder)
    yield folder


@pytest.fixture
def servers(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backends]:
    """Yield backends for one test, and stop them at its end."""
    folder = tmp_path / "backends of a demo"
    addresses = backends.addresses_of(tmp_path)
    monkeypatch.setattr(backends, "ADDRESSES", addresses)
    monkeypatch.setattr(traffic, "ADDRESSES", addresses)
    monkeypatch.setattr(backends, "_FOLDER", folder)
    monkeypatch.setattr(backends, "_PROCESS_FILE", folder / "process.json")
    monkeypatch.setattr(backends, "_LOG_FILE", folder / "log")
    yield Backends(backend_files(files))
    backends.stop()


@pytest.fixture(params=["nginx", "Python"])
def program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the program of the backends."""
    if request.param == "nginx":
        assert find_program(NGINX), "nginx is missing. Run `scripts/test`, which installs it."
    else:
        monkeypatch.setattr(backends, "NGINX", Program(("no-such-program",), "none", "none"))
    return str(request.param)


@pytest.fixture
def requests(files: Path, servers: Backends) -> Iterator[Traffic]:
    """Yield the requests through a load balancer that is deployed like the demo's."""
    with haproxy_data_plane() as plane:
        settings = emulation.Settings(
            api_key=API_KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION}),
            task_seconds=emulation.TaskSeconds(0),
        )
        with emulation.serving(emulation.Emulator(settings, data_plane=plane)) as url:
            other_tool = OtherTool(url, region=REGION)
            server_certificates = [
                other_tool.create_identity(name, files / f"{name}.pem", files / f"{name}.key")
                for name in ("server", "shop")
            ]
            pool = {
                "name": "backends",
                "protocol": "HTTPS",
                "lb_algorithm": "ROUND_ROBIN",
                "secret_id": other_tool.create_identity("client", files / "client.pem", files / "client.key"),
                "ca_secret_id": other_tool.create_secret("ca", (files / "ca.pem").read_bytes()),
                "crl_secret_id": other_tool.create_secret("crl", (files / "crl.pem").read_bytes()),
                "members": [{"address": each, "protocol_port": PORT} for each in backends.ADDRESSES[:2]],
                "healthmonitor": {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3},
            }
            listener = {
                "name": "https",
                "protocol": "TERMINATED_HTTPS",
                "protocol_port": 443,
                "secret_id": server_certificates[0],
                "sni_secret_id": server_certificates[1:],
                "pools": [pool],
            }
            servers.ensure(BackendKind.good)
            created = other_tool.create("loadbalancers", {"name": "web", "flavor": "lb1-1-2", "listeners": [listener]})
            outputs = Outputs(
                vip_address="",
                load_balancer_id=created["loadbalancers"][0],
                listener_id=created["listeners"][0],
                pool_id=created["pools"][0],
                certificates={},
            )
            process = EmulatorProcess(pid=os.getpid(), port=int(url.rpartition(":")[2]), has_data_plane=True)
            yield Traffic(Emulator(process, SecretStr(API_KEY)), outputs, servers, files / "ca.pem")


def test_correct_backends_respond_and_defective_ones_are_rejected_for_their_defect(
    program: str, requests: Traffic, capsys: pytest.CaptureFixture[str]
) -> None:
    requests.show()
    output = capsys.readouterr().out
    assert f"backends: {program} on port 8443" in output
    assert ACCEPTED.findall(output) == ["app", "shop"]
    for kind, rejection in REJECTIONS.items():
        statuses, reasons = "|".join(map(str, rejection.statuses)), "|".join(rejection.reasons)
        assert re.search(rf"^ +{rejection.defect} +({statuses}) +{rejection.by} +({reasons})$", output, re.MULTILINE), (
            kind
        )
    last = backends.last_process()
    assert last is not None
    assert (last.kind, last.program) == (BackendKind.good, program)


def test_a_200_response_from_a_revoked_backend_is_an_error(
    requests: Traffic, servers: Backends, capsys: pytest.CaptureFixture[str]
) -> None:
    good = servers.files[BackendKind.good]
    lenient = Traffic(
        requests.emulator, requests.outputs, Backends({**servers.files, BackendKind.revoked: good}), requests.ca
    )
    with pytest.raises(ScriptError, match=r"certificate is revoked has the status 200 instead of 503"):
        lenient.show()
    last = backends.last_process()
    assert last is not None
    assert last.kind is BackendKind.good


def test_a_503_response_with_correct_backends_is_an_error(requests: Traffic, servers: Backends) -> None:
    other_ca = servers.files[BackendKind.of_other_ca]
    rejected = Traffic(
        requests.emulator, requests.outputs, Backends({**servers.files, BackendKind.good: other_ca}), requests.ca
    )
    backends.stop()
    with pytest.raises(ScriptError, match=r"app\.example\.com has the status 503 instead of 200"):
        rejected.show()


def test_no_request_is_sent_to_the_user_s_own_members(
    requests: Traffic, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(traffic, "ADDRESSES", ("192.0.2.1",))
    requests.show()
    assert "is a member: no requests" in capsys.readouterr().out


def test_running_backends_are_reused_replaced_by_another_kind_and_stopped(servers: Backends) -> None:
    first = servers.ensure(BackendKind.good)
    assert servers.ensure(BackendKind.good) == first
    assert _served_common_name() == "app.example.com"
    other = servers.ensure(BackendKind.expired)
    assert other.pid != first.pid
    assert not backends.belongs_to_clone(first.pid)
    backends.stop()
    assert not backends.belongs_to_clone(other.pid)
    backends.stop()


def test_an_occupied_backend_address_is_reported(servers: Backends) -> None:
    with socket.create_server((backends.ADDRESSES[1], PORT)), pytest.raises(ScriptError, match=backends.ADDRESSES[1]):
        servers.ensure(BackendKind.good)


def test_the_demo_without_haproxy_prints_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(program: Program) -> Path:
        raise ScriptError(f"{program.names[0]} is missing. Run `sudo apt-get install {program.package}`.")

    monkeypatch.setattr(traffic, "ensure_program", missing)
    assert traffic.prepare_traffic() == "haproxy is missing. Run `sudo apt-get install haproxy`."
    assert "continuing: the demo creates the load balancer" in capsys.readouterr().out


def test_only_the_owner_can_read_private_keys(files: Path) -> None:
    assert files.stat().st_mode & 0o777 == 0o700
    keys = [path for path in files.iterdir() if "PRIVATE KEY" in path.read_text(errors="replace")]
    assert len(keys) == 7
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}


def _served_common_name() -> str:
    text = ssl.get_server_certificate((backends.ADDRESSES[0], PORT))
    return x509.load_pem_x509_certificate(text.encode()).subject.rfc4514_string().removeprefix("CN=")
