"""One end of an RTP stream (RFC 3550) of G.711 µ-law: sends a tone to whoever sends to it, and keeps what comes back.

When a packet came is the kernel's word (SO_TIMESTAMPNS), so that it does not matter what else this process has to do.
Must not know SIP or Elsipo.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import struct
from dataclasses import dataclass
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
_SO_TIMESTAMPNS: Final = 35  # of Linux; Python has no name for it yet
_TIMESPEC: Final = struct.Struct("@ll")
_PACKET_BYTES: Final = 2048


@dataclass(frozen=True)
class Steadiness:
    """How evenly a stream came.

    Attributes:
        packets: How many came.
        gaps: Sequence numbers that do not follow the one before.
        longest_pause_s: Between two packets.
    """

    packets: int
    gaps: int
    longest_pause_s: float


class RtpPeer:
    """One socket.

    Attributes:
        port: Its own.
    """

    def __init__(self, own: socket.socket) -> None:
        self.port: int = own.getsockname()[1]
        self._socket = own
        self._heard = bytearray()
        self._came: list[tuple[float, int]] = []
        self._loud = asyncio.Event()
        self._to: tuple[str, int] | None = None
        self._number = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls) -> AsyncIterator[Self]:
        """A peer on a port of its own."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.setblocking(False)
            own.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            own.bind(("127.0.0.1", 0))
            peer = cls(own)
            loop.add_reader(own, peer._read)
            try:
                yield peer
            finally:
                peer._to = None
                loop.remove_reader(own)

    def _read(self) -> None:
        """Keep the sound; the first packet says where ours goes."""
        data, extra, _, address = self._socket.recvmsg(_PACKET_BYTES, socket.CMSG_SPACE(_TIMESPEC.size))
        second, nanosecond = _TIMESPEC.unpack(extra[0][2])
        self._came.append((second + nanosecond / 1e9, struct.unpack_from("!H", data, 2)[0]))
        self._heard += data[_HEADER_BYTES:]
        if self._to is None:
            self._to = address
            self._send()
        end = self._sound(_ENOUGH)
        if len(end.samples) == _ENOUGH and end.level_at_dbfs(TONE_HZ) > _LOUD_DBFS:
            self._loud.set()

    def steadiness(self, *, since: int = 0) -> Steadiness:
        """How evenly the stream came.

        Args:
            since: Leave out so many packets at the beginning.
        """
        pairs = list(itertools.pairwise(self._came[since:]))
        return Steadiness(
            packets=len(self._came) - since,
            gaps=sum(1 for before, after in pairs if after[1] != (before[1] + 1) & 0xFFFF),
            longest_pause_s=max((after[0] - before[0] for before, after in pairs), default=float("inf")),
        )

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
        if self._to is None:
            return
        self._number += 1
        header = struct.pack("!BBHII", 0x80, 0, self._number & 0xFFFF, 160 * self._number, 0xE151)
        self._socket.sendto(header + _MILLIWATT, self._to)
        asyncio.get_running_loop().call_later(_FRAME_S, self._send)


def _linear(octet: int) -> int:
    """One sample of µ-law (ITU-T G.711)."""
    octet ^= 0xFF
    value = (((octet & 0x0F) << 3) + 0x84 << (octet >> 4 & 7)) - 0x84
    return -value if octet & 0x80 else value
