"""Text of users as one word of a HAProxy configuration."""

from __future__ import annotations

import string

_PLAIN = frozenset(string.ascii_letters + string.digits + "-._~/:|,=+@!&*;")


def word(text: str) -> str:
    r"""Return the text with `\xNN` for every byte that has a special meaning in a configuration, line ends included."""
    return "".join(
        character if character in _PLAIN else "".join(f"\\x{byte:02x}" for byte in character.encode())
        for character in text
    )
