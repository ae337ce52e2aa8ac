"""nginx as a backend that demands a client certificate: it refuses in HTTP, and can speak HTTP/2."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bootstrap.system_packages import NGINX, find_program
from tests.gcore_emulator.data_plane.waiting import until

_STOP_SECONDS = 10.0


@dataclass(frozen=True, repr=False)
class NginxServer:
    """A server: certificate, key and chain (PEM), whose client certificates it takes, whether it speaks HTTP/2."""

    bundle: str
    client_ca: str
    http2: bool = False


@contextmanager
def nginx(servers: Sequence[NginxServer]) -> Iterator[list[int]]:
    """Runs one nginx; gives the port of each server, on 127.0.0.1."""
    program = find_program(NGINX)
    assert program, "type `sudo apt-get install nginx`"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        ports = [stack.enter_context(_kept_port()) for _ in servers]
        temporary = [f"{kind}_temp_path {folder};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi")]
        lines = ["daemon off;", f"pid {folder}/pid;", "error_log stderr;", "events {}", "http {", "access_log off;"]
        lines += [f"client_body_temp_path {folder};", *temporary]
        for number, (server, port) in enumerate(zip(servers, ports, strict=True)):
            _write(folder / f"{number}.crt", server.bundle)
            _write(folder / f"{number}.ca", server.client_ca)
            lines.append(
                f"server {{ listen 127.0.0.1:{port} ssl{' http2' if server.http2 else ''} reuseport; "
                f"ssl_certificate {folder}/{number}.crt; ssl_certificate_key {folder}/{number}.crt; "
                f"ssl_client_certificate {folder}/{number}.ca; ssl_verify_client on; ssl_verify_depth 5; "
                'location / { return 200 \'{"backend": "nginx", "client": "$ssl_client_s_dn"}\'; } }'
            )
        _write(folder / "conf", "\n".join([*lines, "}", ""]))
        process = subprocess.Popen([program, "-p", folder, "-c", folder / "conf"], stderr=subprocess.DEVNULL)
        try:
            for port in ports:
                until(partial(_listens, port), bool)
            yield ports
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


@contextmanager
def _kept_port() -> Iterator[int]:
    """A port that nobody else is given: nginx shares it, by `reuseport`, with a socket that doesn't listen."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        yield kept.getsockname()[1]


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(text)
