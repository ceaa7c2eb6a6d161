"""The person's windows: one an account, in their places, and what becomes of Elsipo when the last one is closed.

An account whose window is closed stays on line while Elsipo runs; a call to it opens its window. Must not know SIP.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from typing import TYPE_CHECKING

from elsipo.host.addresses import user_and_domain
from elsipo.host.bridge.windows import Windows
from elsipo.host.desktop_memory import DesktopMemory
from elsipo.host.shell import Shell
from elsipo.host.ui.where import RemoteUi, understood
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import ElsipoError, EngineUnavailableError, InvalidStateError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from elsipo.host.account_book import AccountBook
    from elsipo.host.bridge.server import BridgeServer
    from elsipo.host.bridge.windows import Window
    from elsipo.host.folders import Folders
    from elsipo.host.notices import RaiseNotice
    from elsipo.host.shell_options import ShellOptions

_log = logging.getLogger(__name__)

_STORAGES = "account-*"
"""Folders of Chromium's profile, be it the binding's own: see `elsipo_shell.bindings.cef_capi.storage`."""


class Desktop:
    """All windows of this run.

    Args:
        folders: Where places are kept, and where Chromium keeps what pages store.
        book: The accounts.
        shell: How native windows are shown; None leaves them to whoever brings a browser of their own.
        notice: Tells the user.

    Attributes:
        on_change: Called when there are other windows than before.
        bridge: The windows' connections; None until they are served.
        url: The chrome's address; empty before there is one.
    """

    def __init__(
        self,
        folders: Folders,
        book: AccountBook,
        shell: ShellOptions | None,
        notice: RaiseNotice,
    ) -> None:
        self._book = book
        self._cache = folders.cache
        self._tasks: set[asyncio.Task[None]] = set()
        self.bridge: BridgeServer | None = None
        self.url = ""
        self.memory = DesktopMemory(folders.data / "windows.json")
        self.windows = Windows()
        self.ended = asyncio.Event()
        self.on_change: Callable[[], None] = lambda: None
        self.shell = None if shell is None else Shell(shell.argv(folders.cache), self, notice)

    async def start(self, port: int) -> None:
        """Begin to show the windows that were open at the end of the last run.

        Args:
            port: Where they get their documents.
        """
        self.url = f"http://127.0.0.1:{port}/"
        self.memory.keep_port(port)
        await asyncio.to_thread(self._sweep)
        accounts = [record.account_id for record in self._book.all()]
        shown = [account_id for account_id in accounts if not self.memory.is_closed(account_id)] or accounts
        for account_id in shown:
            self._open(account_id)
        if not accounts:
            self.windows.open(None)
        if self.shell is not None:
            await self.shell.start()

    def framed_origins(self) -> set[str]:
        """Origins of the web that windows show pages from; the chrome may frame these and no others."""
        origins = set()
        for window in self.windows.all():
            with contextlib.suppress(NotFoundError, ValueError):  # signed out meanwhile, or no page that can be shown
                ui = None if window.account_id is None else understood(self._book.get(window.account_id).ui)
                if isinstance(ui, RemoteUi):
                    origins.add(ui.origin)
        return origins

    async def stop(self) -> None:
        """Close the native windows, and remove what nobody can ask for any more."""
        for task in self._tasks:
            task.cancel()
        if self.shell is not None:
            await self.shell.stop()
        await asyncio.to_thread(self._sweep)

    async def show(self, account_id: str, offer: str = "") -> None:
        """Open an account's window, or bring it to the front.

        Args:
            account_id: The account.
            offer: An address from outside to be shown there; nothing else is done with it.

        Raises:
            NotFoundError: there is no such account.

        Wire: window.show
        """
        self._book.get(account_id)
        window = self.windows.of_account(account_id)
        is_new = window is None
        if window is None:
            window = self._open(account_id)
        await self._present(window, offer, is_new=is_new)

    async def launched_again(self, offer: str) -> None:
        """Elsipo was started once more: show a window, of the provider that an address is of if there is one.

        Wire: program.open
        """
        records = self._book.all()
        domain = user_and_domain(offer)[1] if offer else ""
        open_ones = [window.account_id for window in self.windows.all() if window.account_id is not None]
        fitting = [record.account_id for record in records if record.domain == domain] or open_ones
        if fitting:
            await self.show(fitting[0], offer)
        elif not records:
            window = next(iter(self.windows.all()), None)
            await self._present(window or self.windows.open(None), offer, is_new=window is None)
        else:
            shown = [record for record in records if not self.memory.is_closed(record.account_id)] or records
            await self.show(shown[0].account_id, offer)

    async def show_dev_tools(self, window: Window, subject: m.DevToolsSubject) -> None:
        """Open Chromium's DevTools for a window, at its page or at the chrome.

        Raises:
            InvalidStateError: the windows are not ours.
            EngineUnavailableError: the shell is starting.

        Wire: dev_tools.show
        """
        await self._own_shell().show_dev_tools(window, subject)

    async def dev_tools(self, window: Window) -> m.DevToolsState:
        """Whether Chromium's DevTools are open for a window. Raises as `show_dev_tools` does. Wire: dev_tools.get."""
        return await self._own_shell().dev_tools(window)

    def _own_shell(self) -> Shell:
        if self.shell is None:
            raise InvalidStateError("This window is another browser's: its own developer tools will do.")
        return self.shell

    async def close(self, account_id: str) -> None:
        """Close an account's window, as its close button does.

        Raises:
            NotFoundError: it has none.

        Wire: window.close
        """
        window = self.windows.of_account(account_id)
        if window is None:
            raise NotFoundError("That window is closed.")
        if self.shell is None:
            self.closed(window.window_id)
            return
        with contextlib.suppress(EngineUnavailableError):
            await self.shell.close(window)

    def closed(self, window_id: str) -> None:
        """The native window is gone."""
        window = self.windows.close(window_id)
        if window is None:
            return
        if self.bridge is not None:
            self._soon(self.bridge.close_connections(window_id))
        if len(self.windows):
            # Who closes the last one leaves Elsipo: that window is the one to come back.
            if window.account_id is not None:
                self.memory.keep_closed(window.account_id, closed=True)
        elif not self.memory.settings.keep_running:
            self.ended.set()
        self.on_change()

    def moved(self, window_id: str, bounds: m.WindowBounds) -> None:
        """A native window has come to rest elsewhere."""
        with contextlib.suppress(NotFoundError):
            if (account_id := self.windows.get(window_id).account_id) is not None:
                self.memory.keep_place(account_id, bounds)

    def signed_in(self, window: Window, account_id: str) -> bool:
        """An account was added in a window: it is shown there, or in a window of its own where that has an account.

        Returns:
            Whether it is shown in that window.
        """
        if window.account_id is None:
            window.account_id = account_id
            return True
        opened = self._open(account_id)
        self._soon(self._present(opened, "", is_new=True))
        return False

    async def signed_out(self, account_id: str) -> Window | None:
        """An account is gone, and with it what its pages kept.

        Returns:
            The window that was its; nobody is signed in there now.
        """
        self.memory.forget(account_id)
        window = self.windows.of_account(account_id)
        if window is not None:
            window.account_id = None
            window.storage = self.windows.fresh_storage()
            if self.shell is not None:
                with contextlib.suppress(EngineUnavailableError):
                    await self.shell.renew(window)
        await asyncio.to_thread(self._sweep)
        return window

    def take_offer(self, window: Window) -> str | None:
        """What was given to a window from outside, once. Wire: address.take_offer."""
        offer, window.offer = window.offer, ""
        return offer or None

    def change_settings(self, settings: m.Settings) -> None:
        """Wire: settings.set."""
        self.memory.keep_settings(settings)
        if self.bridge is not None:
            self.bridge.publish(None, bridge.SETTINGS_CHANGED, m.BridgeSettingsChangedParams(settings=settings))

    def show_soon(self, account_id: str) -> None:
        """Open an account's window, for somebody calls."""
        self._soon(self.show(account_id))

    def gave_up(self) -> None:
        """No native window can be shown. Elsipo ends, unless it is to stay: then the next start tries again."""
        for window in self.windows.all():
            self.windows.close(window.window_id)
        if not self.memory.settings.keep_running:
            self.ended.set()

    def _open(self, account_id: str) -> Window:
        self.memory.keep_closed(account_id, closed=False)
        window = self.windows.open(account_id, self._book.get(account_id).storage_name)
        self.on_change()
        return window

    async def _present(self, window: Window, offer: str, *, is_new: bool) -> None:
        window.offer = offer or window.offer
        if self.shell is not None:
            # A shell that is starting opens all windows by itself.
            with contextlib.suppress(EngineUnavailableError):
                await (self.shell.show(window) if is_new else self.shell.focus(window))
        if self.bridge is not None and window.offer:
            for connection in self.bridge.connections_of(window.window_id, "chrome"):
                if connection.peer is not None:
                    connection.peer.notify(bridge.ADDRESS_OFFERED, m.BridgeAddressOfferedParams())

    def _sweep(self) -> None:
        """Remove what Chromium keeps for accounts that are no more, also for those removed while no host ran."""
        used = {f"account-{record.storage_name}" for record in self._book.all()}
        used |= {f"account-{window.storage}" for window in self.windows.all()}
        for folder in (*self._cache.glob(_STORAGES), *self._cache.glob(f"*/{_STORAGES}")):
            if folder.is_dir() and folder.name not in used:
                shutil.rmtree(folder, ignore_errors=True)

    def _soon(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _logged(work: Coroutine[object, object, None]) -> None:
    try:
        await work
    except ElsipoError as error:
        _log.warning("A window is not as it should be: %s", error)
