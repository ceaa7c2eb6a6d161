"""Content for elements of the page: the newest of each, told to the windows no faster than a person could see it.

    news ──told at once──▶ pause ──what came meanwhile, together──▶ pause … ──nothing came──▶ quiet

However fast a provider sends, a page gets some twenty texts a second, and of each element the last content always.
Knows neither SIP nor HTML: what it is given has been checked.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from elsipo.rpc._generated import bridge
from elsipo.rpc._generated.models import BridgeFragmentReceivedParams, Fragment

if TYPE_CHECKING:
    from elsipo.host.events import Emit

PAUSE_S: Final = 0.04
"""Between two texts with fragments. Shorter than the eye notices, long enough for a page to draw what it got."""
_PAUSE_EACH_S: Final = 0.01
"""The pause is so long for each content that came since the last text: what comes now and then waits for little."""

_MOST_KEPT: Final = 256
_MOST_TOLD: Final = 64  # at once: as many as a batch may have
_CHARS_TOLD: Final = 262_144  # at once, beside the first: what a page can take in within a pause


class Fragments:
    """The fragments of one account.

    Args:
        emit: Its windows.
    """

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._latest: dict[str, Fragment] = {}
        # Ids of what no window was told yet, the longest waiting first.
        self._news: dict[str, None] = {}
        self._came = 0
        self._pause: asyncio.TimerHandle | None = None

    def put(self, element_id: str, html: str) -> None:
        """An element has new content."""
        fragment = Fragment(element_id=element_id, html=html, received_at_ms=time.time_ns() // 1_000_000)
        self._latest.pop(element_id, None)
        self._latest[element_id] = fragment
        self._news.setdefault(element_id)
        self._came += 1
        while len(self._latest) > _MOST_KEPT:
            oldest = next(iter(self._latest))
            del self._latest[oldest]
            self._news.pop(oldest, None)
        if self._pause is None:
            self._tell()

    def all(self) -> list[Fragment]:
        """The newest of each element."""
        return list(self._latest.values())

    def _tell(self) -> None:
        self._pause = None
        told: list[Fragment] = []
        chars = 0
        for element_id in self._news:
            fragment = self._latest[element_id]
            chars += len(fragment.html)
            if told and (len(told) == _MOST_TOLD or chars > _CHARS_TOLD):
                break
            told.append(fragment)
        for fragment in told:
            del self._news[fragment.element_id]
        if told:
            self._emit(bridge.FRAGMENT_RECEIVED, *(BridgeFragmentReceivedParams(fragment=one) for one in told))
            pause_s = min(PAUSE_S, self._came * _PAUSE_EACH_S)
            self._came = 0
            self._pause = asyncio.get_running_loop().call_later(pause_s, self._tell)
