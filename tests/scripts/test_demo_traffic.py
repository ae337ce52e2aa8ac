"""The demo's requests, through a real load balancer to each program that its backends may be."""

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
from demonstration.traffic import REFUSALS, Traffic
from gcore_emulator.data_plane import haproxy_data_plane
from tests.engine.conftest import API_KEY
from tests.engine.foreign import Portal

ACCEPTED = re.compile(
    r"^ +(app|shop)\.example\.com +200 +CN=\1\.example\.com +backend-[12] +CN=load-balancer$", re.MULTILINE
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The demo's certificates."""
    folder = tmp_path_factory.mktemp("demo") / "certificates"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(certificates, "ROOT", folder.parent)
        ensure_certificates(folder)
    yield folder


@pytest.fixture
def servers(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backends]:
    """Backends of this test alone, gone at its end."""
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
    """What the backends are."""
    if request.param == "nginx":
        assert find_program(NGINX), "There is no nginx. Install it: `scripts/test` does so where it may."
    else:
        monkeypatch.setattr(backends, "NGINX", Program(("no-such-program",), "none", "none"))
    return str(request.param)


@pytest.fixture
def way(files: Path, servers: Backends) -> Iterator[Traffic]:
    """A way through a load balancer that was deployed like the demo's."""
    with haproxy_data_plane() as plane:
        settings = emulation.Settings(
            api_key=API_KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION}),
            task_seconds=emulation.TaskSeconds(0),
        )
        with emulation.serving(emulation.Emulator(settings, data_plane=plane)) as url:
            portal = Portal(url, region=REGION)
            shown = [portal.identity(each, files / f"{each}.pem", files / f"{each}.key") for each in ("server", "shop")]
            pool = {
                "name": "backends",
                "protocol": "HTTPS",
                "lb_algorithm": "ROUND_ROBIN",
                "secret_id": portal.identity("client", files / "client.pem", files / "client.key"),
                "ca_secret_id": portal.secret("ca", (files / "ca.pem").read_bytes()),
                "crl_secret_id": portal.secret("crl", (files / "crl.pem").read_bytes()),
                "members": [{"address": each, "protocol_port": PORT} for each in backends.ADDRESSES[:2]],
                "healthmonitor": {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3},
            }
            listener = {
                "name": "https",
                "protocol": "TERMINATED_HTTPS",
                "protocol_port": 443,
                "secret_id": shown[0],
                "sni_secret_id": shown[1:],
                "pools": [pool],
            }
            servers.ensure(BackendKind.good)
            made = portal.made("loadbalancers", {"name": "web", "flavor": "lb1-1-2", "listeners": [listener]})
            outputs = Outputs(
                vip_address="",
                load_balancer_id=made["loadbalancers"][0],
                listener_id=made["listeners"][0],
                pool_id=made["pools"][0],
                certificates={},
            )
            here = EmulatorProcess(pid=os.getpid(), port=int(url.rpartition(":")[2]), carries=True)
            yield Traffic(Emulator(here, SecretStr(API_KEY)), outputs, servers, files / "ca.pem")


def test_good_requests_go_through_and_bad_ones_are_refused_for_their_reason(
    program: str, way: Traffic, capsys: pytest.CaptureFixture[str]
) -> None:
    way.show()
    shown = capsys.readouterr().out
    assert f"the backends are {program} " in shown
    assert ACCEPTED.findall(shown) == ["app", "shop"]
    for kind, refusal in REFUSALS.items():
        statuses, reasons = "|".join(map(str, refusal.statuses)), "|".join(refusal.reasons)
        assert re.search(rf"^ +{refusal.what} +({statuses}) +{refusal.by} +({reasons})$", shown, re.MULTILINE), kind
    left = backends.recall()
    assert left is not None
    assert (left.kind, left.program) == (BackendKind.good, program)


def test_what_is_let_through_though_it_is_bad_is_an_error(
    way: Traffic, servers: Backends, capsys: pytest.CaptureFixture[str]
) -> None:
    good = servers.files[BackendKind.good]
    lenient = Traffic(way.emulator, way.outputs, Backends({**servers.files, BackendKind.revoked: good}), way.ca)
    with pytest.raises(ScriptError, match=r"certificate is revoked was answered with 200 in place of 503"):
        lenient.show()
    left = backends.recall()
    assert left is not None
    assert left.kind is BackendKind.good


def test_a_good_request_that_fails_is_an_error(way: Traffic, servers: Backends) -> None:
    stranger = servers.files[BackendKind.of_other_ca]
    strange = Traffic(way.emulator, way.outputs, Backends({**servers.files, BackendKind.good: stranger}), way.ca)
    backends.stop()
    with pytest.raises(ScriptError, match=r"app\.example\.com was answered with 503 in place of 200"):
        strange.show()


def test_members_of_ones_own_are_let_alone(
    way: Traffic, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(traffic, "ADDRESSES", ("192.0.2.1",))
    way.show()
    assert "is a member: no traffic" in capsys.readouterr().out


def test_backends_are_found_again_changed_and_ended(servers: Backends) -> None:
    first = servers.ensure(BackendKind.good)
    assert servers.ensure(BackendKind.good) == first
    assert _common_name_shown() == "app.example.com"
    other = servers.ensure(BackendKind.expired)
    assert other.pid != first.pid
    assert not backends.belongs_to_clone(first.pid)
    backends.stop()
    assert not backends.belongs_to_clone(other.pid)
    backends.stop()


def test_an_address_that_is_taken_is_named(servers: Backends) -> None:
    with socket.create_server((backends.ADDRESSES[1], PORT)), pytest.raises(ScriptError, match=backends.ADDRESSES[1]):
        servers.ensure(BackendKind.good)


def test_without_haproxy_the_demo_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(program: Program) -> Path:
        raise ScriptError(f"{program.names[0]} is missing. Type `sudo apt-get install {program.package}`.")

    monkeypatch.setattr(traffic, "ensure_program", missing)
    assert traffic.missing_for_traffic() == "haproxy is missing. Type `sudo apt-get install haproxy`."
    assert "going on without" in capsys.readouterr().out


def test_keys_are_for_their_owner_alone(files: Path) -> None:
    assert files.stat().st_mode & 0o777 == 0o700
    keys = [path for path in files.iterdir() if "PRIVATE KEY" in path.read_text(errors="replace")]
    assert len(keys) == 7
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}


def _common_name_shown() -> str:
    text = ssl.get_server_certificate((backends.ADDRESSES[0], PORT))
    return x509.load_pem_x509_certificate(text.encode()).subject.rfc4514_string().removeprefix("CN=")
