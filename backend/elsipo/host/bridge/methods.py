"""What a window may ask, and who in the host answers: the bridge's methods, one line of sight each.

Rights were checked by the connection before a handler runs; a handler acts on its own window's account, never on one
that was named to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from elsipo.host.addresses import parse
from elsipo.host.bridge.call_page_methods import call_page_handlers
from elsipo.host.bridge.desktop_methods import desktop_handlers
from elsipo.host.bridge.developer_methods import developer_handlers
from elsipo.host.bridge.page_methods import page_handlers
from elsipo.host.bridge.plugin_methods import plugin_methods
from elsipo.host.bridge.provider_methods import provider_handlers
from elsipo.host.bridge.sip_page_methods import sip_page_handlers
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import NotFoundError
from elsipo.rpc.handlers import Handlers

if TYPE_CHECKING:
    from elsipo.host.account_book import AccountRecord
    from elsipo.host.bridge.connection import Connection
    from elsipo.host.bridge.windows import Window
    from elsipo.host.call_pages.pages import OpenPage
    from elsipo.host.desktop import Desktop
    from elsipo.host.pages import Pages
    from elsipo.host.sip_pages.pages import HeldPage
    from elsipo.host.user_agent import UserAgent
    from elsipo.rpc.method import Notification
    from elsipo.rpc.model import Model

P = TypeVar("P", bound="Model")
_DONE = m.Empty()


class Services(Protocol):
    """What the bridge needs of the host."""

    @property
    def desktop(self) -> Desktop:
        """The windows of this Elsipo."""
        ...

    def roster(self) -> list[m.AccountEntry]:
        """All accounts, and how each stands."""
        ...

    def user_agent(self, account_id: str) -> UserAgent:
        """The account at work. Raises NotFoundError."""
        ...

    def record(self, account_id: str) -> AccountRecord:
        """The account's settings. Raises NotFoundError."""
        ...

    async def sign_in(self, window: Window, params: m.BridgeAccountAddParams) -> m.Account:
        """Add an account and show it in this window, or in one of its own where this has an account."""
        ...

    async def sign_out(self, account_id: str) -> None:
        """Forget an account, its password and its history."""
        ...

    @property
    def pages(self) -> Pages:
        """Which page each window shows, and what it may."""
        ...

    async def sip_page_ticket(self, window: Window, page_id: str, *, is_written: bool) -> m.PageTicket:
        """Where the window shows a page over SIP, and a fresh token for it. Raises NotFoundError."""
        ...

    def empty_place(self, account_id: str) -> m.EmptyPlace:
        """Where a page over SIP is written that is yet to come."""
        ...

    def sip_page(self, account_id: str, page_id: str) -> HeldPage | None:
        """A page over SIP that is held; None where there is none."""
        ...

    def call_page(self, account_id: str, page_id: str) -> OpenPage | None:
        """The page of a call that is open; None where there is none."""
        ...

    def tell_chrome(self, window: Window, notification: Notification[P], params: P) -> None:
        """Tell the chrome of one window."""
        ...
        ...

    def notices(self, account_id: str | None) -> list[m.Notice]:
        """What the user has not dismissed."""
        ...

    def dismiss(self, account_id: str | None, notice_id: str) -> None:
        """The user has read it."""
        ...

    def versions(self, account_id: str | None) -> dict[str, str]:
        """What Elsipo is made of."""
        ...


def bridge_handlers(connection: Connection, services: Services) -> Handlers:
    """The handlers of one connection."""
    handlers = Handlers()
    _session(handlers, connection, services)
    page_handlers(handlers, connection, services.pages)
    provider_handlers(handlers, connection, services)
    _account(handlers, connection, services)
    _engine(handlers, connection, services)
    _messages(handlers, connection, services)
    _calls(handlers, connection, services)
    _within_a_call(handlers, connection, services)
    _provider(handlers, connection, services)
    _audio(handlers, connection, services)
    plugin_methods(handlers, lambda: _agent(connection, services).plugins)
    desktop_handlers(handlers, connection, services)
    developer_handlers(
        handlers,
        lambda: _agent(connection, services).trace,
        lambda subject: services.desktop.show_dev_tools(connection.window, subject),
        lambda: services.desktop.dev_tools(connection.window),
    )
    sip_page_handlers(handlers, connection, services)
    call_page_handlers(handlers, lambda: _agent(connection, services).call_pages)
    return handlers


def _agent(connection: Connection, services: Services) -> UserAgent:
    return services.user_agent(_account_id(connection))


def _account_id(connection: Connection) -> str:
    if (account_id := connection.window.account_id) is None:
        raise NotFoundError("Nobody is signed in in this window.")
    return account_id


