"""A window's documents without a window: speaks the bridge as the chrome and the page do, over a real WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Self, TypeVar

from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.handlers import Handlers
from elsipo.rpc.peer import Peer
from elsipo.rpc.websocket_stream import WebSocketStream
from websockets.asyncio.client import ClientConnection, connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from elsipo.host.host import Host
    from elsipo.rpc.method import Method, Notification
    from elsipo.rpc.model import Model

P = TypeVar("P", bound="Model")
R = TypeVar("R")


class Document:
    """One authorised connection; remembers every notification it got."""

    def __init__(self, socket: ClientConnection) -> None:
        self._seen: list[tuple[str, Any]] = []
        self._news = asyncio.Condition()
        handlers = Handlers()
        for notification in bridge.NOTIFICATIONS.values():
            handlers.on_notification(notification, self._remember(notification.name))
        self.peer = Peer(WebSocketStream(socket), handlers, name="document")
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()

    async def ended(self) -> None:
        """Wait until the host has closed this connection."""
        await self._ended.wait()

    async def _run(self) -> None:
        try:
            await self.peer.run()
        finally:
            self._ended.set()

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, host: Host, token: str) -> AsyncIterator[Self]:
        """A connection that has redeemed `token`."""
        async with socket_to(host) as socket:
            document = cls(socket)
            running = asyncio.create_task(document._run())
            try:
                await document.ask(
                    bridge.SESSION_OPEN, m.BridgeSessionOpenParams(token=token, protocol_version=PROTOCOL_VERSION)
                )
                yield document
            finally:
                await document.peer.close()
                await running

    @classmethod
    @contextlib.asynccontextmanager
    async def chrome(cls, host: Host, account_id: str | None = None) -> AsyncIterator[Self]:
        """The trusted chrome of an account's window, or of the first window."""
        window = host.windows.all()[0] if account_id is None else host.windows.of_account(account_id)
        assert window is not None
        async with cls.opened(host, host.windows.issue(window, "chrome")) as document:
            yield document

    @contextlib.asynccontextmanager
    async def page(self, host: Host) -> AsyncIterator[Document]:
        """The page in this chrome's window."""
        ticket = await self.ask(bridge.PAGE_OPEN, m.BridgePageOpenParams())
        async with Document.opened(host, ticket.token) as document:
            yield document

    async def ask(self, method: Method[P, R], params: P, timeout_s: float = 10) -> R:
        """Send a request and wait for its answer."""
        return await self.peer.request(method, params, timeout_s=timeout_s)

    async def seen(
        self, notification: Notification[P], wanted: Callable[[P], bool] = lambda _: True, timeout_s: float = 20
    ) -> P:
        """The first notification that fits, whether it came already or comes yet."""

        def fitting() -> P | None:
            return next((params for name, params in self._seen if name == notification.name and wanted(params)), None)

        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: fitting() is not None)
        found = fitting()
        assert found is not None
        return found

    def all_seen(self, notification: Notification[P]) -> list[P]:
        """What came so far."""
        return [params for name, params in self._seen if name == notification.name]

    def forget(self) -> None:
        """Wait for what comes from now on."""
        self._seen.clear()

    async def registered(self) -> m.Registration:
        """Wait until the account is registered."""
        current = await self.ask(bridge.REGISTRATION_GET, m.BridgeRegistrationGetParams())
        if current.state == "registered":
            return current
        news = await self.seen(
            bridge.REGISTRATION_STATE_CHANGED, lambda params: params.registration.state == "registered"
        )
        return news.registration

    def _remember(self, name: str) -> Callable[[Any], None]:
        def remember(params: Any) -> None:
            self._seen.append((name, params))
            task = asyncio.create_task(self._tell())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return remember

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


def socket_to(host: Host, origin: str | None = "", subprotocol: str = "elsipo.v1") -> connect:
    """A WebSocket to the host's bridge; with the chrome's own origin unless another is given."""
    port = host.bridge.port
    return connect(
        f"ws://127.0.0.1:{port}/rpc",
        origin=f"http://127.0.0.1:{port}" if origin == "" else origin,  # type: ignore[arg-type]
        subprotocols=[subprotocol] if subprotocol else None,  # type: ignore[list-item]
        proxy=None,
        compression=None,
        max_size=2**21,
    )
