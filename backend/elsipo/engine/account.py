"""The account as pjsip sees it: its configuration, and its callbacks as plain values.

Callbacks run inside pjsip: they copy what they were given (it dies with the callback) and defer the rest.
Must not know what the events mean.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import pjsua2 as pj

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.engine.routes import Routes
    from elsipo.rpc._generated.models import AccountSettings

_log = logging.getLogger(__name__)

DEFAULT_EXPIRES_S: Final = 300
_NO_PROXY: Final = 0
_ALL_PROXIES: Final = 3
_SCHEMES: Final = ';schemes="sip,http,https"'
_RTP_PORTS: Final = range(16384, 32000)


@dataclass(frozen=True)
class RegisterOutcome:
    """What became of a REGISTER.

    Attributes:
        code: SIP status; pjsip's own where none came.
        reason: Reason phrase.
        expires_s: Granted lifetime.
        source: IP:port of the response; empty where none came.
        packet: The whole response; empty where none came.
    """

    code: int
    reason: str
    expires_s: int
    source: str
    packet: str


@dataclass(frozen=True)
class MessageFate:
    """The final status of a MESSAGE of ours."""

    token: int
    code: int
    reason: str
    packet: str


@dataclass(frozen=True)
class Packet:
    """A request that arrived."""

    text: str
    source: str


class Listener(Protocol):
    """Who is told, on the pjsip thread, outside callbacks (but for `incoming_call`)."""

    def register_started(self) -> None:
        """A REGISTER leaves, ours or pjsip's refresh."""

    def register_done(self, outcome: RegisterOutcome) -> None:
        """A REGISTER is over."""

    def message_in(self, packet: Packet) -> None:
        """A MESSAGE came and was answered 200."""

    def message_done(self, fate: MessageFate) -> None:
        """A MESSAGE of ours is over."""

    def voicemail_told(self, packet: Packet) -> None:
        """A NOTIFY with the state of the voicemail box came."""

    def incoming_call(self, pj_call_id: int, packet: Packet) -> None:
        """An INVITE came. Called inside the callback: the Call object must be there when it returns."""


class SipAccount(pj.Account):
    """pjsip's account. Kept until the process ends."""

    def __init__(self, listener: Listener, defer: Callable[[Callable[[], None]], None]) -> None:
        super().__init__()
        self._listener = listener
        self._defer = defer
        self._config: Any = None

    def open(self, config: Any) -> None:
        """Be this account.

        Raises:
            pj.Error: pjsip would not.
        """
        self._config = config
        self.create(config)

    def register_elsewhere(self) -> None:
        """Forget the REGISTER that is on its way, and send another, to where the domain's name leads now.

        Raises:
            pj.Error: pjsip would not.
        """
        # pjsip drops its registration client when a setting changes. This one says which of the proxies REGISTER
        # passes; there are none where a domain has servers of its own.
        registration = self._config.regConfig
        registration.proxyUse = _NO_PROXY if registration.proxyUse != _NO_PROXY else _ALL_PROXIES
        self.modify(self._config)

    def subscribe_to_voicemail(self) -> None:
        """SUBSCRIBE to the state of the voicemail box, and do so after each registration (RFC 3842).

        Raises:
            pj.Error: pjsip would not.
        """
        self._config.mwiConfig.enabled = True
        self.modify(self._config)

    def onMwiInfo(self, prm: Any) -> None:
        """Copy the packet."""
        packet = Packet(prm.rdata.wholeMsg, prm.rdata.srcAddress)
        self._defer(lambda: self._listener.voicemail_told(packet))

    def onRegStarted(self, prm: Any) -> None:
        """Tell of a refresh that pjsip began by itself, too."""
        if prm.renew:
            self._defer(self._listener.register_started)

    def onRegState(self, prm: Any) -> None:
        """Copy the outcome."""
        outcome = _register_outcome(prm)
        self._defer(lambda: self._listener.register_done(outcome))

    def onInstantMessage(self, prm: Any) -> None:
        """Copy the packet."""
        packet = Packet(prm.rdata.wholeMsg, prm.rdata.srcAddress)
        self._defer(lambda: self._listener.message_in(packet))

    def onInstantMessageStatus(self, prm: Any) -> None:
        """Copy the fate. The token is an address that was given when sending."""
        token = prm.userData
        fate = MessageFate(int(token) if token is not None else 0, int(prm.code), prm.reason, prm.rdata.wholeMsg)
        self._defer(lambda: self._listener.message_done(fate))

    def onIncomingCall(self, prm: Any) -> None:
        """Take the call, or pjsip would leave it unanswered."""
        self._listener.incoming_call(int(prm.callId), Packet(prm.rdata.wholeMsg, prm.rdata.srcAddress))


