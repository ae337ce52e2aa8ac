"""The demo's backends: servers on addresses of this machine that speak TLS and demand a client certificate.

They are an nginx if there is one, else Python's own TLS. nginx is never installed for it: Debian's package begins to
serve on port 80 of all addresses as soon as it is there. Each kind of backend is a process of its own, one at a time.
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
from demonstration.background import becomes, command_line, end, end_of, start
from demonstration.certificates import BackendFiles, BackendKind

PORT = 8443
"""Port of the backends, as in the project at the repository's root."""

START_SECONDS = 20
FREE_SECONDS = 2

_FOLDER = DEMO / "backends"
_PROCESS_FILE = _FOLDER / "process.json"
_LOG_FILE = _FOLDER / "log"

_TOLD = re.compile(r"alert ([a-z ]+?)(?::| \()")
_FOUND = re.compile(r"verify (?:error: \(\d+:|failed: )([^()]+?)(?:\)| \()")


def addresses_of(root: Path) -> tuple[str, ...]:
    """Return three loopback addresses that belong to a clone, so that the demos of two clones do not collide.

    Linux has all of 127.0.0.0/8. Elsewhere there may be only 127.0.0.1.
    """
    digest = hashlib.sha256(os.fsencode(root)).digest()
    return tuple(f"127.{1 + digest[0] % 254}.{digest[1]}.{last}" for last in (11, 12, 13))


ADDRESSES = addresses_of(ROOT)
"""The backends' addresses. The third is no member at first: it is there to be added by hand."""


class BackendsProcess(BaseModel, frozen=True):
    """Record of started backends: process ID, kind and program."""

    pid: int
    kind: BackendKind
    program: str


class Settings(BaseModel, frozen=True):
    """Settings of the backends in Python.

    Attributes:
        names: The backends' names by their addresses.
        port: Where they listen.
        certificate: What they show, PEM.
        private_key: Its key, PEM.
        client_ca: The CA of the client certificates that they accept, PEM.
    """

    names: Mapping[str, str]
    port: int
    certificate: Path
    private_key: Path
    client_ca: Path


class Answer(BaseModel):
    """Response of a backend: its name, and the subject of the client certificate in RFC 4514's form."""

    backend: str
    client: str


@dataclass(frozen=True)
class Backends:
    """The backends.

    Attributes:
        files: Server certificate and accepted client CA of each kind.
    """

    files: Mapping[BackendKind, BackendFiles]

    def ensure(self, kind: BackendKind) -> BackendsProcess:
        """Return the running backends, after starting those of a kind in the place of others if necessary.

        Raises:
            ScriptError: They don't start.
        """
        remembered = recall()
        if remembered is not None and remembered.kind is kind and belongs_to_clone(remembered.pid):
            return remembered
        stop()
        _FOLDER.mkdir(mode=0o700, exist_ok=True)
        # A process that ends gives its ports back a moment after its name is gone.
        if not becomes(lambda: not any(map(_listens, ADDRESSES)), seconds=FREE_SECONDS):
            taken = next(address for address in ADDRESSES if _listens(address))
            raise ScriptError(f"something else listens on {taken}:{PORT}, where the demo's backends are to be. End it.")
        nginx = find_program(NGINX)
        command = _python(self.files[kind]) if nginx is None else _nginx(nginx, self.files[kind])
        child = start(command, folder=ROOT / "scripts", log=_LOG_FILE)
        started = BackendsProcess(pid=child.pid, kind=kind, program="Python" if nginx is None else "nginx")
        _PROCESS_FILE.write_text(started.model_dump_json())
        becomes(lambda: child.poll() is not None or all(map(_listens, ADDRESSES)), seconds=START_SECONDS)
        if child.poll() is not None or not all(map(_listens, ADDRESSES)):
            stop()
            raise ScriptError(
                f"the backends ({started.program}) don't start. The end of {_LOG_FILE}:\n{end_of(_LOG_FILE)}"
            )
        return started


def possible() -> bool:
    """Tells whether this machine has the addresses."""
    try:
        with socket.socket() as tried:
            tried.bind((ADDRESSES[0], 0))
    except OSError:
        return False
    return True


def recall() -> BackendsProcess | None:
    """Return the backends that were started last, running or not; None if there were none."""
    try:
        return BackendsProcess.model_validate_json(_PROCESS_FILE.read_text())
    except (OSError, ValidationError):
        return None


def stop() -> None:
    """Stop the backends, if they run."""
    if process := recall():
        end(process.pid, belongs_to_clone)


def belongs_to_clone(pid: int) -> bool:
    """Tells whether a process is backends of this clone: process ids are used again."""
    return str(_FOLDER) in command_line(pid)


def reasons() -> tuple[str, str]:
    """Return the TLS alerts that the running backends received, and the errors that they logged; "" if none.

    The first is the alert that ended a handshake (RFC 8446, 6.2), the second what was wrong with a client certificate.
    """
    log = _LOG_FILE.read_text(errors="replace")
    told, found = _TOLD.search(log), _FOUND.search(log)
    return told[1] if told else "", found[1] if found else ""


def named_addresses() -> Mapping[str, str]:
    """Return the backends' names by their addresses."""
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
    """Return nginx's configuration. Paths are relative to its folder: absolute ones may hold any character."""
    certificate, private_key, client_ca = (
        os.path.relpath(path, _FOLDER) for path in (files.certificate, files.private_key, files.client_ca)
    )
    lines = [
        "daemon off;",
        "master_process off;  # one process: when it is gone, the port is free",
        "pid nginx.pid;",
        "error_log stderr info;  # says why a handshake failed",
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
