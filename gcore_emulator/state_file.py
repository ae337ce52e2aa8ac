"""The file that an emulator's state is kept in, so that nothing that it has accepted is lost when it is killed.

It is one table of SQLite. The standard library's `sqlite3` is enough: nothing is asked of the table but all of it at
the start. Each commit is on the disk before it returns.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from gcore_emulator.persistence import Key, Remembered, remembered, text_of

APPLICATION_ID: Final = 0x67746C73
"""What SQLite's `application_id` says in such a file."""

VERSION: Final = 1
"""What SQLite's `user_version` says: the version of the table and of the records in it."""

_SCHEMA: Final = """
CREATE TABLE record (
    place INTEGER PRIMARY KEY,  -- the order of making
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (kind, id)
)"""
_PUT: Final = (
    "INSERT INTO record (kind, id, value) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value"
)


class StateFileError(Exception):
    """The file can't be used. The message names it, and says what to do."""


class StateFile:
    """A file that is open, and that no other process can open meanwhile. `opened` makes one."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Takes over a connection to a file that has the table."""
        self._connection = connection
        self._path = path
        self._saved: dict[Key, object] = {}

    def load(self) -> Remembered:
        """What was saved last.

        Raises:
            StateFileError: it can't be read.
        """
        try:
            rows = self._connection.execute("SELECT kind, id, value FROM record ORDER BY place").fetchall()
            records = [(Key(kind, each), text) for kind, each, text in rows]
            found = remembered(records)
        except (sqlite3.Error, ValidationError, KeyError) as error:
            # The words of a validation error could show a secret's payload.
            why = type(error).__name__
            raise StateFileError(f"{self._path} can't be read ({why}); remove it to begin anew.") from None
        self._saved = dict.fromkeys((key for key, _ in records), None)
        return found

    def save(self, current: Mapping[Key, object]) -> None:
        """Writes what has changed since the last time; it is on the disk when this returns.

        Args:
            current: all that there is, see `records.current`.

        Raises:
            StateFileError: it can't be written. Nothing of it is then.
        """
        # Text is compared by its value: it is made anew each time.
        changed = [
            (key.kind, key.id, text_of(value))
            for key, value in current.items()
            if (saved := self._saved.get(key)) is not value and not (isinstance(value, str) and saved == value)
        ]
        gone = self._saved.keys() - current.keys()
        if not changed and not gone:
            return
        try:
            with self._connection:
                self._connection.executemany("DELETE FROM record WHERE kind = ? AND id = ?", gone)
                self._connection.executemany(_PUT, changed)
        except sqlite3.Error as error:
            raise StateFileError(f"{self._path} can't be written: {error}.") from error
        self._saved = dict(current)


@contextmanager
def opened(path: Path) -> Iterator[StateFile]:
    """Opens a file, or makes it, readable for its owner only: secrets' payloads are in it.

    Raises:
        StateFileError: it is another program's or of another version, another emulator uses it, or it can't be opened.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StateFileError(f"{path} can't be opened: {error.strerror}.") from error
    # Whoever serves may do so in another thread than the one that opened it.
    connection = sqlite3.connect(path, timeout=0, isolation_level="DEFERRED", check_same_thread=False)
    try:
        _prepare(connection, path)
        yield StateFile(connection, path)
    finally:
        with suppress(sqlite3.Error):
            connection.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    try:
        # The lock is kept from here to the end of the process, however it ends.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        application, version, tables = (
            connection.execute(question).fetchone()[0]
            for question in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if (application, version, tables) == (0, 0, 0):
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        elif application != APPLICATION_ID:
            raise StateFileError(f"{path} is no emulator's state, but another program's; name another file.")
        elif version != VERSION:
            raise StateFileError(
                f"{path} is a state of version {version}, and this emulator writes version {VERSION}; remove the file "
                "to begin anew."
            )
        connection.commit()
        path.chmod(0o600)
        # What is deleted is overwritten: a secret's payload is gone from the file when the secret is.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_mode = TRUNCATE")
    except sqlite3.OperationalError as error:
        if error.args and "locked" in str(error.args[0]):
            raise StateFileError(f"{path} is in use by another emulator; end that one, or name another file.") from None
        raise StateFileError(f"{path} can't be opened: {error}.") from error
    except sqlite3.DatabaseError:
        raise StateFileError(f"{path} is no emulator's state, but another file; name another one.") from None
