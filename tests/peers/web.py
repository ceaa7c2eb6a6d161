"""A web server of a provider: https with a certificate of the test's own authority, or plain http; asyncio alone.

Names end in `.localhost`, which is this machine by definition (RFC 6761 §6.3), or lead here for this process alone.
Must not know Elsipo.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    import pytest

    from peers.tls import Authority


@dataclass
class Thing:
    """What is at a path.

    Attributes:
        body: Its octets.
        media_type: What it says it is.
        status: Of the answer.
        headers: More of them.
        instead: Writes the whole answer, head included, however it likes.
    """

    body: bytes = b""
    media_type: str = "application/json"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    instead: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None

    @property
    def etag(self) -> str:
        """Changes with the body."""
        return f'"{sha256(self.body).hexdigest()[:16]}"'


class WebServer:
    """A running server.

    Attributes:
        origin: `https://NAME:PORT`.
        things: What it has, by path; may be changed at any time.
        asked: What was asked for, as `PATH` or `PATH STATUS` where the status is not 200.
    """

    def __init__(self) -> None:
        self.origin = ""
        self.things: dict[str, Thing] = {}
        self.asked: list[str] = []
        self._clients: set[asyncio.Task[None]] = set()

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, name: str, authority: Authority | None, port: int = 0) -> AsyncIterator[Self]:
        """A server that has nothing yet.

        Args:
            name: Its host name; also its certificate's.
            authority: Who signs for it; None for plain http.
            port: One that is free, or 0.
        """
        context = None
        if authority is not None:
            files = authority.issue(name)
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(files.certificate, files.private_key)
        web = cls()
        server = await asyncio.start_server(web._client, "127.0.0.1", port, ssl=context)
        scheme = "https" if context else "http"
        web.origin = f"{scheme}://{name}:{server.sockets[0].getsockname()[1]}"
        try:
            yield web
        finally:
            server.close()
            for client in web._clients:
                client.cancel()
            await asyncio.gather(*web._clients, return_exceptions=True)
            await server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.origin.rpartition(":")[2])

    def serve_folder(self, folder: Path, below: str = "/") -> None:
        """Have what a folder has now."""
        types = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
        for path in folder.rglob("*"):
            if path.is_file():
                media_type = types.get(path.suffix, "application/json")
                self.things[below + path.relative_to(folder).as_posix()] = Thing(path.read_bytes(), media_type)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            # Whoever asks may leave at any point, and often does here.
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
                await self._answer((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"), writer)
        finally:
            self._clients.discard(task)
            writer.transport.abort()

    async def _answer(self, request: str, writer: asyncio.StreamWriter) -> None:
        path = request.split()[1].partition("?")[0]
        thing = self.things.get(path, Thing(status=404))
        status, body = thing.status, thing.body
        if status == 200 and f"if-none-match: {thing.etag}" in request.lower():
            status, body = 304, b""
        self.asked.append(path if status == 200 else f"{path} {status}")
        if thing.instead is not None:
            await thing.instead(writer)
            return
        head = [f"HTTP/1.1 {status} It Is", f"Content-Type: {thing.media_type}", f"Content-Length: {len(body)}"]
        head += [f"ETag: {thing.etag}", "Connection: close"]
        head += [f"{name}: {value}" for name, value in thing.headers.items()]
        writer.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


def leads_here(name: str, patch: pytest.MonkeyPatch) -> None:
    """Have a name lead to this machine, for this process alone."""
    look_up = socket.getaddrinfo

    def look_up_here(host: str, *more: object, **named: object) -> object:
        return look_up("127.0.0.1" if host == name else host, *more, **named)  # type: ignore[arg-type]

    patch.setattr(socket, "getaddrinfo", look_up_here)


async def proxy_says(port: int, where: str, within_s: float = 20) -> bytes:
    """The status of a proxy's answer to one who wants to go somewhere.

    Args:
        port: The proxy's, on this machine.
        where: `HOST:PORT`.
        within_s: How long it may think.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode())
        async with asyncio.timeout(within_s):
            return (await reader.readuntil(b"\r\n\r\n"))[9:12]
    finally:
        writer.close()
