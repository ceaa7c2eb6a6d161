"""The bridge server: behind the reception of one port on 127.0.0.1, the pages, and the WebSocket of all.

Checks Host and Origin exactly, so that neither another site in a browser (DNS rebinding included) nor a page gets at
the chrome's connection. Sizes, rates and the number of strangers are bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from elsipo.host.bridge.connection import Connection
from elsipo.host.bridge.local_pages import local_page
from elsipo.host.bridge.methods import bridge_handlers
from elsipo.host.bridge.reception import SUBPROTOCOL
from elsipo.host.bridge.static import refusal
from elsipo.host.call_pages.place import call_page_named, framed
from elsipo.host.provider_ui.bundle import Bundle
from elsipo.host.sip_pages.place import page_named, served
from elsipo.host.ui.place import PROVIDER_PREFIX
from elsipo.host.ui.where import LocalUi
from elsipo.rpc.peer import Peer
from elsipo.rpc.websocket_stream import WebSocketStream

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

    from elsipo.host.bridge.methods import Services
    from elsipo.host.bridge.reception import Reception
    from elsipo.host.bridge.static import StaticFiles
    from elsipo.host.bridge.windows import Windows
    from elsipo.rpc._generated.models import Role
    from elsipo.rpc.method import Notification
    from elsipo.rpc.model import Model

_log = logging.getLogger(__name__)
P = TypeVar("P", bound="Model")

_MAX_STRANGERS = 16
_AUTHORIZE_WITHIN_S = 10.0
"""The chrome lays its line before it has its token, and begins anew when that has not come within 5 s."""


class BridgeServer:
    """Serves the windows.

    Args:
        services: Who answers.
        windows: Whose tokens are good.
    """

    def __init__(self, services: Services, windows: Windows) -> None:
        self._services = services
        self._windows = windows
        self._connections: set[Connection] = set()
        self._files: StaticFiles | None = None
        self.port = 0

    @property
    def chrome_url(self) -> str:
        """Where the trusted chrome lives."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def sdk(self) -> str:
        """The SDK as the text of a script element."""
        assert self._files is not None  # noqa: S101 - set before the port listens
        return self._files.sdk

    def page_origin(self, account_id: str) -> str:
        """The origin of an account's built-in page."""
        return f"http://{account_id}.localhost:{self.port}"

    def start(self, reception: Reception) -> None:
        """Serve who comes there, and who waits there already."""
        self.port, self._files = reception.port, reception.files
        reception.hand_over(self)

    def publish(self, account_id: str | None, notification: Notification[P], *several: P) -> None:
        """Tell the windows of one account (None: all windows), as far as each connection may know."""
        for connection in self._connections:
            if connection.peer is None or not connection.is_open:
                continue
            if account_id in {None, connection.window.account_id}:
                wanted = [params for params in several if connection.wants(notification, params)]
                connection.peer.notify(notification, *wanted)

    def connections_of(self, window_id: str, role: Role | None = None) -> list[Connection]:
        """The authorised connections of one window."""
        return [
            connection
            for connection in self._connections
            if connection.is_open and connection.window.window_id == window_id and role in {None, connection.role}
        ]

    async def close_connections(self, window_id: str, role: Role | None = None) -> None:
        """End the connections of one window."""
        for connection in self.connections_of(window_id, role):
            if connection.peer is not None:
                await connection.peer.close()

    async def answer(self, request: Request, host: str) -> Response | None:
        """Answer plain HTTP, and let only the chrome's own origin begin a WebSocket."""
        if host == f"127.0.0.1:{self.port}":
            if len(request.headers.get_all("Origin")) != 1:
                return refusal(HTTPStatus.FORBIDDEN)
            strangers = sum(not connection.is_open for connection in self._connections)
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE) if strangers >= _MAX_STRANGERS else None
        site = host.removesuffix(f".localhost:{self.port}")
        return refusal(HTTPStatus.MISDIRECTED_REQUEST) if site == host else await self._site(site, request.path, host)

    async def _site(self, site: str, path: str, host: str) -> Response:
        """A page, by the first part of its host name."""
        if site.startswith(PROVIDER_PREFIX):
            return self._provider_page(site.removeprefix(PROVIDER_PREFIX), path)
        if (named := page_named(site)) is not None:
            return self._sip_page(*named, path, host)
        if (named := call_page_named(site)) is not None:
            page = self._services.call_page(*named) if path == "/" else None
            return refusal(HTTPStatus.NOT_FOUND) if page is None else framed(page.page, self.port)
        if any(window.account_id == site for window in self._windows.all()):
            return await self._page(site, path)
        return refusal(HTTPStatus.MISDIRECTED_REQUEST)

    def _provider_page(self, account_id: str, path: str) -> Response:
        assert self._files is not None  # noqa: S101 - as above
        shown = any(window.account_id == account_id for window in self._windows.all())
        bundle = self._services.pages.ui_of(account_id) if shown else None
        if not isinstance(bundle, Bundle):
            return refusal(HTTPStatus.MISDIRECTED_REQUEST)
        return self._files.provider_page(bundle, path)

    def _sip_page(self, account_id: str, page_id: str, path: str, host: str) -> Response:
        assert self._files is not None  # noqa: S101 - as above
        held = self._services.sip_page(account_id, page_id)
        answer = served(self._files, held, path, host=host, port=self.port)
        return answer or refusal(HTTPStatus.NOT_FOUND)

    async def _page(self, account_id: str, path: str) -> Response:
        assert self._files is not None  # noqa: S101 - as above
        ui = self._services.pages.ui_of(account_id)
        if not isinstance(ui, LocalUi):
            return self._files.page(path)
        return await asyncio.to_thread(local_page, self._files, ui, path, self.port)

    async def serve(self, websocket: ServerConnection) -> None:
        """Serve a WebSocket until it ends."""
        if websocket.subprotocol != SUBPROTOCOL:
            await websocket.close(1002, "subprotocol elsipo.v1 expected")
            return
        connection = Connection(self._windows, self._services.pages.used)
        peer = Peer(
            WebSocketStream(websocket),
            bridge_handlers(connection, self._services),
            name="bridge",
            authorize=connection.authorize,
        )
        connection.peer = peer
        self._connections.add(connection)
        deadline = asyncio.create_task(_end_unless_authorized(connection, peer))
        try:
            await peer.run()
        finally:
            self._connections.discard(connection)
            deadline.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await deadline


async def _end_unless_authorized(connection: Connection, peer: Peer) -> None:
    await asyncio.sleep(_AUTHORIZE_WITHIN_S)
    if not connection.is_open:
        _log.warning("A connection did not say who it is, and was closed")
        await peer.close()
