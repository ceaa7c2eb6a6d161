"""A registrar over TCP that takes every client, and puts whatever a test wants on the stream, framed well or badly.

Must not know Elsipo.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from typing import TYPE_CHECKING, Final, Self

from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_LENGTH: Final = re.compile(rb"(?im)^Content-Length:\s*(\d+)")
_COPIED: Final = frozenset({"via", "from", "call-id", "cseq", "contact", "expires"})


class StreamRegistrar:
    """Whoever registers is its client; answers each request with 200.

    Attributes:
        port: Its own.
        registrations: How many REGISTERs came.
        connections: Where to write to each client that connected, oldest first.
    """

    def __init__(self) -> None:
        self.port = 0
        self.registrations = 0
        self.connections: list[asyncio.StreamWriter] = []
        self._serving: set[asyncio.Task[None]] = set()

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls) -> AsyncIterator[Self]:
        """A registrar on a port of its own."""
        registrar = cls()
        server = await asyncio.start_server(registrar._serve, "127.0.0.1", 0)
        registrar.port = server.sockets[0].getsockname()[1]
        try:
            yield registrar
        finally:
            server.close()
            for task in registrar._serving:
                task.cancel()
            await asyncio.gather(*registrar._serving, return_exceptions=True)
            await server.wait_closed()

    async def connected(self, count: int) -> None:
        """Wait for so many connections in all, the last of which registers."""
        await eventually(
            lambda: len(self.connections) >= count and self.registrations >= count,
            timeout_s=20,
            what=f"{count} connections that register",
        )

    async def send(self, packet: bytes) -> None:
        """Put octets on the latest connection; what the client does not take any more is its affair."""
        writer = self.connections[-1]
        writer.write(packet)
        with contextlib.suppress(ConnectionError):
            await writer.drain()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        self.connections.append(writer)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                await self._answer(reader, writer)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lstrip()
            if length := _LENGTH.search(head):
                await reader.readexactly(int(length[1]))
            if not head or head.startswith(b"SIP/2.0"):
                continue
            lines = head.decode().split("\r\n")
            copied = [line for line in lines if line.partition(":")[0].lower() in _COPIED]
            to = next(line for line in lines if line.lower().startswith("to:"))
            answer = ["SIP/2.0 200 OK", *copied, f"{to};tag=x", "Content-Length: 0", "", ""]
            writer.write("\r\n".join(answer).encode())
            self.registrations += head.startswith(b"REGISTER ")


def message(body: bytes, *, sender: str, promised: int | None = None) -> bytes:
    """A MESSAGE to alice as it is on a stream.

    Args:
        body: What is sent of it.
        sender: URI in From.
        promised: Content-Length, where it is to be another.
    """
    lines = [
        "MESSAGE sip:alice@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK{secrets.token_hex(8)}",
        "Max-Forwards: 70",
        f"From: <{sender}>;tag={secrets.token_hex(4)}",
        "To: <sip:alice@provider-a.test>",
        f"Call-ID: {secrets.token_hex(8)}",
        "CSeq: 1 MESSAGE",
        "Content-Type: text/html;charset=utf-8",
        f"Content-Length: {len(body) if promised is None else promised}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