def _session(handlers: Handlers, connection: Connection, services: Services) -> None:
    async def session_open(params: m.BridgeSessionOpenParams) -> m.Session:
        return connection.open(params.token, params.protocol_version)

    async def versions(_: m.BridgeSystemVersionsParams) -> m.Versions:
        return services.versions(connection.window.account_id)

    async def echo(params: m.BridgeSystemEchoParams) -> str:
        return await _agent(connection, services).echo(params.text) if params.hop == "engine" else params.text

    async def notices(_: m.BridgeNoticeListParams) -> list[m.Notice]:
        return services.notices(connection.window.account_id)

    async def dismiss(params: m.BridgeNoticeDismissParams) -> m.Empty:
        services.dismiss(connection.window.account_id, params.notice_id)
        return _DONE

    handlers.on(bridge.SESSION_OPEN, session_open)
    handlers.on(bridge.SYSTEM_VERSIONS, versions)
    handlers.on(bridge.SYSTEM_ECHO, echo)
    handlers.on(bridge.NOTICE_LIST, notices)
    handlers.on(bridge.NOTICE_DISMISS, dismiss)


def _account(handlers: Handlers, connection: Connection, services: Services) -> None:
    async def get(_: m.BridgeAccountGetParams) -> m.Account:
        return services.record(_account_id(connection)).account

    async def add(params: m.BridgeAccountAddParams) -> m.Account:
        return await services.sign_in(connection.window, params)

    async def remove(_: m.BridgeAccountRemoveParams) -> m.Empty:
        await services.sign_out(_account_id(connection))
        return _DONE

    async def registration(_: m.BridgeRegistrationGetParams) -> m.Registration:
        return _agent(connection, services).registrations.current

    async def register(_: m.BridgeAccountRegisterParams) -> m.Registration:
        return await _agent(connection, services).registrations.register()

    async def unregister(_: m.BridgeAccountUnregisterParams) -> m.Registration:
        return await _agent(connection, services).registrations.unregister()

    async def normalize(params: m.BridgeAddressNormalizeParams) -> m.Address:
        domain = services.record(_account_id(connection)).domain
        address = parse(params.text, domain)
        return m.Address(uri=address.uri, display=address.display(domain))

    handlers.on(bridge.ACCOUNT_GET, get)
    handlers.on(bridge.ACCOUNT_ADD, add)
    handlers.on(bridge.ACCOUNT_REMOVE, remove)
    handlers.on(bridge.REGISTRATION_GET, registration)
    handlers.on(bridge.ACCOUNT_REGISTER, register)
    handlers.on(bridge.ACCOUNT_UNREGISTER, unregister)
    handlers.on(bridge.ADDRESS_NORMALIZE, normalize)


def _engine(handlers: Handlers, connection: Connection, services: Services) -> None:
    async def status(_: m.BridgeEngineStatusParams) -> m.EngineStatus:
        return _agent(connection, services).status

    async def start(_: m.BridgeEngineStartParams) -> m.EngineStatus:
        return await _agent(connection, services).start_engine()

    async def stop(_: m.BridgeEngineStopParams) -> m.EngineStatus:
        return await _agent(connection, services).stop_engine()

    async def restart(_: m.BridgeEngineRestartParams) -> m.EngineStatus:
        return await _agent(connection, services).restart_engine()

    async def crash_report(_: m.BridgeEngineCrashReportParams) -> m.CrashReport:
        return _agent(connection, services).crash_reports.latest()

    handlers.on(bridge.ENGINE_STATUS, status)
    handlers.on(bridge.ENGINE_START, start)
    handlers.on(bridge.ENGINE_STOP, stop)
    handlers.on(bridge.ENGINE_RESTART, restart)
    handlers.on(bridge.ENGINE_CRASH_REPORT, crash_report)


def _messages(handlers: Handlers, connection: Connection, services: Services) -> None:
    async def send(params: m.BridgeMessageSendParams) -> m.Message:
        return await _agent(connection, services).messages.send(params.to, params.body, params.content_type)

    async def page(params: m.BridgeMessageListParams) -> m.MessageList:
        return _agent(connection, services).messages.list(params.peer, params.before_ms, params.limit)

    async def mark_read(params: m.BridgeMessageMarkReadParams) -> m.Empty:
        _agent(connection, services).messages.mark_read(params.peer)
        return _DONE

    async def conversations(_: m.BridgeConversationListParams) -> m.ConversationList:
        return _agent(connection, services).messages.conversations()

    async def ask(params: m.BridgeServiceRequestParams) -> m.Empty:
        if connection.role == "page":
            connection.window.declare(params.element_id)
        await _agent(connection, services).provider.ask(params.service, params.element_id)
        return _DONE

    async def fragments(_: m.BridgeFragmentListParams) -> m.FragmentList:
        known = _agent(connection, services).provider.fragments()
        return m.FragmentList(fragments=[one for one in known if connection.window.has_element(one.element_id)])

    handlers.on(bridge.MESSAGE_SEND, send)
    handlers.on(bridge.MESSAGE_LIST, page)
    handlers.on(bridge.MESSAGE_MARK_READ, mark_read)
    handlers.on(bridge.CONVERSATION_LIST, conversations)
    handlers.on(bridge.SERVICE_REQUEST, ask)
    handlers.on(bridge.FRAGMENT_LIST, fragments)


