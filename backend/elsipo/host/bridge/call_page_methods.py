"""What the chrome may ask about pages that applications show beside calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.host.call_pages.pages import CallPages
    from elsipo.rpc.handlers import Handlers


def call_page_handlers(handlers: Handlers, pages: Callable[[], CallPages]) -> None:
    """Add the handlers of one connection.

    Args:
        handlers: To add to.
        pages: Gives those of the window's account. Raises NotFoundError.
    """

    async def listed(_: m.BridgeCallPageListParams) -> m.CallPageList:
        return pages().list()

    async def decide(params: m.BridgeCallPageDecideParams) -> m.Empty:
        await pages().decide(params.call_id, params.offer_id, allowed=params.allowed)
        return m.Empty()

    async def close(params: m.BridgeCallPageCloseParams) -> m.Empty:
        pages().close(params.call_id)
        return m.Empty()

    handlers.on(bridge.CALL_PAGE_LIST, listed)
    handlers.on(bridge.CALL_PAGE_DECIDE, decide)
    handlers.on(bridge.CALL_PAGE_CLOSE, close)
