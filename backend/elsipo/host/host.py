"""The host itself: puts the services together, starts them in order, and ends them in the other.

Start-up is recovery: whatever an earlier host left when it was killed is put right here.
"""

from __future__ import annotations

import asyncio
import logging
import platform
from typing import TYPE_CHECKING, TypeVar

from elsipo.host import elsipo_ini
from elsipo.host.bridge.server import BridgeServer
from elsipo.host.call_pages.place import frame_url
from elsipo.host.credentials import Credentials
from elsipo.host.engine_argv import ENGINE_ARGV, ENGINE_PRELOADED
from elsipo.host.fetch import fetcher_of
from elsipo.host.front import Front
from elsipo.host.instance import Door
from elsipo.host.pages import Pages
from elsipo.host.provider_ui.grants import GrantLedger
from elsipo.host.roster import Roster
from elsipo.host.sip_pages.place import empty_place, markup, place_of
from elsipo.host.store.calls import CallTable
from elsipo.host.store.database import Database
from elsipo.host.store.devices import DeviceTable
from elsipo.host.store.messages import MessageTable
from elsipo.host.store.pages import PageTable
from elsipo.host.ui.forks import Forks
from elsipo.host.user_agent import UserAgent
from elsipo.host.web_proxy import WebProxy
from elsipo.resources import frontend_dist
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import ElsipoError, NotFoundError
from elsipo.supervisor import ForkServer, RestartPolicy
from elsipo.version import ELSIPO_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from elsipo.host.account_book import AccountRecord
    from elsipo.host.bridge.windows import Window, Windows
    from elsipo.host.call_pages.pages import OpenPage
    from elsipo.host.fetch import Fetcher
    from elsipo.host.folders import Folders
    from elsipo.host.shell_options import ShellOptions
    from elsipo.host.sip_pages.pages import HeldPage
    from elsipo.rpc.method import Notification
    from elsipo.rpc.model import Model

_log = logging.getLogger(__name__)
_NOTICE_CHARS = 1024
P = TypeVar("P", bound="Model")


