"""What a window may ask about pages over SIP: the chrome asks for them and shows them, the page follows its links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elsipo.host.sip_pages.links import followed
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import NotFoundError

if TYPE_CHECKING:
    from elsipo.host.bridge.connection import Connection
    from elsipo.host.bridge.methods import Services
    from elsipo.host.sip_pages.pages import SipPages
    from elsipo.rpc.handlers import Handlers

_DONE = m.Empty()


def sip_page_handlers(handlers: Handlers, connection: Connection, services: Services) -> None:
    """Add the handlers of one connection."""
    _pages_and_links(handlers, connection, services)
    _known_pages(handlers, connection, services)


def _account_id(connection: Connection) -> str:
    if (account_id := connection.window.account_id) is None:
        raise NotFoundError("Nobody is signed in in this window.")
    return account_id


def _pages(connection: Connection, services: Services) -> SipPages:
    return services.user_agent(_account_id(connection)).sip_pages


def _pages_and_links(handlers: Handlers, connection: Connection, services: Services) -> None:
    async def ask(params: m.BridgeSipPageAskParams) -> m.SipPage:
        return await _pages(connection, services).ask(params.target, params.fields)

    async def show(params: m.BridgeSipPageShowParams) -> m.PageTicket:
        return await services.sip_page_ticket(connection.window, params.page_id, is_written=params.is_written is True)

    async def empty_place(_: m.BridgeSipPageEmptyPlaceParams) -> m.EmptyPlace:
        return services.empty_place(_account_id(connection))

    async def follow(params: m.BridgeLinkFollowParams) -> m.Empty:
        link = followed(params.uri, params.fields, services.record(_account_id(connection)).domain)
        services.tell_chrome(connection.window, bridge.LINK_FOLLOWED, m.BridgeLinkFollowedParams(link=link))
        return _DONE

    handlers.on(bridge.SIP_PAGE_ASK, ask)
    handlers.on(bridge.SIP_PAGE_SHOW, show)
    handlers.on(bridge.SIP_PAGE_EMPTY_PLACE, empty_place)
    handlers.on(bridge.LINK_FOLLOW, follow)


def _known_pages(handlers: Handlers, connection: Connection, services: Services) -> None:
    async def history(_: m.BridgeSipPageHistoryParams) -> m.KnownPageList:
        return _pages(connection, services).history()

    async def forget_history(_: m.BridgeSipPageForgetHistoryParams) -> m.Empty:
        _pages(connection, services).forget_history()
        return _DONE

    async def bookmarks(_: m.BridgeBookmarkListParams) -> m.KnownPageList:
        return _pages(connection, services).bookmarks()

    async def add(params: m.BridgeBookmarkAddParams) -> m.Empty:
        _pages(connection, services).keep(params.uri, params.title)
        return _DONE

    async def remove(params: m.BridgeBookmarkRemoveParams) -> m.Empty:
        _pages(connection, services).discard(params.uri)
        return _DONE

    handlers.on(bridge.SIP_PAGE_HISTORY, history)
    handlers.on(bridge.SIP_PAGE_FORGET_HISTORY, forget_history)
    handlers.on(bridge.BOOKMARK_LIST, bookmarks)
    handlers.on(bridge.BOOKMARK_ADD, add)
    handlers.on(bridge.BOOKMARK_REMOVE, remove)
