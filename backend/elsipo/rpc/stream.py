"""Streams of texts: what they are, and those over pipes, one line of UTF-8 a text.

A stream moves bounded texts in order and says when it has ended. It must not know JSON, methods, or SIP.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import IO, Final, Protocol

from elsipo.rpc.errors import ConnectionLostError

_log = logging.getLogger(__name__)

MAX_LINE_BYTES: Final = 1 << 20
"""Longest line between processes, in bytes, without its end."""

_CLOSE_TIMEOUT_S: Final = 1.0
_STDIN_FD, _STDOUT_FD, _STDERR_FD = 0, 1, 2


class Stream(Protocol):
    """Texts in both directions, in order, until either side ends it.

    Attributes:
        max_send_bytes: Longest text that the other side takes, in bytes of UTF-8.
    """

    max_send_bytes: int

    async def read(self) -> str | None:
        """Return the next text, or None when the stream has ended; never raises for what the other side did."""
        ...

    async def write(self, text: str) -> None:
        """Send one text; returns when the system took it, so a reader that is too slow makes it wait.

        Raises:
            ConnectionLostError: the stream has ended.
        """
        ...

    def write_now(self, text: str) -> bool:
        """Send one text if the system takes it at once; tell whether it was sent. Not while a `write` is at work."""
        ...

    async def close(self) -> None:
        """End the stream within about a second, whatever the other side does. May be called more than once."""
        ...


class LineStream:
    """One text a line over a pair of pipes.

    A line that is too long ends the stream: what follows could not be told from its rest.

    Args:
        reader: Where lines come from; its limit is the longest line (use MAX_LINE_BYTES).
        writer: Where lines go.
        name: The other side, for the log.
    """

    max_send_bytes = MAX_LINE_BYTES

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, name: str = "pipe") -> None:
        self._reader = reader
        self._writer = writer
        self._name = name
        self._ended = False

    async def read(self) -> str | None:
        """Return the next line. One that is not UTF-8 comes as an empty text, which is no JSON either."""
        if self._ended:
            return None
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            _log.error("%s sent a line that is too long; the connection ends", self._name)
            self._ended = True
            return None
        except asyncio.IncompleteReadError as error:
            if error.partial:
                _log.warning("%s ended within a line of %d bytes", self._name, len(error.partial))
            self._ended = True
            return None
        except OSError as error:
            _log.warning("%s cannot be read: %s", self._name, error)
            self._ended = True
            return None
        try:
            return line[:-1].decode("utf-8")
        except UnicodeDecodeError:
            return ""

    async def write(self, text: str) -> None:
        """Send one line."""
        if self._writer.is_closing():
            raise ConnectionLostError
        try:
            self._writer.write(text.encode("utf-8") + b"\n")
            await self._writer.drain()
        except OSError:
            raise ConnectionLostError from None
        if self._writer.is_closing():  # Closed meanwhile: nobody knows whether it went out.
            raise ConnectionLostError

    def write_now(self, text: str) -> bool:
        """Send one line where nothing waits before it."""
        if self._writer.is_closing() or self._writer.transport.get_write_buffer_size():
            return False
        self._writer.write(text.encode("utf-8") + b"\n")
        return True

    async def close(self) -> None:
        """End both directions; what was written is flushed where the other side still reads."""
        self._ended = True
        self._writer.close()
        # In a task, and never cancelled: a cancelled wait_closed breaks the writer for everybody else who closes it.
        closed = asyncio.ensure_future(self._writer.wait_closed())
        try:
            await asyncio.wait({closed}, timeout=_CLOSE_TIMEOUT_S)
        finally:
            if not closed.done():
                self._writer.transport.abort()  # The other side does not read: give up what it never took.
        await asyncio.wait({closed}, timeout=_CLOSE_TIMEOUT_S)
        if closed.done() and not closed.cancelled():
            closed.exception()  # It had ended before: no news.


def claim_stdio() -> tuple[IO[bytes], IO[bytes]]:
    """Take this process's stdin and stdout for itself.

    Afterwards file descriptor 0 is empty and 1 is the log's, so that whatever a native library or a stray `print`
    writes cannot get between the lines. Call it before anything is printed, and once in a process's life.

    Returns:
        What stdin and stdout were, unbuffered and not inherited by children.
    """
    sys.stdout.flush()
    source, sink = os.dup(_STDIN_FD), os.dup(_STDOUT_FD)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, _STDIN_FD)
    os.close(nothing)
    os.dup2(_STDERR_FD, _STDOUT_FD)
    return os.fdopen(source, "rb", buffering=0), os.fdopen(sink, "wb", buffering=0)


async def stdio_stream(claimed: tuple[IO[bytes], IO[bytes]] | None = None, *, name: str = "host") -> LineStream:
    """Open the stream to the process that started this one.

    Args:
        claimed: What `claim_stdio` returned, where it had to be called earlier than a loop runs.
        name: The other side, for the log.

    Returns:
        The stream; it ends when the other process does.
    """
    source, sink = claimed or claim_stdio()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    incoming, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    # The second reader gets nothing: this protocol is the one that offers flow control and wait_closed to a writer.
    unused = asyncio.StreamReader()
    transport, protocol = await loop.connect_write_pipe(lambda: asyncio.StreamReaderProtocol(unused), sink)
    return _StdioStream(reader, asyncio.StreamWriter(transport, protocol, None, loop), incoming, name=name)


class _StdioStream(LineStream):
    """Lines over this process's own pipes, of which it has to close both."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, incoming: asyncio.ReadTransport, *, name: str
    ) -> None:
        super().__init__(reader, writer, name=name)
        self._incoming = incoming

    async def close(self) -> None:
        await super().close()
        self._incoming.close()  # not the file below it, which the loop may be about to read
        await asyncio.sleep(0)  # until the file is closed, too
