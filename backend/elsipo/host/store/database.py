"""One SQLite file in WAL mode with numbered migrations; knows no message and no call.

A kill at any moment leaves a readable file: what a committed transaction wrote is there, the rest is not.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from typing import TYPE_CHECKING

from elsipo.host.store.migrations import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_log = logging.getLogger(__name__)
_BUSY_TIMEOUT_S = 5.0


class StoreTooNewError(ValueError):
    """The file was written by a newer Elsipo; this one must not touch it."""


class Database:
    """An open history file, at the newest version of its schema.

    Args:
        path: The file; made when it is missing. One that SQLite finds damaged is moved aside, never overwritten.

    Attributes:
        set_aside: Where a damaged file was moved to, if one was.

    Raises:
        StoreTooNewError: see there.
        OSError, sqlite3.OperationalError: the folder cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        self.set_aside: Path | None = None
        try:
            self._connection = self._open(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            self.set_aside = path.with_name(f"{path.stem}.damaged-{int(time.time())}{path.suffix}")
            _log.error(
                "The history is damaged (%s); it is kept as %s, and a new one begins", error, self.set_aside.name
            )
            path.rename(self.set_aside)
            for companion in ("-wal", "-shm"):
                path.with_name(path.name + companion).unlink(missing_ok=True)
            self._connection = self._open(path)

    def _open(self, path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            _check(connection)
            path.chmod(0o600)
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def execute(self, sql: str, parameters: dict[str, object] | None = None) -> sqlite3.Cursor:
        """Run one statement; on its own it is one transaction."""
        return self._connection.execute(sql, parameters or {})

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Fold the log into the file and close it."""
        self._connection.close()


def _check(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("quick_check found damage")


def _migrate(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise StoreTooNewError(f"The history has version {version}; this Elsipo knows {len(MIGRATIONS)}.")
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        # One transaction a version: a kill in between repeats the whole step.
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
