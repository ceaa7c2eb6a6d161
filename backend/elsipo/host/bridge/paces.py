"""How fast a connection may ask, and how fast a page may act on the world: token buckets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from elsipo.rpc._generated import bridge
from elsipo.rpc.errors import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace:
    """A bucket of permissions that refills.

    Args:
        per_s: How many come back in a second.
        at_once: How many there are at most.
        now: The clock, in seconds.
    """

    def __init__(self, per_s: float, at_once: float, now: Callable[[], float] = time.monotonic) -> None:
        self.per_s, self.at_once, self._now = per_s, at_once, now
        self._left = at_once
        self._counted_at = now()

    def take(self) -> None:
        """Use one.

        Raises:
            RateLimitedError: none is left; says when one will be.
        """
        now = self._now()
        self._left = min(self.at_once, self._left + (now - self._counted_at) * self.per_s)
        self._counted_at = now
        if self._left < 1:
            raise RateLimitedError(retry_after_s=max(1, round((1 - self._left) / self.per_s)))
        self._left -= 1


Paces = dict[str, Pace]


def page_paces() -> Paces:
    """What costs somebody something: a page does it as fast as a person might, and no faster."""
    return {
        bridge.MESSAGE_SEND.name: Pace(per_s=1, at_once=10),
        bridge.CALL_DIAL.name: Pace(per_s=0.5, at_once=5),
        bridge.SERVICE_REQUEST.name: Pace(per_s=4, at_once=20),
        bridge.ACCOUNT_REGISTER.name: Pace(per_s=0.5, at_once=10),
        bridge.ACCOUNT_UNREGISTER.name: Pace(per_s=0.5, at_once=10),
        bridge.ENGINE_RESTART.name: Pace(per_s=0.1, at_once=5),
    }
