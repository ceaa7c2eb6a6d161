"""A SIP server that hears everything and says nothing. Must not know Elsipo."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_BRANCH: Final = re.compile(rb"branch=([^;\s]+)")


class SilentServer(asyncio.DatagramProtocol):
    """A UDP socket; keeps when each REGISTER transaction was heard first and last, in seconds of the loop's clock."""

    def __init__(self) -> None:
        self._tries: dict[bytes, tuple[float, float]] = {}
        self._news = asyncio.Event()

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, port: int) -> AsyncIterator[Self]:
        """Take the place of a server on loopback."""
        loop = asyncio.get_running_loop()
        transport, server = await loop.create_datagram_endpoint(cls, local_addr=("127.0.0.1", port))
        try:
            yield server
        finally:
            transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Note it."""
        del addr
        branch = _BRANCH.search(data)
        if branch and data.startswith(b"REGISTER"):
            now = asyncio.get_running_loop().time()
            first, _ = self._tries.get(branch[1], (now, now))
            self._tries[branch[1]] = (first, now)
            self._news.set()

    async def heard(self, tries: int, *, timeout_s: float) -> None:
        """Wait for so many transactions.

        Raises:
            TimeoutError: there were fewer.
        """
        async with asyncio.timeout(timeout_s):
            while len(self._tries) < tries:
                self._news.clear()
                await self._news.wait()

    def pauses_s(self) -> list[float]:
        """From the last packet of each transaction to the first of the next."""
        times = list(self._tries.values())
        return [after[0] - before[1] for before, after in itertools.pairwise(times)]
