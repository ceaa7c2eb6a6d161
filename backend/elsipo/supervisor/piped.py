"""A child's run (`child.Run`) whose pipes were made by us, not by asyncio. Must not know how it was started."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import IO, TYPE_CHECKING, Self

from elsipo.rpc.stream import MAX_LINE_BYTES

if TYPE_CHECKING:
    from elsipo.supervisor.begun import Begun


class Piped:
    """A process and its pipes."""

    pid: int
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader
    returncode: int | None = None

    def __init__(self) -> None:
        self._ours = contextlib.ExitStack()
        self.exited = asyncio.Event()

    async def connect(self, stdin: IO[bytes], stdout: IO[bytes], stderr: IO[bytes]) -> None:
        """Read and write its pipes; `close` closes them."""
        self.stdin = await self._writer(stdin)
        self.stdout = await self.reader(stdout)
        self.stderr = await self.reader(stderr)

    async def reader(self, file: IO[bytes]) -> asyncio.StreamReader:
        """Read a pipe; `close` closes it."""
        self._ours.enter_context(file)
        reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), file
        )
        self._ours.callback(transport.close)
        return reader

    async def killed(self) -> None:
        """Wait for the end of one that was sent SIGKILL."""
        await self.exited.wait()

    async def close(self) -> None:
        """Let go of its pipes."""
        self._ours.close()
        await asyncio.sleep(0)  # until the transports have let go, too

    async def _writer(self, file: IO[bytes]) -> asyncio.StreamWriter:
        self._ours.enter_context(file)
        loop = asyncio.get_running_loop()
        # Its reader gets nothing: this protocol is the one that offers flow control and wait_closed to a writer.
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), file
        )

        def let_go() -> None:
            if transport.get_write_buffer_size():
                transport.abort()  # close() would go on writing, to a file that is closed
            else:
                transport.close()

        self._ours.callback(let_go)
        return asyncio.StreamWriter(transport, protocol, None, loop)


class Adopted(Piped):
    """A process that was begun before there was a loop."""

    @classmethod
    async def of(cls, begun: Begun) -> Self:
        """Watch it from now on."""
        adopted = cls()
        adopted.pid = begun.pid
        loop = asyncio.get_running_loop()

        def wait() -> None:
            status = begun.wait()
            with contextlib.suppress(RuntimeError):  # the loop is gone, and with it whoever would want to know
                loop.call_soon_threadsafe(adopted._exited, status)

        await adopted.connect(begun.stdin, begun.stdout, begun.stderr)
        # As asyncio's own watcher does; a daemon, for it must not keep this process.
        threading.Thread(target=wait, name=f"life {begun.pid}", daemon=True).start()
        return adopted

    def _exited(self, status: int) -> None:
        self.returncode = status
        self.exited.set()
