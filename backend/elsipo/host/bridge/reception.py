"""The port of the windows: serves the chrome's documents by itself, and leaves everything else to the bridge.

The documents are the same for everybody and hold nothing of anybody, so they need not wait for a host: Chromium reads
them while the rest is imported, and what they ask for then waits here until the bridge is there. Checks the Host header
exactly, as the bridge does. Must not import what only a whole host needs.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from elsipo.rpc.lean import without

with without("importlib.metadata"):  # a version of it that is not released yet would look there what it is
    import websockets.version  # noqa: F401

from websockets.asyncio.server import serve
from websockets.typing import Origin, Subprotocol

from elsipo.host.bridge.static import StaticFiles, refusal

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request, Response

SUBPROTOCOL = Subprotocol("elsipo.v1")
_MAX_FRAME_BYTES = 256 * 1024


class Bridge(Protocol):
    """Who is behind the reception."""

    async def answer(self, request: Request, host: str) -> Response | None:
        """Answer plain HTTP that is not the chrome's documents; None lets a WebSocket begin."""
        ...

    async def serve(self, websocket: ServerConnection) -> None:
        """Serve a WebSocket until it ends."""
        ...


class Reception:
    """Serves who comes to the windows' port.

    Args:
        listener: Bound to a port of 127.0.0.1; who came there already is served.
        dist: The built frontend.
        framed_origins: Origins of the web that the chrome may frame now.

    Attributes:
        port: That port.
        files: The built frontend.
    """

    def __init__(self, listener: socket.socket, dist: Path, framed_origins: Callable[[], set[str]]) -> None:
        self._listener = listener
        self._framed_origins = framed_origins
        self._bridge: asyncio.Future[Bridge | None] = asyncio.get_running_loop().create_future()
        self._server: Server | None = None
        self.port: int = listener.getsockname()[1]
        self.files = StaticFiles(dist, self.port)

    async def open(self) -> None:
        """Serve from now on."""
        self._server = await serve(
            self._serve,
            sock=self._listener,
            process_request=self._process_request,
            origins=[Origin(f"http://127.0.0.1:{self.port}")],
            subprotocols=[SUBPROTOCOL],
            max_size=_MAX_FRAME_BYTES,
            compression=None,
            server_header=None,
        )

    def hand_over(self, bridge: Bridge) -> None:
        """Whoever waits is the bridge's from now on."""
        self._bridge.set_result(bridge)

    async def close(self) -> None:
        """Close every connection and the port; a second time does nothing."""
        if not self._bridge.done():
            self._bridge.set_result(None)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _process_request(self, _: ServerConnection, request: Request) -> Response | None:
        hosts = request.headers.get_all("Host")
        host = hosts[0].lower() if len(hosts) == 1 else ""
        if host == f"127.0.0.1:{self.port}" and request.path != "/rpc":
            return self.files.chrome(request.path, self._framed_origins())
        bridge = await asyncio.shield(self._bridge)
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE) if bridge is None else await bridge.answer(request, host)

    async def _serve(self, websocket: ServerConnection) -> None:
        if (bridge := await asyncio.shield(self._bridge)) is not None:
            await bridge.serve(websocket)
