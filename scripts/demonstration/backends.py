"""The demo's backends: servers on addresses of this machine that speak TLS and demand a client certificate.

The program is nginx if it is installed, otherwise Python. The demo does not install nginx: Debian's package serves on
port 80 of all addresses right after its installation. Each kind of backend is a separate process, one at a time.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from bootstrap.places import DEMO, PYTHON, ROOT
from bootstrap.reporting import ScriptError
from bootstrap.system_packages import NGINX, find_program
from demonstration import background
from demonstration.background import command_line, last_lines, wait_until
from demonstration.certificates import BackendFiles, BackendKind

PORT = 8443
"""Port of the backends, as in the project at the repository's root."""

START_SECONDS = 20
FREE_SECONDS = 2

_FOLDER = DEMO / "backends"
_PROCESS_FILE = _FOLDER / "process.json"
_LOG_FILE = _FOLDER / "log"

_ALERT = re.compile(r"alert ([a-z ]+?)(?::| \()")
_VERIFY_ERROR = re.compile(r"verify (?:error: \(\d+:|failed: )([^()]+?)(?:\)| \()")


def addresses_of(root: Path) -> tuple[str, ...]:
    """Return three loopback addresses, different for each clone, so that the demos of two clones do not collide.

    Linux has all of 127.0.0.0/8. Other systems can have only 127.0.0.1.
    """
    digest = hashlib.sha256(os.fsencode(root)).digest()
    return tuple(f"127.{1 + digest[0] % 254}.{digest[1]}.{last}" for last in (11, 12, 13))


ADDRESSES = addresses_of(ROOT)
"""Addresses of the backends. The third is not a member at first: the user can add it."""


class BackendsProcess(BaseModel, frozen=True):
    """Record of started backends: process ID, kind and program."""

    pid: int
    kind: BackendKind
    program: str


class Settings(BaseModel, frozen=True):
    """Settings of the backends in Python.

    Attributes:
        names: Names of the backends by address.
        port: Port of the backends.
        certificate: Server certificate, PEM.
        private_key: Private key of the certificate, PEM.
        client_ca: CA of the accepted client certificates, PEM.
    """

    names: Mapping[str, str]
    port: int
    certificate: Path
    private_key: Path
    client_ca: Path


class BackendResponse(BaseModel):
    """Response of a backend: its name, and the subject of the client certificate in RFC 4514's form."""

    backend: str
    client: str


@dataclass(frozen=True)
class Backends:
    """Backends of the demo.

    Attributes:
        files: Server certificate and accepted client CA of each kind.
    """

    files: Mapping[BackendKind, BackendFiles]

    def ensure(self, kind: BackendKind) -> BackendsProcess:
        """Return the running backends of a kind. Stop other backends and start these first if necessary.

        Raises:
            ScriptError: They do not start.
        """
        remembered = last_process()
        if remembered is not None and remembered.kind is kind and belongs_to_clone(remembered.pid):
            return remembered
        stop()
        _FOLDER.mkdir(mode=0o700, exist_ok=True)
        # The kernel frees the ports of a process a moment after its command line disappears.
        if not wait_until(lambda: not any(map(_listens, ADDRESSES)), seconds=FREE_SECONDS):
            taken = next(address for address in ADDRESSES if _listens(address))
            raise ScriptError(
                f"another program listens on {taken}:{PORT}, the address of a demo backend. "
                f"Find it with `ss -ltnp 'sport = :{PORT}'`, stop it, and run this again."
            )
        nginx = find_program(NGINX)
        command = _python(self.files[kind]) if nginx is None else _nginx(nginx, self.files[kind])
        child = background.start(command, folder=ROOT / "scripts", log=_LOG_FILE)
        started = BackendsProcess(pid=child.pid, kind=kind, program="Python" if nginx is None else "nginx")
        _PROCESS_FILE.write_text(started.model_dump_json())
        wait_until(lambda: child.poll() is not None or all(map(_listens, ADDRESSES)), seconds=START_SECONDS)
        if child.poll() is not None or not all(map(_listens, ADDRESSES)):
            stop()
            raise ScriptError(
                f"the backends ({started.program}) did not start. The end of {_LOG_FILE}:\n{last_lines(_LOG_FILE)}"
            )
        return started


def addresses_exist() -> bool:
    """Return whether this machine has the addresses."""
    try:
        with socket.socket() as tried:
            tried.bind((ADDRESSES[0], 0))
    except OSError:
        return False
    return True


def last_process() -> BackendsProcess | None:
    """Return the record of the last started backends, running or not, or None."""
    try:
        return BackendsProcess.model_validate_json(_PROCESS_FILE.read_text())
    except (OSError, ValidationError):
        return None


def stop() -> None:
    """Stop the backends if they are running."""
    if process := last_process():
        background.stop(process.pid, belongs_to_clone)


def belongs_to_clone(pid: int) -> bool:
    """Return whether a process is a backend of this clone: process IDs are reused."""
    return str(_FOLDER) in command_line(pid)


def handshake_errors() -> tuple[str, str]:
    """Return the TLS alert that the running backends received, and the error that they logged; "" if none.

    The alert ended a handshake (RFC 8446, 6.2). The error is about a client certificate.
    """
    log = _LOG_FILE.read_text(errors="replace")
    alert, error = _ALERT.search(log), _VERIFY_ERROR.search(log)
    return alert[1] if alert else "", error[1] if error else ""


def named_addresses() -> Mapping[str, str]:
    """Return the names of the backends by address."""
    return {address: f"backend-{number}" for number, address in enumerate(ADDRESSES, start=1)}


def _listens(address: str) -> bool:
    with socket.socket() as tried:
        tried.settimeout(5)
        return tried.connect_ex((address, PORT)) == 0


def _python(files: BackendFiles) -> Sequence[str | Path]:
    settings = Settings(
        names=named_addresses(),
        port=PORT,
        certificate=files.certificate,
        private_key=files.private_key,
        client_ca=files.client_ca,
    )
    path = _FOLDER / "settings.json"
    path.write_text(settings.model_dump_json())
    return [PYTHON, "-m", "demonstration.python_backends", path]


def _nginx(nginx: Path, files: BackendFiles) -> Sequence[str | Path]:
    (_FOLDER / "nginx.conf").write_text("\n".join(nginx_lines(files)))
    return [nginx, "-p", f"{_FOLDER}/", "-c", "nginx.conf"]


def nginx_lines(files: BackendFiles) -> list[str]:
    """Return the configuration of nginx. Paths are relative to its folder: absolute paths can contain any character."""
    certificate, private_key, client_ca = (
        os.path.relpath(path, _FOLDER) for path in (files.certificate, files.private_key, files.client_ca)
    )
    lines = [
        "daemon off;",
        "master_process off;  # a single process, whose end frees the port",
        "pid nginx.pid;",
        "error_log stderr info;  # logs why a handshake failed",
        "events { worker_connections 256; }",
        "http {",
        "    access_log off;",
        *(f"    {kind}_temp_path temporary;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")),
        f"    ssl_certificate {certificate};",
        f"    ssl_certificate_key {private_key};",
        f"    ssl_client_certificate {client_ca};",
        "    ssl_verify_client on;",
        "    ssl_session_tickets off;  # every handshake verifies the certificate",
        "    default_type application/json;",
    ]
    for address, name in named_addresses().items():
        lines += [
            "    server {",
            f"        listen {address}:{PORT} ssl;",
            f"""        return 200 '{{"backend": "{name}", "client": "$ssl_client_s_dn"}}';""",
            "    }",
        ]
    return [*lines, "}", ""]
