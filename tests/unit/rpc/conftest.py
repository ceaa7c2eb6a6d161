"""Two ends of a real connection, over lines and over a WebSocket: every rule of the peer holds over both."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from elsipo.rpc.handlers import Handlers
from elsipo.rpc.peer import Peer
from elsipo.rpc.stream import MAX_LINE_BYTES, LineStream, Stream
from elsipo.rpc.websocket_stream import WebSocketStream
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

T = TypeVar("T")

WITHIN_S = 10.0


async def soon(awaitable: Awaitable[T]) -> T:
    """Wait for something that is about to happen, and fail where it does not."""
    return await asyncio.wait_for(awaitable, WITHIN_S)


@dataclass
class Link:
    """One connection.

    Attributes:
        kind: `lines` or `websocket`.
        near: The end under test.
        far: The other end.
    """

    kind: str
    near: Stream
    far: Stream

    async def say(self, message: Any) -> None:
        """Send a text, or a value as JSON, from the far end."""
        await self.far.write(message if isinstance(message, str) else json.dumps(message))

    async def hear(self) -> Any:
        """Return the next value that the far end gets."""
        text = await soon(self.far.read())
        assert text is not None, "the connection ended"
        return json.loads(text)

    @contextlib.asynccontextmanager
    async def serving(self, handlers: Handlers | None = None, **options: Any) -> AsyncIterator[Peer]:
        """Run a peer at the near end."""
        async with _running(Peer(self.near, handlers or Handlers(), name="far", **options)) as peer:
            yield peer

    @contextlib.asynccontextmanager
    async def both(self, handlers: Handlers) -> AsyncIterator[Peer]:
        """Run a peer with these handlers at the far end, and yield one that asks it."""
        far = Peer(self.far, handlers, name="near")
        async with _running(far), self.serving() as near:
            yield near


@contextlib.asynccontextmanager
async def _running(peer: Peer) -> AsyncIterator[Peer]:
    run = asyncio.create_task(peer.run())
    try:
        yield peer
    finally:
        await soon(peer.close())
        await soon(run)


@pytest.fixture(params=["lines", "websocket"])
async def link(request: pytest.FixtureRequest) -> AsyncIterator[Link]:
    opened = _lines() if request.param == "lines" else _websocket()
    async with opened as found:
        yield found


@contextlib.asynccontextmanager
async def _lines() -> AsyncIterator[Link]:
    streams = []
    for end in socket.socketpair():
        reader, writer = await asyncio.open_connection(sock=end, limit=MAX_LINE_BYTES)
        streams.append(LineStream(reader, writer, name="far"))
    try:
        yield Link("lines", streams[0], streams[1])
    finally:
        for stream in streams:
            await stream.close()


@contextlib.asynccontextmanager
async def _websocket() -> AsyncIterator[Link]:
    accepted: asyncio.Future[ServerConnection] = asyncio.get_running_loop().create_future()

    async def accept(connection: ServerConnection) -> None:
        accepted.set_result(connection)
        await connection.wait_closed()

    async with serve(accept, "127.0.0.1", 0, max_size=MAX_LINE_BYTES, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        # A client that a test made deaf need not say goodbye for long.
        async with connect(f"ws://127.0.0.1:{port}/", close_timeout=0.1) as client:
            yield Link("websocket", WebSocketStream(await accepted), WebSocketStream(client))