class Host:
    """One run of Elsipo.

    Args:
        folders: Where its things are.
        shell: How windows are shown; None leaves them to whoever brings a browser of their own.
        audio: Where calls get their sound.
        use_keyring: Whether passwords may go to the OS keyring; a profile to be thrown away leaves it alone.
        old_ini: The configuration of Elsipo 0.1, to be taken over once; None where there is none to look for.
        front: What of it is there already; the host closes it when it has stopped.
        policy: Makes what decides when a dead engine is started again.
        fork_server: Starts engines; the host ends it.

    Raises:
        ProfileInUseError: another host runs there.
        StoreTooNewError: a newer Elsipo wrote the history.
        ValueError: the account file is not ours.
    """

    def __init__(
        self,
        folders: Folders,
        *,
        shell: ShellOptions | None = None,
        audio: m.AudioMode = "auto",
        use_keyring: bool = True,
        old_ini: Path | None = None,
        front: Front | None = None,
        policy: Callable[[], RestartPolicy] = RestartPolicy,
        fork_server: ForkServer | None = None,
    ) -> None:
        folders.create()
        self._config = folders.config
        self._crashes = folders.data / "crashes"
        self._old_ini = old_ini
        self._front = front or Front(folders, shell)
        self._policy = policy
        self.fork_server = fork_server or ForkServer(ENGINE_ARGV, ENGINE_PRELOADED, policy=policy())
        self.book = self._front.book
        self.credentials = Credentials(folders.config / "passwords.json", use_keyring=use_keyring)
        self._audio: m.AudioMode = audio
        self._database = Database(folders.data / "history.sqlite")
        self._messages = MessageTable(self._database)
        self._calls = CallTable(self._database)
        self._devices = DeviceTable(self._database)
        self._pages = PageTable(self._database)
        self._board = self._front.board
        self._agents: dict[str, UserAgent] = {}
        self._door = Door(folders.data)
        self.desktop = self._front.desktop
        self.bridge = self.desktop.bridge = BridgeServer(self, self.windows)
        self._board.publish = self._publish_notice
        self.pages = Pages(
            book=self.book,
            ledger=GrantLedger(folders.config / "grants.json"),
            folder=folders.data / "providers",
            forks=Forks(folders.data / "uis"),
            dist=frontend_dist(),
            windows=self.windows,
            server=self.bridge,
            notice=self._board.raise_for,
            sandboxed=self._is_sandboxed,
        )
        self._web_proxy = WebProxy(self._web_rules, self._web_unreached)
        self._roster = Roster(self.roster, self._publish_roster)
        self.desktop.on_change = self._roster.look_again
        self.windows.on_launched = self._open_door
        if self._database.set_aside:
            text = f"The history was damaged. It is kept as {self._database.set_aside.name}; a new one has begun."
            self._board.raise_for(None)("history", "warning", text)

    async def start(self) -> None:
        """Start everything; registrations and windows follow by themselves.

        Raises:
            OSError: loopback cannot be bound.
        """
        if lost := self._calls.end_lost():
            _log.warning("%d calls were running when Elsipo ended; they are lost", lost)
        await self._take_over_old_ini()
        for record in self.book.all():
            self._add_agent(record.account_id)
        await asyncio.gather(*(agent.start() for agent in self._agents.values()))
        self.bridge.start(await self._front.serve())
        if self._front.web_listener is not None:
            await self._web_proxy.start(self._front.web_listener)
        self._open_door()

    async def run_until_closed(self) -> None:
        """Wait until the user has closed the last window, where nothing is to go on without, or wants an end."""
        await self.desktop.ended.wait()

    async def stop(self) -> None:
        """Unregister, end every process, close the history. May be called at any point of the start."""
        self._door.close()
        ending = [self.pages.stop(), *(agent.stop() for agent in self._agents.values())]
        ending.append(self.desktop.stop())
        for result in await asyncio.gather(*ending, return_exceptions=True):
            if isinstance(result, Exception):
                _log.error("A process did not end as it should", exc_info=result)
        await self.fork_server.close()
        await self._front.stop_serving()
        await self._web_proxy.stop()
        self._roster.stop()  # only now: what ended changed what it tells, from a history that is closed next
        self._database.close()
        await self._front.close()

    @property
    def windows(self) -> Windows:
        """The windows that there are."""
        return self.desktop.windows

    def roster(self) -> list[m.AccountEntry]:
        """All accounts, and how each stands. Wire: account.list."""
        unread = self._messages.unread()
        return [
            m.AccountEntry(
                account_id=record.account_id,
                aor=record.account.aor,
                display_name=record.account.display_name,
                registration=self._agents[record.account_id].registrations.current.state,
                has_window=self.windows.of_account(record.account_id) is not None,
                unread_count=unread.get(record.account_id, 0),
            )
            for record in self.book.all()
            if record.account_id in self._agents
        ]

    def user_agent(self, account_id: str) -> UserAgent:
        """The account at work.

        Raises:
            NotFoundError: it is not signed in.
        """
        try:
            return self._agents[account_id]
        except KeyError:
            raise NotFoundError("There is no such account.") from None

    def record(self, account_id: str) -> AccountRecord:
        """The account's settings.

        Raises:
            NotFoundError: it is not signed in.
        """
        return self.book.get(account_id)

    async def sign_in(self, window: Window, params: m.BridgeAccountAddParams) -> m.Account:
        """Add an account and show it in this window, or in one of its own where this has an account.

        Raises:
            InvalidAddressError, AccountExistsError, CredentialStoreError: nothing was kept.

        Wire: account.add
        """
        record = self.book.add(
            params.address,
            display_name=params.display_name or "",
            transport=params.transport or "udp",
            server=params.server or "",
            storage=window.storage if window.account_id is None else "",
        )
        try:
            await asyncio.to_thread(
                self.credentials.keep, record.account_id, params.password, allow_file=bool(params.allow_file)
            )
        except ElsipoError:
            self.book.remove(record.account_id)
            raise
        await self._add_agent(record.account_id).start()
        if self.desktop.signed_in(window, record.account_id):
            self.pages.announce(window)
        self._roster.look_again()
        return record.account

    async def sign_out(self, account_id: str) -> None:
        """Forget an account, its password and its history.

        Raises:
            NotFoundError: it is not signed in.

        Wire: account.remove
        """
        agent = self.user_agent(account_id)
        await agent.stop()
        agent.crash_reports.forget()
        self._agents.pop(account_id, None)
        self.book.remove(account_id)
        await asyncio.to_thread(self.credentials.forget, account_id)
        await self.pages.remove(account_id)
        self._messages.forget(account_id)
        self._calls.forget(account_id)
        self._devices.forget(account_id)
        self._pages.forget(account_id)
        self._board.forget(account_id)
        if window := await self.desktop.signed_out(account_id):
            await self.bridge.close_connections(window.window_id, "page")
            self.pages.announce(window)
        self._roster.look_again()

    async def sip_page_ticket(self, window: Window, page_id: str, *, is_written: bool) -> m.PageTicket:
        """Where the window shows a page over SIP, and a token that is good for the baseline.

        Args:
            window: Where it is shown.
            page_id: Which.
            is_written: An empty place waits for its markup.

        Raises:
            NotFoundError: nobody is signed in in this window, or the page is held no more.

        Wire: sip_page.show
        """
        if window.account_id is None:
            raise NotFoundError("Nobody is signed in in this window.")
        held = self.user_agent(window.account_id).sip_pages.visit(page_id)
        await self.bridge.close_connections(window.window_id, "page")
        window.shows_sip_page = True
        window.page_capabilities, window.page_source, window.elements = (), "", None
        place = place_of(held.page, window.account_id, self.bridge.port)
        written = markup(self.bridge.sdk, held) if is_written else None
        return place.ticket(self.windows.issue(window, "page"), markup=written)

    def empty_place(self, account_id: str) -> m.EmptyPlace:
        """Where a page over SIP is written that is yet to come. Wire: sip_page.empty_place."""
        return m.EmptyPlace(url=empty_place(account_id, self.bridge.port))

    def sip_page(self, account_id: str, page_id: str) -> HeldPage | None:
        """A page over SIP that is held; None where there is none."""
        try:
            return self.user_agent(account_id).sip_pages.held(page_id)
        except NotFoundError:
            return None

    def call_page(self, account_id: str, page_id: str) -> OpenPage | None:
        """The page of a call that is open; None where there is none."""
        try:
            return self.user_agent(account_id).call_pages.open_page(page_id)
        except NotFoundError:
            return None

    def tell_chrome(self, window: Window, notification: Notification[P], params: P) -> None:
        """Tell the chrome of one window."""
        for connection in self.bridge.connections_of(window.window_id, "chrome"):
            if connection.peer is not None:
                connection.peer.notify(notification, params)

    def notices(self, account_id: str | None) -> list[m.Notice]:
        """What the user has not dismissed. Wire: notice.list."""
        return self._board.seen_by(account_id)

    def dismiss(self, account_id: str | None, notice_id: str) -> None:
        """The user has read it. Wire: notice.dismiss."""
        self._board.dismiss(account_id, notice_id)

    def versions(self, account_id: str | None) -> dict[str, str]:
        """What Elsipo is made of. Wire: system.versions."""
        versions = {"Elsipo": ELSIPO_VERSION, "Python": platform.python_version()}
        if self.desktop.shell is not None:
            versions |= self.desktop.shell.versions
        if account_id is not None and account_id in self._agents:
            versions |= self._agents[account_id].versions
        return versions

    async def _take_over_old_ini(self) -> None:
        if self._old_ini is None:
            return
        outcome = await asyncio.to_thread(
            elsipo_ini.import_once, self._old_ini, self._config, self.book, self.credentials
        )
        if outcome is not None:
            self._board.raise_for(outcome.account_id)("elsipo-ini", outcome.severity, outcome.text[:_NOTICE_CHARS])

    def _add_agent(self, account_id: str) -> UserAgent:
        def emit(notification: Notification[P], *several: P) -> None:
            self.bridge.publish(account_id, notification, *several)
            self._roster.look_again()
            for params in several:
                if isinstance(params, m.BridgeCallStateChangedParams) and params.call.state == "incoming":
                    self._show_caller(account_id)

        agent = UserAgent(
            account_id,
            book=self.book,
            credentials=self.credentials,
            messages=self._messages,
            calls=self._calls,
            devices=self._devices,
            pages=self._pages,
            emit=emit,
            notice=self._board.raise_for(account_id),
            crash_folder=self._crashes,
            call_frame=lambda page_id: frame_url(page_id, account_id, self.bridge.port),
            is_sandboxed=self._is_sandboxed,
            audio=self._audio,
            launch=self.fork_server.launch,
            policy=self._policy(),
            on_registration=self.pages.add(account_id).observe,
        )
        self._agents[account_id] = agent
        return agent

    def _web_rules(self, origin: str) -> Fetcher | None:
        """By whose rules windows may go to an origin of the web: an account's that shows a page from there now."""
        for account_id, agent in self._agents.items():
            if self.pages.shows_from(account_id, origin) or agent.call_pages.shows_from(origin):
                return fetcher_of(self.book.get(account_id))
        return None

    def _web_unreached(self, origin: str, text: str) -> None:
        """Say why there is no page; Chromium would show a sad face."""
        for account_id in self._agents:
            if self.pages.shows_from(account_id, origin):
                self._board.raise_for(account_id)("ui", "warning", f"Your page cannot be shown: {text}"[:_NOTICE_CHARS])

    def _is_sandboxed(self) -> bool:
        return self.desktop.shell is None or self.desktop.shell.sandboxed

    def _publish_notice(self, account_id: str | None, notice: m.Notice) -> None:
        self.bridge.publish(account_id, bridge.NOTICE_RAISED, m.BridgeNoticeRaisedParams(notice=notice))

    def _publish_roster(self, accounts: list[m.AccountEntry]) -> None:
        self.bridge.publish(None, bridge.ACCOUNT_LIST_CHANGED, m.BridgeAccountListChangedParams(accounts=accounts))

    def _show_caller(self, account_id: str) -> None:
        """Who is called wants to see it, also where the window was closed."""
        if self.windows.of_account(account_id) is None:
            self.desktop.show_soon(account_id)

    def _open_door(self) -> None:
        self._door.open(self.bridge.port, self.windows.issue(self.windows.door, "launcher"))
