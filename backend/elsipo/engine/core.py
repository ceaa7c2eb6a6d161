"""The account's life on the pjsip thread: what the host asks, put to the parts that know how.

Every method here runs on the reactor's thread. Must not know JSON-RPC or asyncio.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import time
from typing import TYPE_CHECKING, TypeVar

import pjsua2 as pj

from elsipo.engine.account import BindingRemover, Packet, RegisterOutcome, SipAccount, account_config
from elsipo.engine.audio.probe import Probe
from elsipo.engine.audio.sound import Sound
from elsipo.engine.calls import Calls
from elsipo.engine.contacts import Contacts
from elsipo.engine.dialogs import bye
from elsipo.engine.endpoint import Endpoint
from elsipo.engine.letterbox import Letterbox
from elsipo.engine.messages import Messages
from elsipo.engine.names import NameMap, alias
from elsipo.engine.pace import pace_of_environment
from elsipo.engine.raw import RawSender
from elsipo.engine.referrals import Referrals
from elsipo.engine.registration import RegistrationKeeper
from elsipo.engine.routes import plan
from elsipo.engine.servers import Servers
from elsipo.engine.sip_trace import SipTrace
from elsipo.engine.voicemail import VoicemailBox
from elsipo.engine.watch import Watch
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated.models import AudioChoice, AudioStatus, EngineEngineHelloResult
from elsipo.rpc.errors import InvalidStateError, NotFoundError, ProtocolVersionError
from elsipo.version import ELSIPO_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.engine.account import MessageFate
    from elsipo.engine.emit import Emit
    from elsipo.engine.reactor import Reactor
    from elsipo.engine.routes import Routes
    from elsipo.rpc._generated.models import AccountSettings, EngineCallRecoverParams, EngineMessageSendParams

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Core:
    """One account: registration, messages, calls and sound."""

    def __init__(self, reactor: Reactor, emit: Emit) -> None:
        self._reactor = reactor
        self._emit = emit
        self._endpoint = Endpoint()
        self.trace = SipTrace(reactor.after, emit)
        self._pace = pace_of_environment()
        self._names: NameMap | None = None
        self._account: SipAccount | None = None
        self._keeper: RegistrationKeeper | None = None
        self._messages: Messages | None = None
        self._calls: Calls | None = None
        self._letterbox: Letterbox | None = None
        self._referrals: Referrals | None = None
        self._contacts: Contacts | None = None
        self._voicemail: VoicemailBox | None = None
        self._sound: Sound | None = None

    def hello(self, protocol_version: int) -> EngineEngineHelloResult:
        """Say who this is.

        Raises:
            ProtocolVersionError: the host speaks another version.

        Wire: engine.hello
        """
        if protocol_version != PROTOCOL_VERSION:
            raise ProtocolVersionError(supported=PROTOCOL_VERSION)
        return EngineEngineHelloResult(
            protocol_version=PROTOCOL_VERSION,
            pid=os.getpid(),
            versions={
                "elsipo": ELSIPO_VERSION,
                "python": ".".join(str(part) for part in sys.version_info[:3]),
                "pjproject": self._endpoint.version,
                "pjsua2-python": str(pj.__version__),
            },
            codecs=self._endpoint.codecs[:64],
        )

    def configure(self, settings: AccountSettings) -> AudioStatus:
        """Open the transport and make the account.

        Args:
            settings: As on the wire.

        Raises:
            InvalidStateError: it was configured before, or no socket could be opened.
            InvalidAddressError: the address-of-record or the server is none.

        Wire: account.configure
        """
        if self._account is not None:
            raise InvalidStateError("This engine is an account already.")
        routes = plan(settings, can_alias=True)
        if routes.alias:
            self._names = NameMap(alias(routes.domain, routes.alias))
            if not self._names.install():
                routes = plan(settings)
        servers = self._servers(settings, routes)
        try:
            doorbell = self._endpoint.open(settings)
        except pj.Error as error:
            _log.error("no SIP transport: %s", error.reason)
            raise InvalidStateError("No network socket could be opened for SIP.") from None
        self._reactor.attach(self._endpoint.library.libHandleEvents, doorbell)
        mode = settings.audio or "auto"
        choice = settings.audio_choice or AudioChoice(input="", output="", ringing="")
        sound = Sound(self._endpoint.library, mode, choice, reactor=self._reactor, emit=self._emit)
        self._sound = sound
        keeper = RegistrationKeeper(
            settings,
            routes,
            after=self._reactor.after,
            emit=self._emit,
            chance=random.SystemRandom(),
            servers=servers,
            pace=self._pace,
        )
        self._keeper = keeper
        self._messages = Messages(routes, self._emit, flow=lambda: keeper.flow, suspect=keeper.suspect)
        letterbox = Letterbox(self._messages.arrived, self._reactor.defer)
        if letterbox.install():
            self._letterbox = self._endpoint.doorkeeper.letterbox = letterbox
        raw = RawSender(self._reactor)
        self._calls = Calls(
            routes,
            self._emit,
            reactor=self._reactor,
            sound=sound,
            probe=Probe(self._reactor),
            on_message=self._messages.arrived,
            flow=lambda: keeper.flow,
            farewell=lambda dialog: raw.send(
                bye(dialog, transport=settings.transport, sent_by=self._endpoint.sent_by),
                dialog.route_set[0] if dialog.route_set else dialog.remote_target or dialog.remote_uri,
            ),
        )
        referrals = Referrals(self._calls.within, self._emit, self._reactor.defer)
        if referrals.install():
            self._referrals = self._endpoint.doorkeeper.referrals = referrals
        account = SipAccount(self, self._reactor.defer)
        account.open(account_config(settings, routes))
        self._account = account
        keeper.bind(account)
        self._contacts = Contacts(
            keeper,
            self._emit,
            lambda uri, removed: BindingRemover(account_config(settings, routes), uri, removed, self._reactor.defer),
        )
        self._voicemail = VoicemailBox(account, self._emit, flow=lambda: keeper.flow)
        self._messages.bind(account)
        self._calls.bind(account)
        watch = Watch(
            self._reactor, self._pace, flow=lambda: keeper.flow, on_woken=keeper.suspect, on_moved=self._moved
        )
        watch.start()
        keeper.on_registered = watch.remember
        self._endpoint.library.on_connection_lost = lambda: self._reactor.defer(keeper.connection_lost)
        return sound.status

    def _moved(self) -> None:
        self._endpoint.address_changed()
        self.keeper.suspect()

    def _servers(self, settings: AccountSettings, routes: Routes) -> Servers:
        domain = routes.registrar.removeprefix("sip:").partition(";")[0]
        servers = Servers(domain, settings, self._reactor, active=False)
        if Servers.fits(settings, domain):
            servers = Servers(domain, settings, self._reactor, active=True)
            self._names = NameMap(servers.lead)
            if not self._names.install():
                return Servers(domain, settings, self._reactor, active=False)
        return servers

    def stop(self, grace_s: float, done: Callable[[], None]) -> None:
        """Hang up and unregister.

        Args:
            grace_s: How long that may take.
            done: Called on this thread, once, when it is so or the time is up.

        Wire: engine.stop
        """
        deadline = time.monotonic() + grace_s
        if self._account is not None:
            self._endpoint.library.hangupAllCalls()
            self.keeper.unregister()

        def look() -> None:
            silent = self._calls is None or self._calls.idle
            settled = silent and (self._keeper is None or self._keeper.state == "unregistered")
            if settled or time.monotonic() >= deadline:
                done()
            else:
                self._reactor.after(0.01, look)

        look()

    @property
    def keeper(self) -> RegistrationKeeper:
        """The registration.

        Raises:
            InvalidStateError: there is no account yet.
        """
        return _configured(self._keeper)

    @property
    def messages(self) -> Messages:
        """The instant messages.

        Raises:
            InvalidStateError: there is no account yet.
        """
        return _configured(self._messages)

    @property
    def calls(self) -> Calls:
        """The calls.

        Raises:
            InvalidStateError: there is no account yet.
        """
        return _configured(self._calls)

    @property
    def contacts(self) -> Contacts:
        """What is registered for the account's address.

        Raises:
            InvalidStateError: there is no account yet.
        """
        return _configured(self._contacts)

    @property
    def voicemail(self) -> VoicemailBox:
        """The account's voicemail box.

        Raises:
            InvalidStateError: there is no account yet.
        """
        return _configured(self._voicemail)

    @property
    def sound(self) -> Sound:
        """The sound.

        Raises:
            InvalidStateError: there is no account yet.
        """
        return _configured(self._sound)

    def send_message(self, params: EngineMessageSendParams) -> None:
        """Send an instant message; see Messages.send.

        Wire: message.send
        """
        self.messages.send(params)

    def recover_call(self, params: EngineCallRecoverParams) -> None:
        """Take up a call of an engine that died; see Calls.recover.

        Wire: call.recover
        """
        self.calls.recover(params)

    def answer_offer(self, call_id: str, offer_id: int, sip_status: int) -> None:
        """Say what became of a page that was offered; see Referrals.answer.

        Wire: call.answer_offer
        """
        if self._referrals is None:
            raise NotFoundError
        self._referrals.answer(call_id, offer_id, sip_status)

    def message_stored(self, receipt: int) -> None:
        """The host has a message; see Letterbox.stored.

        Wire: message.stored
        """
        if self._letterbox is not None:
            self._letterbox.stored(receipt)

    def register_started(self) -> None:
        """Listener: a REGISTER leaves."""
        self.keeper.started()

    def register_done(self, outcome: RegisterOutcome) -> None:
        """Listener: a REGISTER is over."""
        self.keeper.done(outcome)
        self.contacts.observe(outcome)

    def voicemail_told(self, packet: Packet) -> None:
        """Listener: a NOTIFY with the state of the voicemail box came."""
        self.voicemail.notified(packet)

    def message_in(self, packet: Packet) -> None:
        """Listener: a MESSAGE came."""
        self.messages.arrived(packet)

    def message_done(self, fate: MessageFate) -> None:
        """Listener: a MESSAGE of ours is over."""
        self.messages.done(fate)

    def incoming_call(self, pj_call_id: int, packet: Packet) -> None:
        """Listener: an INVITE came."""
        self.calls.incoming(pj_call_id, packet)


def _configured(part: T | None) -> T:
    if part is None:
        raise InvalidStateError("There is no account yet.")
    return part
