"""nginx as a backend that requires a client certificate. It rejects one with a 400, and supports HTTP/2."""

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
    """Server: `bundle` is its certificate, key and chain (PEM); `client_ca` is the CA of its client certificates."""

    bundle: str
    client_ca: str
    http2: bool = False


@contextmanager
def nginx(servers: Sequence[NginxServer]) -> Iterator[list[int]]:
    """Run one nginx, and yield the port of each server on 127.0.0.1."""
    program = find_program(NGINX)
    assert program, "run `sudo apt-get install nginx`"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        ports = [stack.enter_context(_reserved_port()) for _ in servers]
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
def _reserved_port() -> Iterator[int]:
    """Yield a port that no other process gets: nginx shares it by `reuseport` with a socket that does not listen."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        yield reserved.getsockname()[1]


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(text)
