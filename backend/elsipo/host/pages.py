"""Which page each window shows, and what it may: home, a person's own, one from the web, or the provider's.

The person's own choice comes first, then what the provider offers, then the built-in home.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from elsipo.host.bridge.connection import PAGE_CAPABILITIES
from elsipo.host.fetch import fetcher_of
from elsipo.host.provider_ui.bundle import Bundle
from elsipo.host.provider_ui.provider_ui import ProviderUi
from elsipo.host.ui.files import NoUiError
from elsipo.host.ui.forks import ForkedUi
from elsipo.host.ui.place import Place
from elsipo.host.ui.site import site_of, text_of
from elsipo.host.ui.where import LocalUi, RemoteUi, understood
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import InvalidStateError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from elsipo.host.account_book import AccountBook
    from elsipo.host.bridge.server import BridgeServer
    from elsipo.host.bridge.windows import Window, Windows
    from elsipo.host.fetch import Fetcher
    from elsipo.host.notices import RaiseNotice
    from elsipo.host.provider_ui.grants import GrantLedger
    from elsipo.host.ui.forks import Forks

_log = logging.getLogger(__name__)

_MAX_SOURCE_BYTES: Final = 256 * 1024

# What is asked for a page that cannot say itself what it wants.
_WITHOUT_MANIFEST: Final = {
    "registration.control": "To sign you in and out at the provider.",
    "call.observe": "To see your calls.",
    "call.place": "To place calls; each one asks you.",
    "call.control": "To answer, hold and end calls.",
    "message.read": "To show messages as they come.",
    "message.send": "To send messages as you.",
    "history.read": "To read earlier messages and calls.",
    "service.request": "To ask the provider's services.",
    "engine.control": "To restart the telephone engine.",
    "audio.control": "To choose and measure sound devices.",
    "plugin.use": "To use the plugins of this Elsipo.",
}


class Pages:
    """The pages of all accounts.

    Args:
        book: Whose accounts they are.
        ledger: What was granted.
        folder: Where providers' UIs are kept.
        forks: The pages that the person copied.
        dist: The built frontend, where home is.
        windows: Where pages are shown.
        server: Who serves them.
        notice: Tells a person of an account.
        sandboxed: Whether Chromium's sandbox holds what a page from elsewhere might break.
    """

    def __init__(
        self,
        *,
        book: AccountBook,
        ledger: GrantLedger,
        folder: Path,
        forks: Forks,
        dist: Path,
        windows: Windows,
        server: BridgeServer,
        notice: Callable[[str | None], RaiseNotice],
        sandboxed: Callable[[], bool],
    ) -> None:
        self._book = book
        self._ledger = ledger
        self._folder = folder
        self._forks = forks
        self._dist = dist
        self._windows = windows
        self._server = server
        self._notice = notice
        self._sandboxed = sandboxed
        self._providers: dict[str, ProviderUi] = {}

    def add(self, account_id: str) -> ProviderUi:
        """An account is signed in: its provider's UI, as it was last."""
        provider = ProviderUi(
            account_id,
            book=self._book,
            ledger=self._ledger,
            folder=self._folder / account_id,
            notice=self._notice(account_id),
            on_change=lambda is_new_page: self._on_change(account_id, is_new_page=is_new_page),
        )
        self._providers[account_id] = provider
        return provider

    async def remove(self, account_id: str) -> None:
        """An account is forgotten, and all that was kept and granted with it."""
        if (provider := self._providers.pop(account_id, None)) is not None:
            await provider.stop()
            provider.forget()
        self._ledger.forget(account_id)

    async def stop(self) -> None:
        """Fetch nothing more, and write what is not written."""
        for provider in self._providers.values():
            await provider.stop()
        self._ledger.close()

    def provider(self, account_id: str) -> ProviderUi:
        """An account's provider's UI.

        Raises:
            NotFoundError: it is not signed in.
        """
        try:
            return self._providers[account_id]
        except KeyError:
            raise NotFoundError("There is no such account.") from None

    def ui_of(self, account_id: str) -> LocalUi | RemoteUi | Bundle | None:
        """Where an account's page is from; the built-in home where nothing else can be shown.

        Raises:
            NotFoundError: it is not signed in.
        """
        try:
            chosen = understood(self._book.get(account_id).ui)
        except ValueError as error:
            _log.warning("The page of %s is not shown: %s", account_id, error)
            self._notice(account_id)("ui", "warning", f"Your page cannot be shown: {error}")
            return None
        if chosen is not None:
            return self._forks.of(chosen) if isinstance(chosen, LocalUi) else chosen
        bundle = self.provider(account_id).current
        if bundle is None or bundle.manifest.page is None:
            return None
        if not bundle.asks and not self._sandboxed():
            text = "Chromium runs without its sandbox here: the provider's page is not shown, Elsipo's own is instead."
            self._notice(account_id)("provider-ui", "info", text)
            return None
        return bundle

    def shows_from(self, account_id: str, origin: str) -> bool:
        """Whether the account's window shows its page now, and that is from an origin of the web."""
        window = self._windows.of_account(account_id)
        if window is None or window.shows_sip_page or not self._may_load(window):
            return False
        ui = self.ui_of(account_id)
        return isinstance(ui, RemoteUi) and ui.origin == origin

    async def ticket(self, window: Window) -> m.PageTicket:
        """Where the window's page lives, and a fresh token; the old page's connection is closed.

        Raises:
            NotFoundError: nobody is signed in in this window.

        Wire: page.open
        """
        account_id = _account_id(window)
        await self._server.close_connections(window.window_id, "page")
        ui = self.ui_of(account_id)
        place = Place.of(ui, self._server.page_origin(account_id))
        source, asks = self._asks(account_id, ui)
        window.page_source, window.shows_sip_page = source, False
        window.elements = ui.elements if isinstance(ui, Bundle) else None
        self._grant(window)
        if not source:
            return place.ticket(self._windows.issue(window, "page"))
        undecided = self._ledger.undecided(account_id, source, asks)
        consent: m.PageConsent = "undecided" if undecided else "granted" if window.page_capabilities else "refused"
        return place.ticket(
            self._windows.issue(window, "page"),
            source=source,
            asks=undecided,
            consent=consent if asks else "unneeded",
            may_load=self._may_load(window),
        )

    async def decide(self, window: Window, origin: str, granted: list[m.Capability]) -> None:
        """The person has answered what the window's page asks for.

        Raises:
            NotFoundError: the window shows no page from there, and none waits.

        Wire: grant.decide
        """
        account_id = _account_id(window)
        source, asks = self._asks(account_id, self.ui_of(account_id))
        if not source or origin != source:
            raise NotFoundError("This window shows no page from there.")
        self._ledger.decide(account_id, origin, self._ledger.undecided(account_id, origin, asks), granted)
        self._regrant(account_id)
        await self.provider(account_id).decided()

    def change(self, window: Window, params: m.BridgeGrantChangeParams) -> None:
        """The person revokes something, or grants it after all.

        Raises:
            NotFoundError: nobody asked for that.

        Wire: grant.change
        """
        account_id = _account_id(window)
        if not self._ledger.change(account_id, params.origin, params.capability, granted=params.granted):
            raise NotFoundError("No page of this account asked for that.")
        self._regrant(account_id)

    async def source(self, window: Window) -> m.PageSource:
        """The text of the window's page, as its author wrote it.

        Raises:
            NotFoundError: it cannot be read.

        Wire: page.source
        """
        account_id = _account_id(window)
        try:
            where, content = await text_of(self.ui_of(account_id), self._dist, self._fetcher(account_id))
        except NoUiError as problem:
            raise NotFoundError(str(problem)) from None
        text = content[:_MAX_SOURCE_BYTES].decode("utf-8", "replace")
        return m.PageSource(where=where[:4096], text=text, is_cut=len(content) > _MAX_SOURCE_BYTES)

    async def fork(self, window: Window) -> m.PageFork:
        """Copy the window's page into a folder of the person's and show that, with no grants.

        Raises:
            NotFoundError: the page cannot be had.
            InvalidStateError: the copy could not be written.

        Wire: page.fork
        """
        account_id = _account_id(window)
        try:
            site = await site_of(self.ui_of(account_id), self._dist, self._fetcher(account_id))
            fork = await asyncio.to_thread(self._forks.keep, site.name, site.files, site.start)
        except NoUiError as problem:
            raise NotFoundError(str(problem)) from None
        except OSError as error:
            raise InvalidStateError(f"The copy could not be written: {error.strerror or error}") from error
        # A copy of that name may have been here before, and gone.
        self._ledger.forget_origin(fork.source)
        self._show(account_id, str(fork.root / fork.start))
        return m.PageFork(name=fork.name, folder=str(fork.root)[:4096], left_out=site.left_out)

    def use_provider(self, window: Window) -> None:
        """The provider's page again, or home; the person's files stay.

        Raises:
            NotFoundError: nobody is signed in in this window.

        Wire: page.use_provider
        """
        self._show(_account_id(window), "")

    def used(self, window: Window, capability: m.Capability) -> None:
        """A page made use of what it was granted."""
        if window.page_source and window.account_id is not None:
            self._ledger.used(window.account_id, window.page_source, capability)

    def announce(self, window: Window) -> None:
        """Tell each connection of a window what its session is now."""
        for connection in self._server.connections_of(window.window_id):
            if connection.peer is not None:
                params = m.BridgeSessionChangedParams(session=connection.session)
                connection.peer.notify(bridge.SESSION_CHANGED, params)

    def _show(self, account_id: str, ui: str) -> None:
        self._book.show_ui(account_id, ui)
        # At once: the old page's connection is there until the chrome has asked for the new page.
        self._regrant(account_id)
        self._server.publish(account_id, bridge.PAGE_CHANGED, m.BridgePageChangedParams())

    def _fetcher(self, account_id: str) -> Fetcher:
        return fetcher_of(self._book.get(account_id))

    def _asks(self, account_id: str, ui: LocalUi | RemoteUi | Bundle | None) -> tuple[str, list[m.CapabilityAsk]]:
        """Whom a page's grants are given to, and what it asks for; nobody for one that needs none."""
        if isinstance(ui, RemoteUi | ForkedUi):
            texts = _WITHOUT_MANIFEST
            return _source(ui), [m.CapabilityAsk(capability=name, reason=texts[name]) for name in PAGE_CAPABILITIES]
        if isinstance(ui, Bundle):
            wanted = self.provider(account_id).wanted or ui
            return wanted.origin, [ask for ask in wanted.asks if ask.capability in PAGE_CAPABILITIES]
        return "", []

    def _may_load(self, window: Window) -> bool:
        return self._sandboxed() or bool(window.page_capabilities)

    def _grant(self, window: Window) -> None:
        """What the page that is shown may: what it asked for itself and the person granted to its origin."""
        if window.shows_sip_page:
            window.page_capabilities = ()
            return
        ui = self.ui_of(_account_id(window))
        if not isinstance(ui, Bundle | RemoteUi | ForkedUi):
            window.page_capabilities = PAGE_CAPABILITIES
            return
        granted = self._ledger.granted(_account_id(window), _source(ui))
        asked = {ask.capability for ask in ui.asks} if isinstance(ui, Bundle) else set(PAGE_CAPABILITIES)
        window.page_capabilities = tuple(name for name in PAGE_CAPABILITIES if name in granted & asked)

    def _regrant(self, account_id: str) -> None:
        for window in self._windows.all():
            if window.account_id == account_id:
                self._grant(window)
                self.announce(window)
        self._say_status(account_id)

    def _on_change(self, account_id: str, *, is_new_page: bool) -> None:
        provider = self.provider(account_id)
        branding = m.BridgeProviderBrandingChangedParams(branding=provider.branding)
        self._server.publish(account_id, bridge.PROVIDER_BRANDING_CHANGED, branding)
        self._say_status(account_id)
        waits = provider.wanted is not provider.current
        if (is_new_page or waits) and not self._book.get(account_id).ui:
            self._server.publish(account_id, bridge.PAGE_CHANGED, m.BridgePageChangedParams())

    def _say_status(self, account_id: str) -> None:
        params = m.BridgeProviderStatusChangedParams(ui=self.provider(account_id).status)
        self._server.publish(account_id, bridge.PROVIDER_STATUS_CHANGED, params)


def _account_id(window: Window) -> str:
    if window.account_id is None:
        raise NotFoundError("Nobody is signed in in this window.")
    return window.account_id


def _source(ui: RemoteUi | Bundle | ForkedUi) -> str:
    """Whom its grants are given to."""
    return ui.source if isinstance(ui, ForkedUi) else ui.origin
