"""The table of instant messages."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

from msgspec import structs

from elsipo.rpc._generated.models import Conversation, Message, MessageStatus

if TYPE_CHECKING:
    from elsipo.host.store.database import Database

_COLUMNS = Message.__struct_fields__
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM message"


class MessageTable:
    """Messages of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last_ms = 0

    def next_ms(self) -> int:
        """Now, but later than any message before it, so that time alone orders a conversation."""
        self._last_ms = max(time.time_ns() // 1_000_000, self._last_ms + 1)
        return self._last_ms

    def insert(self, account_id: str, message: Message, remote_id: str | None = None) -> bool:
        """Keep a message; False when this peer's `remote_id` is here already."""
        names = ("account_id", *_COLUMNS, "remote_id")
        values = {**structs.asdict(message), "account_id": account_id, "remote_id": remote_id}
        statement = (
            f"INSERT INTO message ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)}) "
            "ON CONFLICT (account_id, peer, remote_id) WHERE remote_id IS NOT NULL DO NOTHING"
        )
        while True:
            try:
                return self._database.execute(statement, values).rowcount == 1
            except sqlite3.IntegrityError:
                # The clock was set back since an earlier run: take the next free millisecond.
                if not self._taken(account_id, message.peer, int(values["created_at_ms"])):
                    raise
                values["created_at_ms"] = int(values["created_at_ms"]) + 1

    def delete(self, message_id: str) -> None:
        """Take back one that could not be accepted after all."""
        self._database.execute("DELETE FROM message WHERE message_id = :message_id", {"message_id": message_id})

    def get(self, account_id: str, message_id: str) -> Message | None:
        """One message, or None."""
        row = self._database.execute(
            f"{_SELECT} WHERE account_id = :account_id AND message_id = :message_id",
            {"account_id": account_id, "message_id": message_id},
        ).fetchone()
        return None if row is None else _message(row)

    def set_status(self, account_id: str, status: MessageStatus) -> Message | None:
        """Note what became of a message that waits for it; None where it does not (any more)."""
        changed = self._database.execute(
            "UPDATE message SET state = :state, sip_status = :sip_status, reason_phrase = :reason_phrase "
            "WHERE account_id = :account_id AND message_id = :message_id AND state IN ('queued', 'sending')",
            {**structs.asdict(status), "account_id": account_id},
        ).rowcount
        return self.get(account_id, status.message_id) if changed else None

    def waiting(self, account_id: str) -> list[Message]:
        """Those without a final response, oldest first."""
        rows = self._database.execute(
            f"{_SELECT} WHERE account_id = :account_id AND state IN ('queued', 'sending') ORDER BY created_at_ms",
            {"account_id": account_id},
        )
        return [_message(row) for row in rows]

    def of_peer(self, account_id: str, peer: str, before_ms: int | None, limit: int) -> tuple[list[Message], bool]:
        """A page of one conversation, oldest first, and whether there is more before it."""
        rows = self._database.execute(
            f"{_SELECT} WHERE account_id = :account_id AND peer = :peer AND created_at_ms < :before "
            "ORDER BY created_at_ms DESC LIMIT :limit",
            {"account_id": account_id, "peer": peer, "before": before_ms or 2**62, "limit": limit + 1},
        ).fetchall()
        return [_message(row) for row in reversed(rows[:limit])], len(rows) > limit

    def mark_read(self, account_id: str, peer: str) -> list[Message]:
        """All of one peer are read; the newest 200 that were not, as they are now."""
        unread = self._database.execute(
            f"{_SELECT} WHERE account_id = :account_id AND peer = :peer AND NOT read "
            "ORDER BY created_at_ms DESC LIMIT 200",
            {"account_id": account_id, "peer": peer},
        ).fetchall()
        if unread:
            self._database.execute(
                "UPDATE message SET read = 1 WHERE account_id = :account_id AND peer = :peer AND NOT read",
                {"account_id": account_id, "peer": peer},
            )
        return [structs.replace(_message(row), read=True) for row in reversed(unread)]

    def conversations(self, account_id: str, limit: int = 200) -> list[Conversation]:
        """Whom messages were exchanged with, newest first."""
        rows = self._database.execute(
            f"{_SELECT} JOIN (SELECT peer AS of_peer, max(created_at_ms) AS newest_ms FROM message "
            "WHERE account_id = :account_id GROUP BY peer) ON peer = of_peer AND created_at_ms = newest_ms "
            "WHERE account_id = :account_id ORDER BY created_at_ms DESC LIMIT :limit",
            {"account_id": account_id, "limit": limit},
        ).fetchall()
        unread = dict(
            self._database.execute(
                "SELECT peer, count(*) FROM message WHERE account_id = :account_id AND NOT read GROUP BY peer",
                {"account_id": account_id},
            ).fetchall()
        )
        return [
            Conversation(
                peer=message.peer,
                peer_display=message.peer_display,
                unread_count=unread.get(message.peer, 0),
                last_message=message,
            )
            for message in map(_message, rows)
        ]

    def unread(self) -> dict[str, int]:
        """How many messages each account has not read; those that have none are left out."""
        rows = self._database.execute(
            "SELECT account_id, count(*) FROM message WHERE NOT read GROUP BY account_id", {}
        ).fetchall()
        return {str(row[0]): int(row[1]) for row in rows}

    def forget(self, account_id: str) -> None:
        """Delete all of an account."""
        self._database.execute("DELETE FROM message WHERE account_id = :account_id", {"account_id": account_id})

    def _taken(self, account_id: str, peer: str, created_at_ms: int) -> bool:
        return (
            self._database.execute(
                "SELECT 1 FROM message "
                "WHERE account_id = :account_id AND peer = :peer AND created_at_ms = :created_at_ms",
                {"account_id": account_id, "peer": peer, "created_at_ms": created_at_ms},
            ).fetchone()
            is not None
        )


def _message(row: sqlite3.Row) -> Message:
    values = {name: row[name] for name in _COLUMNS}
    return Message(**values | {"truncated": bool(row["truncated"]), "read": bool(row["read"])})
