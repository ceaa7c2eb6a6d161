"""The table of pages that were visited, or that a person keeps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from elsipo.rpc._generated.models import KnownPage

if TYPE_CHECKING:
    from elsipo.host.store.database import Database

Shelf = Literal["visited", "kept"]
_MOST = 200


class PageTable:
    """Known pages of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, account_id: str, shelf: Shelf, uri: str, title: str) -> None:
        """Put a page on top; of those beyond the most that are kept, the oldest go."""
        values = {"account_id": account_id, "shelf": shelf, "uri": uri, "title": title, "most": _MOST}
        with self._database.transaction():
            # Later than any other, so that time alone orders them, whatever became of the clock.
            newest = self._database.execute(
                "SELECT max(at_ms) FROM page WHERE account_id = :account_id AND shelf = :shelf", values
            ).fetchone()[0]
            values["at_ms"] = max(time.time_ns() // 1_000_000, (newest or 0) + 1)
            self._database.execute(
                "INSERT OR REPLACE INTO page (account_id, shelf, uri, title, at_ms) "
                "VALUES (:account_id, :shelf, :uri, :title, :at_ms)",
                values,
            )
            self._database.execute(
                "DELETE FROM page WHERE account_id = :account_id AND shelf = :shelf AND uri NOT IN "
                "(SELECT uri FROM page WHERE account_id = :account_id AND shelf = :shelf "
                "ORDER BY at_ms DESC LIMIT :most)",
                values,
            )

    def all(self, account_id: str, shelf: Shelf) -> list[KnownPage]:
        """The pages of a shelf, newest first."""
        rows = self._database.execute(
            "SELECT uri, title, at_ms FROM page WHERE account_id = :account_id AND shelf = :shelf ORDER BY at_ms DESC",
            {"account_id": account_id, "shelf": shelf},
        )
        return [KnownPage(**row) for row in rows]

    def remove(self, account_id: str, shelf: Shelf, uri: str) -> None:
        """Take a page away, if it is there."""
        self._database.execute(
            "DELETE FROM page WHERE account_id = :account_id AND shelf = :shelf AND uri = :uri",
            {"account_id": account_id, "shelf": shelf, "uri": uri},
        )

    def clear(self, account_id: str, shelf: Shelf) -> None:
        """Take all of a shelf away."""
        self._database.execute(
            "DELETE FROM page WHERE account_id = :account_id AND shelf = :shelf",
            {"account_id": account_id, "shelf": shelf},
        )

    def forget(self, account_id: str) -> None:
        """Delete all of an account."""
        self._database.execute("DELETE FROM page WHERE account_id = :account_id", {"account_id": account_id})
