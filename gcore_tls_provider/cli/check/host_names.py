"""Host names in options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address

import typer

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_LONGEST = 253
"""RFC 1035, section 2.3.4: 255 bytes on the wire."""


def host_names(names: Sequence[str] | None, *, option: str, addresses: bool = False) -> tuple[str, ...]:
    """Return the names in lower case, without repetitions and final dots.

    Args:
        names: DNS names in ASCII, wildcards such as `*.example.com` included.
        option: Option that contains them, for messages.
        addresses: Whether IP addresses are allowed too.

    Raises:
        typer.BadParameter: One of them is not a host name.
    """
    return tuple(dict.fromkeys(_host_name(name, option, addresses) for name in names or ()))


def _host_name(name: str, option: str, addresses: bool) -> str:
    bare = name.strip().removesuffix(".").lower()
    if _is_address(bare):
        if addresses:
            return bare
        raise typer.BadParameter(
            f"{name!r} is an IP address, and TLS clients send names (SNI); give a name.", param_hint=option
        )
    if not bare.isascii():
        raise typer.BadParameter(f"{name!r} is not ASCII; give its form in DNS, xn--...", param_hint=option)
    if len(bare) > _LONGEST or not _HOST_NAME.fullmatch(bare):
        raise typer.BadParameter(
            f"{name!r} is not a host name; give app.example.com or *.example.com, without scheme and port.",
            param_hint=option,
        )
    return bare


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
