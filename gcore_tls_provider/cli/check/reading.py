"""Reading of the files on the command line, in bounded memory: a folder can contain any number of other files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from os.path import realpath
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.progress import Progress

from gcore_tls_provider.certificates import MaterialError, from_file
from gcore_tls_provider.cli.check.files import FileContents, Role, read_file_contents
from gcore_tls_provider.cli.check.passwords import (
    PASSWORD_SUFFIX,
    Passwords,
    environment_password,
    password_in,
    prompt,
)
from gcore_tls_provider.printable import printable

SUFFIXES: Final = (".pem", ".crt", ".cer", ".der", ".key", ".crl", ".p12", ".pfx", PASSWORD_SUFFIX)
"""Suffixes of the files that are read from a folder."""

MAX_UNUSABLE: Final = 1000
"""Unusable files of folders whose findings are reported. More of them are counted only."""

MAX_USABLE: Final = 5000
"""Largest number of files with certificates, keys or CRLs: their contents stay in memory to be compared."""

_UNOPENED: Final = frozenset({"FILE_NOT_FOUND", "FILE_UNREADABLE", "MATERIAL_AS_PATH"})
"""Codes of files that cannot be opened: the command line is wrong."""

_MAX_UNOPENED_SHOWN: Final = 10
_SMALLEST_PROGRESS: Final = 100
"""Fewest files for which progress is shown."""


@dataclass(frozen=True)
class GivenFile:
    """A file on the command line, or in a folder on it.

    Attributes:
        path: Path of the file.
        role: Role, if an option gives it.
        in_folder: Whether only its folder is on the command line.
    """

    path: str
    role: Role | None
    in_folder: bool = False

    @property
    def name(self) -> str:
        """Name of the file, safe to print."""
        return printable(self.path)


@dataclass(frozen=True)
class ReadFiles:
    """Contents of the files.

    Attributes:
        contents: Contents of each file, and its role if an option gives it.
        omitted: Number of further files of folders, none of which can be used.
    """

    contents: Sequence[tuple[FileContents, Role | None]]
    omitted: int = 0


def given_files(files: Sequence[Path], by_role: dict[Role, Sequence[Path]]) -> list[GivenFile]:
    """Return every file once, with the role from an option even if it is also among the other files.

    Args:
        files: Files and folders without a role.
        by_role: Files of each role.

    Raises:
        typer.BadParameter: A folder cannot be read, or contains no file with a known suffix.
    """
    given = [GivenFile(str(path), role) for role, paths in by_role.items() for path in paths]
    seen = {realpath(each.path) for each in given}
    for each in (each for file in files for each in _inside(file)):
        if (real := realpath(each.path)) not in seen:
            seen.add(real)
            given.append(each)
    return given


def read_files(given: Sequence[GivenFile], password_files: Sequence[Path]) -> ReadFiles:
    """Return the contents of each file, and show progress in a terminal if there are many.

    Args:
        given: Files.
        password_files: Files that contain only a password.

    Raises:
        typer.BadParameter: Files cannot be opened, all of which are named, or too many contain certificates.
    """
    unopened: list[str] = []
    known = environment_password()
    for path in [*(Path(each.path) for each in given if each.role == "password"), *password_files]:
        _collect(unopened, partial(_add_password, known, path))
    for each in given:
        if each.role != "password" and not each.in_folder:
            _collect(unopened, partial(from_file, each.path))
    _require_opened(unopened)
    contents: list[tuple[FileContents, Role | None]] = []
    unusable = usable = omitted = 0
    with _progress(len(given)) as progress:
        passwords = Passwords(known, _paused(progress, prompt()))
        for each in progress.track(given, description="Checking files"):
            read = _contents(each, passwords, unopened)
            unusable += bool(read.findings)
            usable += not read.findings
            if read.findings and each.in_folder and unusable > MAX_UNUSABLE:
                omitted += 1
            else:
                contents.append((read, each.role))
            if usable > MAX_USABLE:
                raise typer.BadParameter(
                    f"more than {MAX_USABLE} files contain certificates, keys, CRLs or passwords. Give the files of "
                    "one load balancer at a time.",
                    param_hint="FILE",
                )
    _require_opened(unopened)
    return ReadFiles(contents, omitted)


def _inside(path: Path) -> Iterator[GivenFile]:
    """Yield a file itself, or the regular files of a folder with a known suffix."""
    if not path.is_dir():
        yield GivenFile(str(path), _role_of(path.name))
        return
    try:
        with os.scandir(path) as entries:
            names = sorted(entry.name for entry in entries if entry.name.endswith(SUFFIXES) and entry.is_file())
    except OSError as error:
        raise typer.BadParameter(
            f"the folder {str(path)!r} cannot be read: {error.strerror}.", param_hint="FILE"
        ) from error
    if not names:
        raise typer.BadParameter(
            f"the folder {str(path)!r} contains no file with one of the suffixes {' '.join(SUFFIXES)}.",
            param_hint="FILE",
        )
    for name in names:
        yield GivenFile(str(path / name), _role_of(name), in_folder=True)


def _role_of(name: str) -> Role | None:
    return "password" if name.endswith(PASSWORD_SUFFIX) else None


def _add_password(known: list[str], path: Path) -> None:
    known.append(password_in(path))


def _collect(unopened: list[str], read: Callable[[], object]) -> None:
    """Read a file, and add the reason if it cannot be opened."""
    try:
        read()
    except MaterialError as error:
        if error.finding.code in _UNOPENED:
            unopened.append(str(error))


def _require_opened(unopened: Sequence[str]) -> None:
    distinct = list(dict.fromkeys(unopened))
    if distinct:
        more = len(distinct) - _MAX_UNOPENED_SHOWN
        shown = [*distinct[:_MAX_UNOPENED_SHOWN], *([f"And {more} more."] if more > 0 else [])]
        raise typer.BadParameter(" ".join(shown), param_hint="FILE")


def _contents(given: GivenFile, passwords: Passwords, unopened: list[str]) -> FileContents:
    if given.role == "password":
        return FileContents(given.name)
    try:
        material = from_file(given.path, property=given.name)
    except MaterialError as error:
        if error.finding.code in _UNOPENED:
            unopened.append(str(error))
        return FileContents(given.name, findings=error.findings)
    return read_file_contents(given.name, material, given.role, passwords)


def _progress(files: int) -> Progress:
    """Return a progress bar on standard error, which only a terminal shows, and which disappears at the end."""
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=files < _SMALLEST_PROGRESS or not console.is_terminal)


def _paused(progress: Progress, ask: Callable[[str], str] | None) -> Callable[[str], str] | None:
    """Return a function that asks for a password without the progress bar on the same line."""
    if ask is None:
        return None

    def ask_alone(name: str) -> str:
        progress.stop()
        try:
            return ask(name)
        finally:
            progress.start()

    return ask_alone