def _calls(handlers: Handlers, connection: Connection, services: Services) -> None:
    async def dial(params: m.BridgeCallDialParams) -> m.Call:
        return await _agent(connection, services).calls.dial(params.target)

    async def answer(params: m.BridgeCallAnswerParams) -> m.Empty:
        await _agent(connection, services).calls.answer(params.call_id)
        return _DONE

    async def reject(params: m.BridgeCallRejectParams) -> m.Empty:
        await _agent(connection, services).calls.reject(params.call_id)
        return _DONE

    async def hang_up(params: m.BridgeCallHangUpParams) -> m.Empty:
        await _agent(connection, services).calls.hang_up(params.call_id)
        return _DONE

    async def running(_: m.BridgeCallListParams) -> m.CallList:
        return _agent(connection, services).calls.running()

    async def history(params: m.BridgeCallHistoryParams) -> m.CallList:
        return _agent(connection, services).calls.history(params.before_ms, params.limit)

    handlers.on(bridge.CALL_DIAL, dial)
    handlers.on(bridge.CALL_ANSWER, answer)
    handlers.on(bridge.CALL_REJECT, reject)
    handlers.on(bridge.CALL_HANG_UP, hang_up)
    handlers.on(bridge.CALL_LIST, running)
    handlers.on(bridge.CALL_HISTORY, history)


def _within_a_call(handlers: Handlers, connection: Connection, services: Services) -> None:
    async def set_muted(params: m.BridgeCallSetMutedParams) -> m.Empty:
        await _agent(connection, services).calls.set_muted(params.call_id, params.muted)
        return _DONE

    async def set_on_hold(params: m.BridgeCallSetOnHoldParams) -> m.Empty:
        await _agent(connection, services).calls.set_on_hold(params.call_id, params.on_hold)
        return _DONE

    async def send_dtmf(params: m.BridgeCallSendDtmfParams) -> m.Empty:
        await _agent(connection, services).calls.send_dtmf(params.call_id, params.digits)
        return _DONE

    async def probe(params: m.BridgeCallProbeAudioParams) -> m.AudioProbe:
        return await _agent(connection, services).calls.probe_audio(params.call_id, params.tone_hz, params.duration_ms)

    handlers.on(bridge.CALL_SET_MUTED, set_muted)
    handlers.on(bridge.CALL_SET_ON_HOLD, set_on_hold)
    handlers.on(bridge.CALL_SEND_DTMF, send_dtmf)
    handlers.on(bridge.CALL_PROBE_AUDIO, probe)


def _provider(handlers: Handlers, connection: Connection, services: Services) -> None:
    async def query(params: m.BridgeServiceQueryParams) -> m.ServiceAnswer:
        return await _agent(connection, services).services.query(params.service, params.arguments)

    async def log(params: m.BridgeCallLogParams) -> m.CallLog:
        return await _agent(connection, services).call_log(params.limit)

    async def devices(_: m.BridgeDeviceListParams) -> m.DeviceList:
        return await _agent(connection, services).devices.list()

    async def sign_out(params: m.BridgeDeviceSignOutParams) -> m.Empty:
        await _agent(connection, services).devices.sign_out(params.device_id)
        return _DONE

    async def voicemail(_: m.BridgeVoicemailGetParams) -> m.Voicemail:
        return await _agent(connection, services).voicemail.get()

    handlers.on(bridge.SERVICE_QUERY, query)
    handlers.on(bridge.CALL_LOG, log)
    handlers.on(bridge.DEVICE_LIST, devices)
    handlers.on(bridge.DEVICE_SIGN_OUT, sign_out)
    handlers.on(bridge.VOICEMAIL_GET, voicemail)


def _audio(handlers: Handlers, connection: Connection, services: Services) -> None:
    async def devices(_: m.BridgeAudioListParams) -> m.AudioDevices:
        return await _agent(connection, services).audio.list()

    async def choose(params: m.BridgeAudioChooseParams) -> m.AudioStatus:
        choice = m.AudioChoice(input=params.input, output=params.output, ringing=params.ringing)
        return await _agent(connection, services).audio.choose(choice)

    async def test(params: m.BridgeAudioTestParams) -> m.Empty:
        await _agent(connection, services).audio.test(params.output)
        return _DONE

    async def meter(params: m.BridgeAudioMeterParams) -> m.Empty:
        await _agent(connection, services).audio.meter(params.on)
        return _DONE

    handlers.on(bridge.AUDIO_LIST, devices)
    handlers.on(bridge.AUDIO_CHOOSE, choose)
    handlers.on(bridge.AUDIO_TEST, test)
    handlers.on(bridge.AUDIO_METER, meter)
