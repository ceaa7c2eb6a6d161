"""The list of accounts that every chrome shows, told anew when anything in it changed, but not at each message."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.rpc._generated.models import AccountEntry

_AT_MOST_EVERY_S = 0.1


class Roster:
    """Tells the list when it has changed.

    Args:
        look: The list as it is now.
        publish: Tells it to every chrome.
    """

    def __init__(self, look: Callable[[], list[AccountEntry]], publish: Callable[[list[AccountEntry]], None]) -> None:
        self._look = look
        self._publish = publish
        self._told: list[AccountEntry] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False

    def look_again(self) -> None:
        """Something may have changed."""
        if self._timer is None and not self._stopped:
            self._timer = asyncio.get_running_loop().call_later(_AT_MOST_EVERY_S, self._tell)

    def stop(self) -> None:
        """Tell nothing more, also of engines that end after this."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def _tell(self) -> None:
        self._timer = None
        entries = self._look()
        if entries != self._told:
            self._told = entries
            self._publish(entries)
