"""Chromium's one way to the web: a proxy for https on loopback, to the hosts of pages that are shown and to no other.

Chromium itself resolves no name and reaches nothing but loopback, so that a page over SIP gets nowhere, also by the
ways that no policy for content closes (WebRTC over TCP takes this one). Each tunnel leads to an address that was
checked by the rules of every fetch, and ends when its page is shown no longer. What goes through is TLS of Chromium's
own; nothing but its beginning is understood here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from typing import TYPE_CHECKING, Final

from elsipo.host.client_hello import HEADER_BYTES, length_of, wants_http
from elsipo.host.fetch import FetchError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine

    import httpcore

    from elsipo.host.fetch import Fetcher

_log = logging.getLogger(__name__)

_MAX_TUNNELS: Final = 64  # Chromium has 32 at once through a proxy
_MAX_HEAD_BYTES: Final = 8192
_HEAD_WITHIN_S: Final = 5.0
_IDLE_S: Final = 600.0
_CHUNK_BYTES: Final = 64 * 1024
_HTTPS_PORT: Final = 443
_CONNECT: Final = re.compile(
    rb"CONNECT ((?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])):([0-9]{1,5}) HTTP/1\.[01]\r\n", re.IGNORECASE
)
_ESTABLISHED: Final = b"HTTP/1.1 200 Connection Established\r\n\r\n"
_FORBIDDEN: Final = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_BAD_GATEWAY: Final = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class WebProxy:
    """The proxy of one run.

    Args:
        rules: By whose rules an origin of https may be gone to now; None where no page from there is shown.
        unreached: Told of an origin that could not be gone to, and why, in words for a person.

    Spec: RFC 9110 §9.3.6 (CONNECT).
    """

    def __init__(self, rules: Callable[[str], Fetcher | None], unreached: Callable[[str, str], None]) -> None:
        self._rules = rules
        self._unreached = unreached
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.head_within_s = _HEAD_WITHIN_S
        self.idle_s = _IDLE_S

    async def start(self, listener: socket.socket) -> None:
        """Serve.

        Args:
            listener: Bound to a port of 127.0.0.1; who came there already is served now.
        """
        self._server = await asyncio.start_server(self._came, sock=listener, limit=_MAX_HEAD_BYTES)

    async def stop(self) -> None:
        """Close every tunnel and the port."""
        if self._server is not None:
            self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= _MAX_TUNNELS:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer), name="tunnel to the web")
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, EOFError):
                origin = await self._asked_for(reader)
                rules = self._rules(origin)
                if rules is None:
                    writer.write(_FORBIDDEN)
                else:
                    await self._tunnel(origin, rules, reader, writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    async def _asked_for(self, reader: asyncio.StreamReader) -> str:
        """The origin that is asked for; empty for whatever else was said."""
        try:
            async with asyncio.timeout(self.head_within_s):
                head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return ""
        asked = _CONNECT.match(head)
        if asked is None:
            return ""
        host, port = asked[1].decode().lower(), int(asked[2])
        return f"https://{host}" if port == _HTTPS_PORT else f"https://{host}:{port}"

    async def _tunnel(
        self, origin: str, rules: Fetcher, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            far = await rules.connect(origin)
        except FetchError as error:
            _log.info("A page's host is not gone to (%s): %s", error.reason, error.text)
            self._unreached(origin, error.text)
            writer.write(_FORBIDDEN if error.reason == "private_address" else _BAD_GATEWAY)
            return
        from httpcore import NetworkError  # imported with the connection

        try:
            writer.write(_ESTABLISHED)
            with contextlib.suppress(NetworkError):
                async with asyncio.timeout(self.idle_s) as idle:
                    await _first_of(self._up(origin, reader, far, idle), self._down(far, writer, idle))
        finally:
            await far.aclose()

    async def _up(
        self, origin: str, reader: asyncio.StreamReader, far: httpcore.AsyncNetworkStream, idle: asyncio.Timeout
    ) -> None:
        # A page is asked for by HTTP in TLS. WebRTC would speak to a TURN server, in TLS or not, and for whatever page
        # is shown beside this one.
        header = await reader.readexactly(HEADER_BYTES)
        record = await reader.readexactly(length_of(header))
        if not wants_http(record):
            return
        data = header + record
        # Chromium keeps tunnels for later: what comes when the page is gone is not the page's.
        while data and self._rules(origin) is not None:
            self._goes_on(idle)
            await far.write(data)
            data = await reader.read(_CHUNK_BYTES)

    async def _down(
        self, far: httpcore.AsyncNetworkStream, writer: asyncio.StreamWriter, idle: asyncio.Timeout
    ) -> None:
        while data := await far.read(_CHUNK_BYTES):
            self._goes_on(idle)
            writer.write(data)
            await writer.drain()

    def _goes_on(self, idle: asyncio.Timeout) -> None:
        if not idle.expired():
            idle.reschedule(asyncio.get_running_loop().time() + self.idle_s)


async def _first_of(*ways: Coroutine[None, None, None]) -> None:
    """Run all until one has ended, and end the others."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
