"""What is known of a registration, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from elsipo.host.account_book import AccountBook
from elsipo.host.events import Ties
from elsipo.host.registrations import Registrations
from elsipo.rpc.errors import InvalidStateError

if TYPE_CHECKING:
    from pathlib import Path

    from elsipo.supervisor.supervisor import Supervisor


class BusyEngine:
    """Its account registers already."""

    async def request(self, *_: Any) -> None:
        raise InvalidStateError


async def test_a_page_that_asked_before_a_fresh_engine_was_told_to_register_is_no_failure(tmp_path: Path) -> None:
    book = AccountBook(tmp_path / "accounts.json")
    record = book.add("alice@provider-a.test")
    ties = Ties(record.account_id, "provider-a.test", cast("Supervisor", BusyEngine()), lambda *_: None)
    await Registrations(ties, book, lambda: None).replay()
