"""The table of calls."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from elsipo.rpc._generated.models import Call

if TYPE_CHECKING:
    import sqlite3

    from elsipo.host.store.database import Database

# What a call is only while it runs is not worth a column.
_PASSING = frozenset({"muted", "on_hold", "held_by_peer", "has_audio", "recovering"})
_COLUMNS = tuple(name for name in Call.__struct_fields__ if name not in _PASSING)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM call"


class CallTable:
    """Calls of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, account_id: str, call: Call, sip_call_id: str) -> None:
        """Keep a call as it is now."""
        names = ("account_id", "sip_call_id", *_COLUMNS)
        values = {name: getattr(call, name) for name in _COLUMNS}
        self._database.execute(
            f"INSERT OR REPLACE INTO call ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})",
            {**values, "account_id": account_id, "sip_call_id": sip_call_id},
        )

    def delete(self, call_id: str) -> None:
        """Take back one that was never placed."""
        self._database.execute("DELETE FROM call WHERE call_id = :call_id", {"call_id": call_id})

    def over(self, account_id: str, before_ms: int | None, limit: int) -> list[Call]:
        """Calls that are over, newest first."""
        rows = self._database.execute(
            f"{_SELECT} WHERE account_id = :account_id AND ended_at_ms IS NOT NULL AND started_at_ms < :before "
            "ORDER BY started_at_ms DESC LIMIT :limit",
            {"account_id": account_id, "before": before_ms or 2**62, "limit": limit},
        )
        return [_call(row) for row in rows]

    def sip_call_ids(self, account_id: str, limit: int) -> dict[str, str]:
        """Our id of a call to SIP's Call-ID of it, for the newest."""
        rows = self._database.execute(
            "SELECT call_id, sip_call_id FROM call WHERE account_id = :account_id "
            "ORDER BY started_at_ms DESC LIMIT :limit",
            {"account_id": account_id, "limit": limit},
        )
        return {row["call_id"]: row["sip_call_id"] for row in rows}

    def end_lost(self) -> int:
        """End what a host that was killed left running, as `engine_lost`; returns how many."""
        return self._database.execute(
            "UPDATE call SET state = 'disconnected', outcome = 'engine_lost', ended_at_ms = :now "
            "WHERE ended_at_ms IS NULL",
            {"now": time.time_ns() // 1_000_000},
        ).rowcount

    def forget(self, account_id: str) -> None:
        """Delete all of an account."""
        self._database.execute("DELETE FROM call WHERE account_id = :account_id", {"account_id": account_id})


def _call(row: sqlite3.Row) -> Call:
    values = {name: row[name] for name in _COLUMNS if row[name] is not None}
    return Call(**values, muted=False, on_hold=False, has_audio=False)
