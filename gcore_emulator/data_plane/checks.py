"""Lines of a backend for its health monitor. The server lines have options of it too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gcore_emulator.account import HealthMonitor
from gcore_emulator.data_plane.escaping import escape_haproxy_arg

PING_SCRIPT = b"""#!/bin/sh
# HAProxy passes the address and port of the proxy and of the server. Without `ping`, the member counts as healthy.
command -v ping > /dev/null || exit 0
exec ping -q -n -w 1 -c 1 "$3" > /dev/null 2>&1
"""
"""Script of a monitor of type PING. Octavia has a similar script."""

_HTTP = ("HTTP", "HTTPS")
_RANGE = re.compile(r"(\d{3})-(\d{3})")


def check_lines(monitor: HealthMonitor, ping_script: str | None) -> Iterator[str]:
    """Return the lines of a backend, from `timeout check` on.

    Args:
        monitor: Health monitor, enabled.
        ping_script: Path of `PING_SCRIPT` if the type is PING, else None.
    """
    yield f"    timeout check {monitor.timeout}s"
    if monitor.type in _HTTP:
        request = f"    option httpchk {monitor.http_method or 'GET'} {escape_haproxy_arg(monitor.url_path or '/')}"
        yield request if monitor.http_version is None else f"{request} HTTP/{monitor.http_version}"
        if monitor.http_version == "1.1" and monitor.domain_name:
            yield f"    http-check send hdr Host {escape_haproxy_arg(monitor.domain_name)}"
        yield f"    http-check expect rstatus {escape_haproxy_arg(_codes(monitor.expected_codes or '200'))}"
    if ping_script is not None:
        yield "    option external-check"
        yield f"    external-check command {ping_script}"


def _codes(expected: str) -> str:
    """Return a regular expression for `200`, `200,202` or `200-204`."""
    codes: set[str] = set()
    for part in re.split(", *", expected):
        between = _RANGE.fullmatch(part)
        codes |= {str(code) for code in range(int(between[1]), int(between[2]) + 1)} if between else {part}
    return "|".join(sorted(codes - {""}))
