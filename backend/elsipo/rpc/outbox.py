"""What waits to be sent: bounded, so that a receiver who does not read costs a connection and never the memory.

Must not know JSON, methods, or SIP.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from elsipo.rpc.stream import Stream

MAX_TEXTS: Final = 10_000
MAX_BYTES: Final = 16 << 20


class Outbox:
    """Texts in the order in which they were put.

    What the system takes at once is written where it is put: a task's turn later is what costs a quick answer most
    (tests/bench/README.md). Only what it does not take waits.

    Args:
        max_texts: How many may wait.
        max_bytes: How much may wait, in bytes.
    """

    def __init__(self, *, max_texts: int = MAX_TEXTS, max_bytes: int = MAX_BYTES) -> None:
        self._max_texts = max_texts
        self._max_bytes = max_bytes
        self._stream: Stream | None = None
        self._texts: deque[str] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def put(self, text: str) -> bool:
        """Send a text of ASCII, or let it wait for its turn.

        Returns:
            Whether there was room. A text that found none is gone, and the order with it: end the connection.
        """
        if self._stream is not None and not self._texts and self._stream.write_now(text):
            return True
        if len(self._texts) >= self._max_texts or self._bytes + len(text) > self._max_bytes:
            return False
        self._texts.append(text)
        self._bytes += len(text)
        self._filled.set()
        self._empty.clear()
        return True

    async def flushed(self) -> None:
        """Wait until everything has been written."""
        await self._empty.wait()

    async def write_to(self, stream: Stream) -> None:
        """Write what waits and what comes, for ever.

        Raises:
            ConnectionLostError: the stream has ended.
        """
        self._stream = stream
        while True:
            await self._filled.wait()
            while self._texts:
                await stream.write(self._texts[0])
                self._bytes -= len(self._texts.popleft())
            self._filled.clear()
            self._empty.set()
