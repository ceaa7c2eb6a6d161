"""The table of devices: since when each contact of an account is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elsipo.host.store.database import Database


class DeviceTable:
    """Contacts of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, account_id: str, contacts: list[str], now_ms: int) -> None:
        """Know these contacts and no others; those that were known stay as old as they are."""
        gone = self.since(account_id).keys() - set(contacts)
        for contact in gone:
            self._database.execute(
                "DELETE FROM device WHERE account_id = :account_id AND contact = :contact",
                {"account_id": account_id, "contact": contact},
            )
        for contact in contacts:
            self._database.execute(
                "INSERT OR IGNORE INTO device (account_id, contact, since_ms) VALUES (:account_id, :contact, :now_ms)",
                {"account_id": account_id, "contact": contact, "now_ms": now_ms},
            )

    def since(self, account_id: str) -> dict[str, int]:
        """Contact to the milliseconds since which it is known."""
        rows = self._database.execute(
            "SELECT contact, since_ms FROM device WHERE account_id = :account_id", {"account_id": account_id}
        )
        return {row["contact"]: row["since_ms"] for row in rows}

    def forget(self, account_id: str) -> None:
        """Delete all of an account."""
        self._database.execute("DELETE FROM device WHERE account_id = :account_id", {"account_id": account_id})
