"""Passwords of PKCS12 files and private keys: where they come from, and which one opens a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

import typer

from gcore_tls_provider.certificates import MaterialError, from_file
from gcore_tls_provider.certificates.findings.finding import material_error

VARIABLE: Final = "GCORE_TLS_PASSWORD"
"""The environment variable that a password may stand in."""

ENDING: Final = ".password"
"""Suffix of files that contain only a password: `client.p12.password`."""

_MISSING: Final = frozenset({"PASSWORD_MISSING", "PASSPHRASE_MISSING"})
_WRONG: Final = {"PASSWORD_MISSING": "PASSWORD_WRONG", "PASSPHRASE_MISSING": "PASSPHRASE_WRONG"}

OpenedT = TypeVar("OpenedT")


class Passwords:
    """The passwords at hand. Which one is whose needn't be said: each is tried."""

    def __init__(self, known: Sequence[str], ask: Callable[[str], str] | None = None) -> None:
        """Take the passwords that were given.

        Args:
            known: the passwords.
            ask: asks for the password of a file, by its name; an empty answer is no password. None: nobody is there to
                be asked.
        """
        self._known = [password for password in dict.fromkeys(known) if password]
        self._ask = ask

    def open(self, name: str, read: Callable[[str | None], OpenedT]) -> OpenedT:
        """Return what `read` makes of a file with the right password, or without one if it needs none.

        Args:
            name: the file, for prompt and findings.
            read: reads it with a password, or with None.

        Raises:
            MaterialError: no password opens it, or what `read` raises for other reasons.
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
            asked = self._ask(name)
            if asked:
                self._known.append(asked)
                try:
                    return read(asked)
                except MaterialError as error:
                    if error.finding.code != _WRONG[missing]:
                        raise
        raise self._refused(name, missing)

    def _refused(self, name: str, missing: str) -> MaterialError:
        if not self._known:
            return material_error(
                missing,
                property=name,
                sentence=f"{name} is encrypted, and there is no password for it.",
                remedy=f"Give --password-file, or set the environment variable {VARIABLE}.",
            )
        return material_error(
            _WRONG[missing],
            property=name,
            sentence=f"{name} doesn't open with the password that was given."
            if len(self._known) == 1
            else f"{name} opens with none of the {len(self._known)} passwords that were given.",
            remedy="Check both with `openssl pkcs12 -noout -in FILE`, for a private key with `openssl pkey -noout`.",
        )


def password_in(path: Path) -> str:
    """Return the password in a file, without a line end after it.

    Raises:
        MaterialError: as `from_file`.
    """
    return from_file(path).removesuffix("\n").removesuffix("\r")


def environment_password() -> list[str]:
    """Return the password in the environment, if there is one."""
    return [os.environ[VARIABLE]] if VARIABLE in os.environ else []


def prompt() -> Callable[[str], str] | None:
    """Return a question to the terminal, or None where nobody sits in front of one."""
    if not sys.stdin.isatty():
        return None
    return _asked


def _asked(name: str) -> str:
    try:
        return str(typer.prompt(f"Password of {name}", default="", hide_input=True, show_default=False, err=True))
    except typer.Abort:
        # 1 would say that files were checked, and are wrong.
        raise typer.Exit(2) from None
