"""The user agent (RFC 3261 §6) of one account: its engine process, and what the host wants from and knows of it.

Desired state lives here and in the account book; the engine forgets everything when it dies, and is told again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from functools import partial
from typing import TYPE_CHECKING, Final

from elsipo.host.audio import Audio
from elsipo.host.call_log import call_log
from elsipo.host.call_pages.pages import CallPages
from elsipo.host.calls import Calls
from elsipo.host.crash_reports import CrashReports
from elsipo.host.devices import Devices
from elsipo.host.engine_argv import ENGINE_ARGV
from elsipo.host.events import Ties
from elsipo.host.external_content import ExternalContent
from elsipo.host.fetch import fetcher_of
from elsipo.host.messages import Messages
from elsipo.host.plugins import Plugins
from elsipo.host.provider import Provider
from elsipo.host.questions import Questions
from elsipo.host.registrations import Registrations
from elsipo.host.services import ServiceDesk
from elsipo.host.sip_pages.pages import SipPages
from elsipo.host.sip_trace import SipTrace
from elsipo.host.voicemail import VoicemailBox
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import bridge, engine
from elsipo.rpc._generated.models import (
    AccountSettings,
    AudioMode,
    AudioStatus,
    BridgeEngineStateChangedParams,
    CallLog,
    EngineAccountConfigureParams,
    EngineCallPageOfferedParams,
    EngineEngineEchoParams,
    EngineEngineHelloParams,
    EngineEnginePingParams,
    EngineEngineStopParams,
    EngineMessageReceivedParams,
    EngineMessageStoredParams,
    EngineStatus,
    MessageStatus,
)
from elsipo.rpc.errors import CredentialStoreError, ElsipoError
from elsipo.rpc.handlers import Handlers
from elsipo.supervisor import Supervisor
from elsipo.supervisor.launcher import launch as spawn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from elsipo.host.account_book import AccountBook
    from elsipo.host.credentials import Credentials
    from elsipo.host.events import Emit
    from elsipo.host.fetch import Fetcher
    from elsipo.host.notices import RaiseNotice
    from elsipo.host.store.calls import CallTable
    from elsipo.host.store.devices import DeviceTable
    from elsipo.host.store.messages import MessageTable
    from elsipo.host.store.pages import PageTable
    from elsipo.rpc._generated.models import Registration
    from elsipo.supervisor import RestartPolicy
    from elsipo.supervisor.launcher import Launch

_log = logging.getLogger(__name__)

_UNREGISTER_GRACE_MS = 1_500
_LOCAL_PORTS: Final = range(32_000, 32_768)  # above the media's, below those that systems give away
_SILENT = AudioStatus(backend="null", input_device="", output_device="", detail="")


class UserAgent:
    """One account at work.

    Args:
        account_id: The account.
        book: Its settings.
        credentials: Its password.
        messages: History of messages.
        calls: History of calls.
        devices: Since when devices are known.
        pages: Pages that were visited and are kept.
        emit: Tells this account's windows.
        notice: Tells the user.
        crash_folder: Where it is written how an engine died.
        call_frame: Where the page of a call that has this id is framed.
        is_sandboxed: Whether Chromium's sandbox holds what a page might break.
        launch: How an engine is started.
        audio: Where sound comes from; the demo's echo user loops it.
        policy: When a dead engine is started again.
        on_registration: Hears each change of the registration.
    """

    def __init__(
        self,
        account_id: str,
        *,
        book: AccountBook,
        credentials: Credentials,
        messages: MessageTable,
        calls: CallTable,
        devices: DeviceTable,
        pages: PageTable,
        emit: Emit,
        notice: RaiseNotice,
        crash_folder: Path,
        call_frame: Callable[[str], str],
        is_sandboxed: Callable[[], bool],
        launch: Launch = spawn,
        audio: AudioMode = "auto",
        policy: RestartPolicy | None = None,
        on_registration: Callable[[Registration], None] = lambda _: None,
    ) -> None:
        self.account_id = account_id
        self._book = book
        self._call_table = calls
        self._credentials = credentials
        self._emit = emit
        self._notice = notice
        self._audio_mode: AudioMode = audio
        self._on_registration = on_registration
        self._audio = _SILENT
        # Every engine of ours takes the place of the one before it: what was on its way there is answered here.
        self._local_port = secrets.choice(_LOCAL_PORTS)
        self.versions: dict[str, str] = {}
        self._catching_up: set[asyncio.Task[None]] = set()
        self.crash_reports = CrashReports(crash_folder, account_id)
        self._supervisor = Supervisor(
            f"engine {account_id}",
            ENGINE_ARGV,
            self._handlers(),
            hello=self._hello,
            ping=self._ping,
            goodbye=self._goodbye,
            on_running=self._replay,
            on_state=self._on_engine_state,
            on_death=lambda death: self.crash_reports.write(death, self.versions),
            launch=launch,
            policy=policy,
        )
        ties = Ties(account_id, book.get(account_id).domain, self._supervisor, emit)
        self.registrations = Registrations(ties, book, self._catch_up_soon)
        self.calls = Calls(ties, calls, lambda: self.registrations.is_registered, self._on_call_over)
        fetcher = partial(_fetcher, book, account_id)
        self.call_pages = CallPages(
            ties,
            is_running=self.calls.is_running,
            fetcher=fetcher,
            frame_url=call_frame,
            is_sandboxed=is_sandboxed,
        )
        self.messages = Messages(ties, messages, lambda: self.registrations.is_registered)
        self.questions = Questions(ties)
        external = ExternalContent(fetcher)
        self.provider = Provider(ties, self.questions, external)
        self.services = ServiceDesk(ties, self.questions)
        self.devices = Devices(ties, devices, self.services)
        self.voicemail = VoicemailBox(ties)
        self.sip_pages = SipPages(ties, self.questions, pages, external)
        self.audio = Audio(ties, book, status=lambda: self._audio, observe=self._on_audio)
        self.plugins = Plugins(account_id, emit)
        self.trace = SipTrace(ties)
        self.messages.engine_lost()  # What an earlier host left on its way waits again.

    @property
    def status(self) -> EngineStatus:
        """The life of the engine. Wire: engine.status."""
        process = self._supervisor.status
        return EngineStatus(
            account_id=self.account_id,
            state=process.state,
            pid=process.pid,
            restarts=process.restarts,
            detail=process.detail[:512],
            audio=self._audio,
            crashed_at_ms=self.crash_reports.latest_ms,
        )

    async def start(self) -> None:
        """Start the engine; what follows is told by notifications."""
        await self._supervisor.start()

    async def stop(self) -> None:
        """Unregister where that is quick, and end the engine."""
        for task in self._catching_up:
            task.cancel()
        await asyncio.gather(self._supervisor.stop(), self.plugins.stop(), self.call_pages.stop(), self.provider.stop())

    async def start_engine(self) -> EngineStatus:
        """Start the engine where it is stopped or given up. Wire: engine.start."""
        if self._supervisor.status.state == "failed":
            await self._supervisor.restart()
        else:
            await self._supervisor.start()
        return self.status

    async def stop_engine(self) -> EngineStatus:
        """Unregister and end the engine; running calls end. Wire: engine.stop."""
        await self._supervisor.stop()
        return self.status

    async def restart_engine(self) -> EngineStatus:
        """Start the engine anew, or again; running calls end. Wire: engine.restart."""
        if self._supervisor.status.state == "stopped":
            await self._supervisor.start()
        else:
            await self._supervisor.restart()
        return self.status

    async def echo(self, text: str) -> str:
        """The text again, from the engine's pjsip thread. Wire: system.echo."""
        return await self._supervisor.request(engine.ENGINE_ECHO, EngineEngineEchoParams(text=text))

    async def call_log(self, limit: int | None) -> CallLog:
        """Calls of all the person's devices that are over. Wire: call.log."""
        domain = self._book.get(self.account_id).domain
        return await call_log(self.account_id, domain, self._call_table, self.services, limit)

    def _handlers(self) -> Handlers:
        handlers = Handlers()
        handlers.on_notification(
            engine.REGISTRATION_STATE_CHANGED, lambda params: self._observe_registration(params.registration)
        )
        handlers.on_notification(engine.MESSAGE_RECEIVED, self._on_message)
        handlers.on_notification(engine.MESSAGE_STATUS_CHANGED, lambda params: self._on_message_status(params.status))
        handlers.on_notification(engine.CALL_STATE_CHANGED, lambda params: self.calls.observe(params.call))
        handlers.on_notification(engine.CALL_PAGE_OFFERED, self._on_page_offered)
        handlers.on_notification(engine.CONTACT_LIST_CHANGED, lambda params: self.devices.observe(params.contacts))
        handlers.on_notification(
            engine.VOICEMAIL_STATE_CHANGED, lambda params: self.voicemail.observe(params.voicemail)
        )
        handlers.on_notification(engine.AUDIO_CHANGED, lambda params: self._on_audio(params.audio))
        handlers.on_notification(
            engine.AUDIO_LEVEL_CHANGED, lambda level: self.audio.observe_level(level.input_dbfs, level.output_dbfs)
        )
        handlers.on_notification(
            engine.AUDIO_DEVICES_CHANGED, lambda params: self.audio.observe_devices(params.devices)
        )
        handlers.on_notification(engine.SIP_TRACE_CAPTURED, lambda params: self.trace.observe(params.batch))
        return handlers

    async def _hello(self) -> None:
        hello = await self._supervisor.handshake(
            engine.ENGINE_HELLO, EngineEngineHelloParams(protocol_version=PROTOCOL_VERSION)
        )
        self.versions = dict(hello.versions)

    async def _ping(self) -> None:
        await self._supervisor.handshake(engine.ENGINE_PING, EngineEnginePingParams())

    async def _goodbye(self) -> None:
        params = EngineEngineStopParams(grace_ms=_UNREGISTER_GRACE_MS)
        await self._supervisor.handshake(engine.ENGINE_STOP, params)

    async def _replay(self) -> None:
        """A fresh engine knows nothing: make it this account again, and go on where the last one ended."""
        record = self._book.get(self.account_id)
        try:
            password = await asyncio.to_thread(self._credentials.recall, self.account_id)
        except CredentialStoreError as error:
            self.registrations.fail(error.message)
            self._notice("password", "error", error.message)
            return
        settings = AccountSettings(
            account_id=self.account_id,
            aor=record.account.aor,
            display_name=record.account.display_name,
            transport=record.account.transport,
            server=record.account.server,
            auth_user=record.auth_user,
            password=password,
            tls_ca_file=record.tls_ca_file or None,
            bound_address=record.bound_address,
            local_port=self._local_port,
            audio=self._audio_mode,
            audio_choice=record.audio,
        )
        try:
            await self.trace.replay()
            audio = await self._supervisor.request(
                engine.ACCOUNT_CONFIGURE, EngineAccountConfigureParams(settings=settings)
            )
            self._on_audio(audio)
            await self.registrations.replay()
            await self.voicemail.replay()
        except ElsipoError as error:
            self.registrations.fail(error.message)

    def _on_engine_state(self) -> None:
        status = self.status
        if status.state != "running":
            self.calls.engine_lost(another_comes=status.state in {"starting", "restarting"})
            self.call_pages.engine_lost()
            self.questions.engine_lost()
            self.messages.engine_lost()
            if status.state in {"starting", "restarting"}:
                self.registrations.engine_lost("The telephone engine is starting.")
            else:
                self.registrations.engine_gone("The telephone engine is stopped.")
        if status.state == "failed":
            text = "The telephone engine keeps stopping. Restart it; its crash report says how it ended."
            self._notice("engine", "error", text)
        self._emit(bridge.ENGINE_STATE_CHANGED, BridgeEngineStateChangedParams(status=status))

    def _on_audio(self, audio: AudioStatus) -> None:
        if audio == self._audio:
            return
        self._audio = audio
        if audio.detail:
            self._notice("audio", "info", audio.detail)
        self._emit(bridge.ENGINE_STATE_CHANGED, BridgeEngineStateChangedParams(status=self.status))

    def _observe_registration(self, registration: Registration) -> None:
        self.registrations.observe(registration)
        self._on_registration(registration)

    def _on_page_offered(self, params: EngineCallPageOfferedParams) -> None:
        self.call_pages.offered(params)

    def _on_call_over(self, call_id: str) -> None:
        self.call_pages.call_over(call_id)

    def _on_message(self, params: EngineMessageReceivedParams) -> None:
        message = params.message
        # Content for an element is that, also where it says which question it answers.
        if not (self.provider.receive(message) or self.questions.receive(message)):
            self.messages.receive(message)
        if params.receipt is not None:
            self._supervisor.notify(engine.MESSAGE_STORED, EngineMessageStoredParams(receipt=params.receipt))

    def _on_message_status(self, status: MessageStatus) -> None:
        if not self.questions.observe_status(status):
            self.messages.observe_status(status)

    async def _catch_up(self) -> None:
        await self.calls.recover()
        await self.messages.flush()

    def _catch_up_soon(self) -> None:
        task = asyncio.create_task(self._catch_up(), name=f"catch up {self.account_id}")
        self._catching_up.add(task)
        task.add_done_callback(self._catching_up.discard)


def _fetcher(book: AccountBook, account_id: str) -> Fetcher:
    """Who fetches, by what the person allows now."""
    return fetcher_of(book.get(account_id))
