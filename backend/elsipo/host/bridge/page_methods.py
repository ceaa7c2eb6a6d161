"""What the chrome may ask about the page that its window shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m

if TYPE_CHECKING:
    from elsipo.host.bridge.connection import Connection
    from elsipo.host.pages import Pages
    from elsipo.rpc.handlers import Handlers

_DONE = m.Empty()


def page_handlers(handlers: Handlers, connection: Connection, pages: Pages) -> None:
    """Add the handlers of one connection."""

    async def page_open(_: m.BridgePageOpenParams) -> m.PageTicket:
        return await pages.ticket(connection.window)

    async def source(_: m.BridgePageSourceParams) -> m.PageSource:
        return await pages.source(connection.window)

    async def fork(_: m.BridgePageForkParams) -> m.PageFork:
        return await pages.fork(connection.window)

    async def use_provider(_: m.BridgePageUseProviderParams) -> m.Empty:
        pages.use_provider(connection.window)
        return _DONE

    handlers.on(bridge.PAGE_OPEN, page_open)
    handlers.on(bridge.PAGE_SOURCE, source)
    handlers.on(bridge.PAGE_FORK, fork)
    handlers.on(bridge.PAGE_USE_PROVIDER, use_provider)
