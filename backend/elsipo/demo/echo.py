"""The demo provider's echo user: an Elsipo engine without a window that loops audio and answers messages."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

from elsipo.host.account_book import AccountBook
from elsipo.host.credentials import Credentials
from elsipo.host.store.calls import CallTable
from elsipo.host.store.database import Database
from elsipo.host.store.devices import DeviceTable
from elsipo.host.store.messages import MessageTable
from elsipo.host.store.pages import PageTable
from elsipo.host.user_agent import UserAgent
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import ElsipoError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from elsipo.host.folders import Folders
    from elsipo.rpc._generated.models import Severity
    from elsipo.rpc.method import Notification
    from elsipo.rpc.model import Model

_log = logging.getLogger(__name__)
P = TypeVar("P", bound="Model")


class EchoUser:
    """Answers every call and sends back what it hears; answers every text with the same text.

    Args:
        folders: Where it keeps its things.
        address: Its AOR.
        password: Its password.
        server: The provider's host:port.
    """

    def __init__(self, folders: Folders, address: str, password: str, server: str) -> None:
        folders.create()
        book = AccountBook(folders.accounts)
        credentials = Credentials(folders.config / "passwords.json", use_keyring=False)
        account_id = book.add(address, display_name="Echo", server=server).account_id
        credentials.keep(account_id, password, allow_file=True)
        self._database = Database(folders.data / "history.sqlite")
        self._tasks: set[asyncio.Task[object]] = set()
        self._registered = asyncio.Event()
        self._answered: set[str] = set()
        self._agent = UserAgent(
            account_id,
            book=book,
            credentials=credentials,
            messages=MessageTable(self._database),
            calls=CallTable(self._database),
            devices=DeviceTable(self._database),
            pages=PageTable(self._database),
            emit=self._on_event,
            notice=_log_notice,
            crash_folder=folders.data / "crashes",
            call_frame=lambda _: "",  # it has no window
            is_sandboxed=lambda: False,
            audio="echo",
        )

    async def start(self) -> None:
        """Start the engine and wait until the provider knows it."""
        await self._agent.start()
        await self._registered.wait()

    async def stop(self) -> None:
        """Unregister and end the engine."""
        for task in self._tasks:
            task.cancel()
        await self._agent.stop()
        self._database.close()

    def _on_event(self, notification: Notification[P], *several: P) -> None:
        del notification  # the parameters' type says which it is
        for params in several:
            self._on(params)

    def _on(self, params: Model) -> None:
        match params:
            case m.BridgeRegistrationStateChangedParams(registration=registration):
                if registration.state == "registered":
                    self._registered.set()
            case m.BridgeCallStateChangedParams(call=m.Call(direction="incoming") as call):
                self._on_call(call)
            case m.BridgeMessageReceivedParams(message=message):
                self._soon(self._agent.messages.send(message.peer, message.body, message.content_type))
            case _:
                pass

    def _on_call(self, call: m.Call) -> None:
        if call.state == "disconnected":
            self._answered.discard(call.call_id)
        elif call.call_id not in self._answered:
            self._answered.add(call.call_id)
            self._soon(self._agent.calls.answer(call.call_id))

    def _soon(self, work: Coroutine[object, object, object]) -> None:
        async def done() -> None:
            try:
                await work
            except ElsipoError as error:
                _log.warning("The echo user could not answer: %s", error.message)

        task = asyncio.create_task(done())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _log_notice(notice_id: str, severity: Severity, text: str) -> None:
    _log.info("%s %s: %s", severity, notice_id, text)
