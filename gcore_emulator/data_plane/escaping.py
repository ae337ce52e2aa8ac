"""Escaping of users' text for HAProxy's configuration."""

from __future__ import annotations

import string

_PLAIN = frozenset(string.ascii_letters + string.digits + "-._~/:|,=+@!&*;")


def escape_haproxy_arg(text: str) -> str:
    r"""Return text as one argument of a configuration line.

    `\xNN` replaces each byte that has a special meaning, line ends included.
    """
    return "".join(
        character if character in _PLAIN else "".join(f"\\x{byte:02x}" for byte in character.encode())
        for character in text
    )
