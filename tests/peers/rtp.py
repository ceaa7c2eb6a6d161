"""One end of an RTP stream (RFC 3550) of G.711 µ-law: sends a tone to whoever sends to it, and keeps what comes back.

Must not know SIP or Elsipo.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import TYPE_CHECKING, Final, Self

from peers.tone import Sound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# The digital milliwatt of ITU-T G.711: 1000 Hz at 0 dBm0.
_MILLIWATT: Final = bytes((0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E)) * 20
TONE_HZ: Final = 1000
_FRAME_S: Final = 0.02
_HEADER_BYTES: Final = 12
_ENOUGH: Final = 4000  # samples: half a second
_LOUD_DBFS: Final = -25.0


class RtpPeer(asyncio.DatagramProtocol):
    """One socket.

    Attributes:
        port: Its own.
    """

    def __init__(self) -> None:
        self.port = 0
        self._heard = bytearray()
        self._loud = asyncio.Event()
        self._to: tuple[str, int] | None = None
        self._number = 0
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls) -> AsyncIterator[Self]:
        """A peer on a port of its own."""
        transport, peer = await asyncio.get_running_loop().create_datagram_endpoint(cls, local_addr=("127.0.0.1", 0))
        peer._transport = transport
        peer.port = transport.get_extra_info("sockname")[1]
        try:
            yield peer
        finally:
            peer._to = None
            transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Keep the sound; the first packet says where ours goes."""
        self._heard += data[_HEADER_BYTES:]
        if self._to is None:
            self._to = addr
            self._send()
        end = self._sound(_ENOUGH)
        if len(end.samples) == _ENOUGH and end.level_at_dbfs(TONE_HZ) > _LOUD_DBFS:
            self._loud.set()

    async def hears_its_tone(self, timeout_s: float = 8.0) -> None:
        """Wait until what comes back is the tone that was sent.

        Raises:
            TimeoutError: it is not.
        """
        async with asyncio.timeout(timeout_s):
            await self._loud.wait()

    def _sound(self, count: int) -> Sound:
        return Sound([_linear(octet) / 32768 for octet in self._heard[-count:]], 8000)

    def _send(self) -> None:
        if self._to is None or self._transport is None:
            return
        self._number += 1
        header = struct.pack("!BBHII", 0x80, 0, self._number & 0xFFFF, 160 * self._number, 0xE151)
        self._transport.sendto(header + _MILLIWATT, self._to)
        asyncio.get_running_loop().call_later(_FRAME_S, self._send)


def _linear(octet: int) -> int:
    """One sample of µ-law (ITU-T G.711)."""
    octet ^= 0xFF
    value = (((octet & 0x0F) << 3) + 0x84 << (octet >> 4 & 7)) - 0x84
    return -value if octet & 0x80 else value
