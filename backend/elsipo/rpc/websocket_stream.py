"""A stream over a WebSocket, one text frame a text. Apart from the others: an engine has pipes alone."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from websockets.asyncio.connection import broadcast
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.protocol import State

from elsipo.rpc.errors import ConnectionLostError

if TYPE_CHECKING:
    from websockets.asyncio.connection import Connection

_log = logging.getLogger(__name__)

MAX_FRAME_BYTES: Final = 8 << 20
"""Longest text that is sent over a WebSocket, in bytes."""

_CLOSE_TIMEOUT_S: Final = 1.0
_UNSUPPORTED_DATA: Final = 1003  # RFC 6455 §7.4.1
_MESSAGE_TOO_BIG: Final = 1009


class WebSocketStream:
    """One text a frame over a WebSocket. Sizes of what comes in are bounded by the connection's own `max_size`.

    Args:
        connection: An open connection, of the server's or the client's side.
    """

    max_send_bytes = MAX_FRAME_BYTES

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(self) -> str | None:
        """Return the next text frame; a binary frame ends the stream."""
        try:
            message = await self._connection.recv()
        except ConnectionClosed as closed:
            if isinstance(closed, ConnectionClosedError) and closed.sent and closed.sent.code == _MESSAGE_TOO_BIG:
                _log.error("A WebSocket message was too long; the connection ends")
            return None
        if isinstance(message, bytes):
            _log.error("A WebSocket message was binary; the connection ends")
            await self._close(_UNSUPPORTED_DATA)
            return None
        return message

    async def write(self, text: str) -> None:
        """Send one text frame."""
        try:
            await self._connection.send(text)
        except ConnectionClosed:
            raise ConnectionLostError from None

    def write_now(self, text: str) -> bool:
        """Send one text frame where nothing waits before it."""
        if self._connection.state is not State.OPEN or self._connection.transport.get_write_buffer_size():
            return False
        # It is made for many, and is the library's way to send without waiting.
        broadcast([self._connection], text)
        return True

    async def close(self) -> None:
        """End the connection with a closing handshake where the other side takes part."""
        await self._close(1000)

    async def _close(self, code: int) -> None:
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._connection.close(code)
        except TimeoutError:
            self._connection.transport.abort()
