"""Private keys, passwords and the API key are not in the output, the emulator's log or the plaintext of the state."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.conftest import PROJECT, REGION
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

API_KEY = "1_canaryApiKey7d1f40c2"
PASSPHRASE = "canary-passphrase-5f7e"
RAW_PAYLOAD = "canary-raw-payload-93ab"

PROGRAM = """\
import pulumi
import gcore_tls_provider as gcore
from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider import from_file

config = pulumi.Config()
web = MTLSLoadBalancer(
    "web",
    listener_certificate={
        "certificate": from_file("server.pem"),
        "private_key": from_file("server.key"),
        "private_key_passphrase": config.require_secret("passphrase"),
    },
    client_certificate={
        "pkcs12": from_file("client.p12"),
        "pkcs12_password": config.require_secret("password"),
    },
    ca=from_file("ca.pem"),
    members=[{"address": "10.0.0.11", "protocol_port": 8443}],
)
gcore.Secret("raw", payload=config.require_secret("payload"))
pulumi.export("web", web.certificates)
"""


@dataclass(frozen=True)
class EmulatorProcess:
    """Emulator process."""

    url: str
    log: Path
    dialect: str


@pytest.fixture(params=["guide", "openapi"])
def process(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmulatorProcess]:
    log = tmp_path / "emulator.log"
    command = [sys.executable, "-m", "gcore_emulator", "--port", "0", "--api-key", API_KEY]
    command += ["--dialect", request.param, "--project", str(PROJECT), "--region", str(REGION)]
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=output)
    assert child.stdout is not None
    try:
        announced = child.stdout.readline().decode()
        found = re.search(r"http://127\.0\.0\.1:\d+", announced)
        assert found, announced
        yield EmulatorProcess(found[0], log, request.param)
    finally:
        child.terminate()
        child.wait(10)
        child.stdout.close()


def _needles(key: EllipticCurvePrivateKey) -> list[str]:
    """Return the possible encodings of the private number, with base64 at each of its three alignments."""
    number = key.private_numbers().private_value
    data = number.to_bytes(32, "big")
    encoded = [b64encode(b"\0" * shift + data).decode()[4:-4] for shift in range(3)]
    return [data.hex(), data.hex().upper(), str(number), *encoded]


def test_no_secret_is_in_the_output_the_log_or_the_state(
    process: EmulatorProcess, tmp_path: Path, files: DevelopmentFiles
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: canary\nruntime: python\n")
    (source / "__main__.py").write_text(PROGRAM)
    server_key = load_pem_private_key(files.server_key.read_bytes(), None)
    client_key = load_pem_private_key(files.client_key.read_bytes(), None)
    assert isinstance(server_key, EllipticCurvePrivateKey)
    assert isinstance(client_key, EllipticCurvePrivateKey)
    encryption = BestAvailableEncryption(PASSPHRASE.encode())
    (source / "server.key").write_bytes(server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    for name, path in (("server.pem", files.server), ("client.p12", files.client_pkcs12), ("ca.pem", files.ca)):
        (source / name).write_bytes(path.read_bytes())

    # The API key is in the stack's configuration, which the engine saves with the stack.
    stack = Stack.of(source, tmp_path / "stack", {"GCORE_BASE_URL": process.url})
    stack.configure({"gcore:projectId": PROJECT, "gcore:regionId": REGION})
    payload = b64encode(RAW_PAYLOAD.encode()).decode()
    secrets = {"passphrase": PASSPHRASE, "password": files.client_pkcs12_password, "payload": payload}
    for key, value in {"gcore:apiKey": API_KEY, **secrets}.items():
        stack.configure_secret(key, value)

    printed: list[str] = []
    states: list[str] = []

    def run(command: str, *arguments: str, fails: bool = False) -> None:
        done = stack.run(command, "--non-interactive", *arguments)
        _ = done.expect_failure() if fails else done.expect_success()
        printed.append(done.output)
        states.append(stack.state_text())

    def fault(route: str, nth: int, action: str, **rest: object) -> None:
        fault_rule = {"method": "POST", "route": route, "nth": nth, "action": action, **rest}
        httpx.post(f"{process.url}/_emulator/faults", json=[fault_rule]).raise_for_status()

    # The worst case is a response that repeats the request body.
    echo = {"exception_class": "ValidationError", "message": f"payload is {payload} {files.server_key.read_text()}"}
    fault("/cloud/v1/secrets/{project_id}/{region_id}", 1, "respond", status=400, body=echo)
    run("preview", "--diff")
    run("up", "--yes", "--skip-preview", fails=True)
    run("up", "--yes", "--diff")
    run("preview", "--diff")
    run("refresh", "--yes")
    # In the other dialect, the first request is rejected and starts no task that could fail.
    fault("/cloud/v2/secrets/{project_id}/{region_id}", 1 if process.dialect == "guide" else 2, "fail_task")
    (source_key := stack.program / "server.key").write_text(files.shop_key.read_text())
    (stack.program / "server.pem").write_text(files.shop.read_text())
    program = stack.program / "__main__.py"
    program.write_text(re.sub(r".*private_key_passphrase.*\n", "", program.read_text()))
    run("preview", "--diff")
    run("up", "--yes", "--diff", fails=True)
    run("up", "--yes")
    printed.append(stack.run("stack", "output", "--json").output)
    printed.append(stack.run("stack", "export").output)
    source_key.write_text("-----BEGIN PRIVATE KEY-----\n" + "A" * 64)
    run("preview", "--diff", fails=True)
    source_key.write_text(files.shop_key.read_text())
    run("destroy", "--yes")

    exposed = httpx.get(f"{process.url}/_emulator/state").text + httpx.get(f"{process.url}/_emulator/requests").text
    log = process.log.read_text()
    assert "POST /cloud/v2/secrets" in log
    shop_key = load_pem_private_key(files.shop_key.read_bytes(), None)
    assert isinstance(shop_key, EllipticCurvePrivateKey)
    needles = [API_KEY, PASSPHRASE, RAW_PAYLOAD, payload, files.client_pkcs12_password]
    for each in (server_key, client_key, shop_key):
        needles += _needles(each)
    for place, text in {
        "terminal": "\n".join(printed),
        "state": "\n".join(states),
        "log": log,
        "emulator's state": exposed,
    }.items():
        assert text
        for needle in needles:
            assert needle not in text, f"{needle[:8]}... is in the {place}"
