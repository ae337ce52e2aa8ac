"""Passwords of PKCS12 files and private keys: their sources, and the one that opens a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

import typer

from gcore_tls_provider.certificates import MaterialError, from_file
from gcore_tls_provider.certificates.findings.report import material_error

PASSWORD_VARIABLE: Final = "GCORE_TLS_PASSWORD"
"""Environment variable that can contain a password."""

PASSWORD_SUFFIX: Final = ".password"
"""Suffix of files that contain only a password: `client.p12.password`."""

_MISSING: Final = frozenset({"PASSWORD_MISSING", "PASSPHRASE_MISSING"})
_WRONG: Final = {"PASSWORD_MISSING": "PASSWORD_WRONG", "PASSPHRASE_MISSING": "PASSPHRASE_WRONG"}

OpenedT = TypeVar("OpenedT")


class Passwords:
    """Known passwords. Each is tried on each file."""

    def __init__(self, known: Sequence[str], ask: Callable[[str], str] | None = None) -> None:
        """Take the passwords that were given.

        Args:
            known: Passwords.
            ask: Function that asks for the password of a file, by its name, and returns an empty text for none. None if
                nobody can be asked.
        """
        self._known = [password for password in dict.fromkeys(known) if password]
        self._ask = ask

    def open(self, name: str, read: Callable[[str | None], OpenedT]) -> OpenedT:
        """Return the result of `read` with the right password, or without one if the file needs none.

        Args:
            name: Name of the file, for prompt and findings.
            read: Function that parses the file with a password, or with None.

        Raises:
            MaterialError: No password opens it, or `read` fails for another reason.
        """
        try:
            return read(None)
        except MaterialError as error:
            missing = error.finding.code
            if missing not in _MISSING:
                raise
        for password in self._known:
            try:
                return read(password)
            except MaterialError as error:
                if error.finding.code != _WRONG[missing]:
                    raise
        if self._ask is not None:
            typed = self._ask(name)
            if typed:
                self._known.append(typed)
                try:
                    return read(typed)
                except MaterialError as error:
                    if error.finding.code != _WRONG[missing]:
                        raise
        raise self._unopened(name, missing)

    def _unopened(self, name: str, missing: str) -> MaterialError:
        if not self._known:
            return material_error(missing, name, message="file", variable=PASSWORD_VARIABLE)
        if len(self._known) == 1:
            return material_error(_WRONG[missing], name, message="file")
        return material_error(_WRONG[missing], name, message="files", count=len(self._known))


def password_in(path: Path) -> str:
    """Return the password in a file, without a line end after it.

    Raises:
        MaterialError: The errors of `from_file`.
    """
    return from_file(path).removesuffix("\n").removesuffix("\r")


def environment_password() -> list[str]:
    """Return the password in the environment, if there is one."""
    return [os.environ[PASSWORD_VARIABLE]] if PASSWORD_VARIABLE in os.environ else []


def prompt() -> Callable[[str], str] | None:
    """Return a function that asks for a password in the terminal, or None without a terminal."""
    if not sys.stdin.isatty():
        return None
    return _ask_in_terminal


def _ask_in_terminal(name: str) -> str:
    try:
        return str(typer.prompt(f"Password of {name}", default="", hide_input=True, show_default=False, err=True))
    except typer.Abort:
        # Exit code 1 would mean that files were checked and have errors.
        raise typer.Exit(2) from None
