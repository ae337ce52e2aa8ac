"""Take the README's pictures from real runs and write them to `docs/images`.

`eval "$(scripts/env)"; PYTHONPATH=scripts .venv/bin/python -m documentation.screenshots` needs Pulumi, HAProxy and
Chromium with its driver. Each picture has a light and a dark variant.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from bootstrap.places import ROOT
from bootstrap.system_packages import CHROMEDRIVER, CHROMIUM, ensure_program
from documentation.stack import Stack
from documentation.terminal import SCHEMES, Scheme, terminal_svg
from gcore_tls_provider.certificates import (
    DevelopmentCa,
    DevelopmentFiles,
    Identity,
    write_development_certificates,
)

FOLDER: Final = ROOT / "docs" / "images"
COMMAND: Final = "pulumi preview"

_API_KEY: Final = "emulator"
_BACKENDS: Final = ("127.0.0.11", "127.0.0.12")
_BACKEND_PORT: Final = 8443
_WAIT_SECONDS: Final = 60
_PAGE_WIDTH: Final = 1280


def rejected_preview(folder: Path) -> str:
    """Preview the repository's program with two broken certificates and return the colored diagnostics.

    The listener certificate has expired, and the backends' certificate lacks the name that clients use.

    Args:
        folder: An empty folder for the stack and its certificates.
    """
    files = write_development_certificates(folder / "certificates")
    expired = DevelopmentCa.create("Development Server CA").issue_server(
        ["app.example.com"], now=datetime.now(timezone.utc) - timedelta(days=370), valid_days=365
    )
    root = DevelopmentCa.create("Development Root CA")
    identities = {"server": expired, "backend": root.issue_server(["backend.internal"])}
    paths = {name: _write_identity(folder, name, identity) for name, identity in identities.items()}
    (folder / "ca.pem").write_text(root.certificate_pem)
    (folder / "crl.pem").write_text(root.issue_crl(next_update_days=365))
    stack = Stack(folder / "stack", {"GCORE_CLOUD_PROJECT_ID": "1", "GCORE_CLOUD_REGION_ID": "1"})
    stack.initialize(
        {
            **_configuration(files, ["10.0.0.11"]),
            "sniCertificates": {},
            "certificate": str(paths["server"][0]),
            "privateKey": str(paths["server"][1]),
            "ca": str(folder / "ca.pem"),
            "crl": str(folder / "crl.pem"),
            "backendCertificates": [str(paths["backend"][0])],
        },
        files.client_pkcs12_password,
    )
    return diagnostics(stack.run("preview", "--color", "always", check=False))


def diagnostics(output: str) -> str:
    """Return the part of a command's output from its diagnostics to its summary of resources."""
    lines = output.splitlines()
    begin = next(index for index, line in enumerate(lines) if "Diagnostics:" in line)
    end = next(index for index, line in enumerate(lines) if "Resources:" in line and index > begin)
    return "\n".join(lines[begin:end]).rstrip()


def write_preview() -> None:
    """Write the picture of the rejected preview."""
    with tempfile.TemporaryDirectory() as folder:
        output = rejected_preview(Path(folder))
    for scheme in SCHEMES:
        (FOLDER / f"preview-{scheme}.svg").write_text(terminal_svg(output, COMMAND, scheme))


def write_emulator_page() -> None:
    """Deploy the repository's program on the emulator, send requests, and write the picture of the emulator's page."""
    with tempfile.TemporaryDirectory() as name, emulator() as url:
        folder = Path(name)
        files = write_development_certificates(folder / "certificates")
        stack = Stack(
            folder / "stack",
            {
                "GCORE_API_KEY": _API_KEY,
                "GCORE_BASE_URL": url,
                "GCORE_CLOUD_PROJECT_ID": "1",
                "GCORE_CLOUD_REGION_ID": "1",
            },
        )
        stack.initialize(_configuration(files, list(_BACKENDS)), files.client_pkcs12_password)
        with backends(files):
            stack.run("up", "--yes")
            _wait_until(lambda: _are_members_online(url))
            for scheme in SCHEMES:
                _photograph(url, scheme, FOLDER / f"emulator-{scheme}.png")


@contextmanager
def emulator() -> Iterator[str]:
    """Run the emulator with its data plane and yield its URL."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "gcore_emulator", "--port", str(port), "--data-plane", "haproxy"]
    with _process(command):
        _wait_until(lambda: bool(_get(f"{url}/_emulator/state")))
        yield url


@contextmanager
def backends(files: DevelopmentFiles) -> Iterator[None]:
    """Run backends that require the load balancer's client certificate."""
    command = [sys.executable, "-c", _BACKEND_PROGRAM, str(files.backend), str(files.backend_key), str(files.ca)]
    with _process([*command, str(_BACKEND_PORT), *_BACKENDS]):
        yield


_BACKEND_PROGRAM: Final = """
import http.server, ssl, sys, threading
certificate, key, ca, port, *addresses = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
context.load_verify_locations(ca)
context.verify_mode = ssl.CERT_REQUIRED
for address in addresses:
    server = http.server.ThreadingHTTPServer((address, int(port)), http.server.SimpleHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever).start()
"""


def _configuration(files: DevelopmentFiles, members: list[str]) -> Mapping[str, object]:
    return {
        "certificate": str(files.server),
        "privateKey": str(files.server_key),
        "sniCertificates": {"shop": {"certificate": str(files.shop), "privateKey": str(files.shop_key)}},
        "clientCertificate": str(files.client_pkcs12),
        "ca": str(files.ca),
        "crl": str(files.crl),
        "members": members,
    }


def _write_identity(folder: Path, name: str, identity: Identity) -> tuple[Path, Path]:
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_text(identity.full_chain_pem)
    key.touch(mode=0o600)
    key.write_text(identity.private_key_pem)
    return certificate, key


def _are_members_online(url: str) -> bool:
    """Return whether a member is online and none is in ERROR."""
    state = _get(f"{url}/_emulator/view").decode()
    return "ONLINE" in state and "ERROR" not in state


def _photograph(url: str, scheme: Scheme, path: Path) -> None:
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = str(ensure_program(CHROMIUM))
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--no-proxy-server",
    ):
        options.add_argument(argument)
    browser = Chrome(options=options, service=Service(str(ensure_program(CHROMEDRIVER))))
    try:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        _resize(browser, 900)
        browser.get(url)
        _wait_until(lambda: "online" in browser.execute_script("return document.body.innerText").lower())
        _resize(browser, int(browser.execute_script(_HEIGHT)))
        browser.save_screenshot(str(path))
    finally:
        browser.quit()


_HEIGHT: Final = "return document.querySelector('#balancers').getBoundingClientRect().bottom + 24"
"""Height of the page down to the end of the load balancers; tasks and requests are left out."""


def _resize(browser: Any, height: int) -> None:
    metrics = {"width": _PAGE_WIDTH, "height": height, "deviceScaleFactor": 1.25, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@contextmanager
def _process(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _get(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return bytes(response.read())
    except OSError:
        return b""


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("The page is not what the picture is to show.")
        time.sleep(0.2)


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    write_preview()
    write_emulator_page()
    print(json.dumps({path.name: path.stat().st_size for path in sorted(FOLDER.iterdir())}, indent=2))


if __name__ == "__main__":
    main()