class BindingRemover(pj.Account):
    """Takes back the binding of another device, by a REGISTER that names no other contact (RFC 3261 §10.2.2).

    An account of pjsip's for as long as that takes. A further Contact in our own account's REGISTER would not do: pjsip
    takes a change of its headers for a change of account, and unregisters us first, so that a call in that moment would
    find nobody.

    Args:
        config: Our own account's.
        uri: As the registrar listed it.
        done: Called on the pjsip thread, outside callbacks.
        defer: The reactor's.

    Raises:
        pj.Error: pjsip would not.
    """

    def __init__(
        self,
        config: Any,
        uri: str,
        done: Callable[[RegisterOutcome], None],
        defer: Callable[[Callable[[], None]], None],
    ) -> None:
        super().__init__()
        self._done = done
        self._defer = defer
        config.priority = -1  # what comes in meanwhile is for our own
        config.sipConfig.contactForced = f"<{uri}>;expires=0"
        config.natConfig.contactRewriteUse = config.natConfig.viaRewriteUse = config.natConfig.sipOutboundUse = 0
        self.create(config)
        self.setRegistration(True)

    def onRegState(self, prm: Any) -> None:
        """Copy the outcome of the last REGISTER.

        pjsip takes ours for a binding of its own, and would take that back when it is closed: a device that came back
        meanwhile would be signed out again. So that is done first, and waited for.
        """
        outcome = _register_outcome(prm)
        self._defer(self._take_back if self.getInfo().regIsActive else lambda: self._done(outcome))

    def _take_back(self) -> None:
        self.setRegistration(False)

    def close(self) -> None:
        """Let pjsip forget it."""
        self.shutdown()


def _register_outcome(prm: Any) -> RegisterOutcome:
    rdata = prm.rdata
    return RegisterOutcome(int(prm.code), prm.reason, int(prm.expiration), rdata.srcAddress, rdata.wholeMsg)


def account_config(settings: AccountSettings, routes: Routes) -> Any:
    """Say to pjsip what the account is.

    Returns:
        A pjsua2 AccountConfig, which holds the password.
    """
    config = pj.AccountConfig()
    display = settings.display_name.replace("\\", "\\\\").replace('"', '\\"')
    display = "".join(character for character in display if character.isprintable())
    config.idUri = f'"{display}" <{routes.aor}>' if display else f"<{routes.aor}>"
    registration = config.regConfig
    registration.registrarUri = routes.registrar
    registration.registerOnAdd = False
    registration.timeoutSec = settings.register_expires_s or DEFAULT_EXPIRES_S
    # The keeper retries, so that what it says about the next try is true.
    registration.retryIntervalSec = 0
    registration.firstRetryIntervalSec = 0
    registration.dropCallsOnFail = False
    # What an application in a call may refer us to (RFC 5629 §4; the tag is RFC 3840's).
    config.sipConfig.contactParams = _SCHEMES
    if routes.proxy:
        config.sipConfig.proxies.append(routes.proxy)
    user = settings.auth_user or routes.user
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", user, 0, settings.password))
    # Each account has an engine: a fixed first port would have them collide. Below the ephemeral range, and even.
    config.mediaConfig.transportConfig.port = _RTP_PORTS.start + 2 * secrets.randbelow(len(_RTP_PORTS) // 2)
    if settings.bound_address:
        # SDP would advertise the outside address otherwise.
        config.mediaConfig.transportConfig.boundAddress = settings.bound_address
        if ":" in settings.bound_address:
            config.mediaConfig.ipv6Use = pj.PJSUA_IPV6_ENABLED_PREFER_IPV6
    return config
