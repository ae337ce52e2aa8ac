"""Health checks of a backend: the lines for a health monitor, apart from those on the server lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gcore_emulator.account import HealthMonitor
from gcore_emulator.data_plane.escaping import word

PING_SCRIPT = b"""#!/bin/sh
# Called by HAProxy with the proxy's and the server's address and port. Without `ping` nothing can be said.
command -v ping > /dev/null || exit 0
exec ping -q -n -w 1 -c 1 "$3" > /dev/null 2>&1
"""
"""Script of a monitor of type PING. Octavia has a similar script."""

_HTTP = ("HTTP", "HTTPS")
_RANGE = re.compile(r"(\d{3})-(\d{3})")


def check_lines(monitor: HealthMonitor, ping_script: str | None) -> Iterator[str]:
    """Return the lines of a backend, from `timeout check` on.

    Args:
        monitor: a monitor that is up.
        ping_script: the path of `PING_SCRIPT`, where the type is PING.
    """
    yield f"    timeout check {monitor.timeout}s"
    if monitor.type in _HTTP:
        request = f"    option httpchk {monitor.http_method or 'GET'} {word(monitor.url_path or '/')}"
        yield request if monitor.http_version is None else f"{request} HTTP/{monitor.http_version}"
        if monitor.http_version == "1.1" and monitor.domain_name:
            yield f"    http-check send hdr Host {word(monitor.domain_name)}"
        yield f"    http-check expect rstatus {word(_codes(monitor.expected_codes or '200'))}"
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
