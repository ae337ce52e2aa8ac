"""State file of an emulator, so that no accepted change is lost when the emulator is killed.

The file is an SQLite database with one table. The emulator reads the whole table at the start, and each commit is on
the disk before it returns.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from gcore_emulator.persistence import RecordKey, SavedState, deserialize, serialize

APPLICATION_ID: Final = 0x67746C73
"""SQLite's `application_id` of a state file."""

VERSION: Final = 1
"""SQLite's `user_version` of a state file: the version of the table and of its records."""

_SCHEMA: Final = """
CREATE TABLE record (
    place INTEGER PRIMARY KEY,  -- order of creation
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (kind, id)
)"""
_PUT: Final = (
    "INSERT INTO record (kind, id, value) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value"
)


class StateFileError(Exception):
    """State file that cannot be used. The message names the file and the remedy."""


class StateFile:
    """Open state file, locked against other processes. `open_state_file` returns one."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Use a connection to a file that has the table."""
        self._connection = connection
        self._path = path
        self._saved: dict[RecordKey, object] = {}

    def load(self) -> SavedState:
        """Return the last saved state.

        Raises:
            StateFileError: The file cannot be read.
        """
        try:
            rows = self._connection.execute("SELECT kind, id, value FROM record ORDER BY place").fetchall()
            records = [(RecordKey(kind, each), text) for kind, each, text in rows]
            found = deserialize(records)
        except (sqlite3.Error, ValidationError, KeyError) as error:
            # The message of a validation error could contain the payload of a secret.
            why = type(error).__name__
            raise StateFileError(
                f"{self._path} cannot be read ({why}); delete it to start with an empty account."
            ) from None
        self._saved = dict.fromkeys((key for key, _ in records), None)
        return found

    def save(self, current: Mapping[RecordKey, object]) -> None:
        """Write all changes since the last save. They are on the disk when this returns.

        Args:
            current: All values, see `persistence.values_to_save`.

        Raises:
            StateFileError: The file cannot be written, and is unchanged.
        """
        # Text is compared by value, because it is created again for each save.
        changed = [
            (key.kind, key.id, serialize(value))
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
            raise StateFileError(f"{self._path} cannot be written: {error}.") from error
        self._saved = dict(current)


@contextmanager
def open_state_file(path: Path) -> Iterator[StateFile]:
    """Open or create a state file. Only its owner can read it, because it contains the payloads of secrets.

    Raises:
        StateFileError: The file has another format or version, another emulator uses it, or it cannot be opened.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StateFileError(f"{path} cannot be opened: {error.strerror}.") from error
    # The server can run in another thread than the one that opened the file.
    connection = sqlite3.connect(path, timeout=0, isolation_level="DEFERRED", check_same_thread=False)
    try:
        _prepare(connection, path)
        yield StateFile(connection, path)
    finally:
        with suppress(sqlite3.Error):
            connection.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    try:
        # SQLite holds this lock until the process ends, also if it is killed.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        application, version, tables = (
            connection.execute(query).fetchone()[0]
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if (application, version, tables) == (0, 0, 0):
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        elif application != APPLICATION_ID:
            raise StateFileError(
                f"{path} is a database of another program, not an emulator's state; name another file."
            )
        elif version != VERSION:
            raise StateFileError(
                f"{path} has version {version}, but this emulator uses version {VERSION}; delete it to start with an "
                "empty account."
            )
        connection.commit()
        path.chmod(0o600)
        # SQLite overwrites deleted rows, so that the payload of a deleted secret does not remain in the file.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_mode = TRUNCATE")
    except sqlite3.OperationalError as error:
        if error.args and "locked" in str(error.args[0]):
            raise StateFileError(
                f"{path} is in use by another emulator; stop that emulator, or name another file."
            ) from None
        raise StateFileError(f"{path} cannot be opened: {error}.") from error
    except sqlite3.DatabaseError:
        raise StateFileError(f"{path} is not an emulator's state; name another file.") from None
