"""Keeps the account registered: asks, notices silence, tries again, and says how it stands.

    unregistered → registering → registered → unregistering → unregistered
    registering, registered → failed → registering (by itself, unless only the user can mend it)

pjsip refreshes a granted binding by itself; retries are ours. A server that is down answers nothing over UDP, and
pjsip would say so after 32 s (RFC 3261 §17.1.2.2, timer F). So after 6 s of silence this says "failed" while pjsip's
transaction goes on repeating the request every 4 s (timer E): a server that comes back is found by that.
Lives on the pjsip thread. Must not know calls or messages.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final, Protocol

from elsipo.engine import sip_text
from elsipo.engine.call_info import ui_url
from elsipo.engine.contacts import listed
from elsipo.engine.reasons import in_words
from elsipo.rpc._generated.engine import REGISTRATION_STATE_CHANGED
from elsipo.rpc._generated.models import EngineRegistrationStateChangedParams, Registration
from elsipo.rpc.errors import InvalidStateError

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from elsipo.engine.account import RegisterOutcome
    from elsipo.engine.emit import Emit
    from elsipo.engine.pace import Pace
    from elsipo.engine.reactor import Timer
    from elsipo.engine.routes import Routes
    from elsipo.engine.servers import Servers
    from elsipo.rpc._generated.models import AccountSettings, RegistrationState

_log = logging.getLogger(__name__)

_OK: Final = 200
_TIMEOUT: Final = 408
_UNAVAILABLE: Final = 503
# Only these and server failures (5xx) may pass by themselves; 600 and up, and other 4xx, are an answer.
_TRANSIENT: Final = frozenset({0, 408, 423, 429, 430, 480, 491})


class Registrar(Protocol):
    """What asks the registrar: pjsip's account."""

    def setRegistration(self, renew: bool, /) -> None:  # noqa: FBT001 - pjsua2's signature
        """Send REGISTER, or REGISTER with Expires 0."""

    def register_elsewhere(self) -> None:
        """Forget the REGISTER that is on its way, and send another, to where the domain's name leads now."""


class RegistrationKeeper:
    """The state of one account's binding, and the will to have one."""

    def __init__(
        self,
        settings: AccountSettings,
        routes: Routes,
        *,
        after: Callable[[float, Callable[[], None]], Timer],
        emit: Emit,
        chance: random.Random,
        servers: Servers,
        pace: Pace,
    ) -> None:
        self._settings = settings
        self._routes = routes
        self._after = after
        self._emit = emit
        self._chance = chance
        self._servers = servers
        self._pace = pace
        self._account: Registrar | None = None
        self._wanted = False
        self._pending = False  # pjsip holds a REGISTER transaction
        self._unregistering = False  # and it is one with Expires 0
        self._silence: Timer | None = None
        self._retry: Timer | None = None
        self._tries = 0
        self.state: RegistrationState = "unregistered"
        self.flow = ""
        self.on_settled: Callable[[], None] = lambda: None
        self.on_registered: Callable[[], None] = lambda: None

    @property
    def is_asking(self) -> bool:
        """Whether a REGISTER is on its way."""
        return self._pending

    def bind(self, account: Registrar) -> None:
        """Give it the account to ask through."""
        self._account = account

    def register(self) -> None:
        """Want a binding, and ask for it now.

        Raises:
            InvalidStateError: a REGISTER is in progress.
        """
        if self.state in {"registering", "unregistering"}:
            raise InvalidStateError
        self._wanted = True
        self._tries = 0
        self._ask()

    def unregister(self) -> None:
        """Want no binding, and take back the one there is. Harmless when there is none."""
        self._wanted = False
        self._cancel_timers()
        if self.state == "unregistered":
            return
        if self.state == "failed" and not self._pending:
            self._say("unregistered", 0, "")
            return
        self._say("unregistering", 0, "")
        if self._pending:
            # Its outcome decides; silence ends the wait.
            self._silence = self._after(self._pace.unregister_silence_s, self._give_up_unregistering)
        else:
            self._send_unregister()

    def connection_lost(self) -> None:
        """A connection to the provider broke: make a new one, and be found there again (RFC 5626 §4.4.1)."""
        if self._wanted and self.state == "registered" and not self._pending:
            _log.info("the connection was lost; registering again")
            self._ask(quiet=True)

    def suspect(self) -> None:
        """A request went unanswered, or the machine slept or moved: see whether the binding still stands."""
        if not self._wanted or self._pending:
            return
        if self.state == "registered":
            self._ask(quiet=True)
        elif self.state == "failed" and self._retry is not None:
            self._ask()  # what was waited for may be over

    def started(self) -> None:
        """A REGISTER left; pjsip's own refresh counts too."""
        self._pending = True
        if self._silence is None:
            self._silence = self._after(self._pace.silence_s, self._hear_nothing)

    def done(self, outcome: RegisterOutcome) -> None:
        """A REGISTER is over.

        Args:
            outcome: pjsip's copy.

        Spec: RFC 3261 §10.2.8.
        """
        self._pending = False
        self._cancel_timers()
        from_peer = bool(outcome.packet)
        reason = in_words(outcome.reason, hop=self._routes.hop, from_peer=from_peer, sip_status=outcome.code)
        if not self._wanted:
            if outcome.code == _OK and outcome.expires_s > 0 and not self._unregistering:
                self._send_unregister()  # a REGISTER that was on its way when the user left
                return
            self._unregistering = False
            self._say("unregistered", outcome.code if from_peer else 0, reason)
            self.on_settled()
            return
        if self._unregistering:  # the user came back while the binding was being taken back
            self._unregistering = False
            self._ask()
            return
        if outcome.code == _OK:
            self._tries = 0
            self.flow = outcome.source
            self.on_registered()
            named = ui_url(sip_text.parse(outcome.packet))
            more = {"expires_s": outcome.expires_s, "contact": self._contact(outcome), "ui_url": named}
            self._say("registered", _OK, reason, **more)
            return
        status = outcome.code if from_peer or outcome.code == _TIMEOUT else 0
        transient = not from_peer or outcome.code in _TRANSIENT or outcome.code // 100 == 5  # noqa: PLR2004 - class 5xx
        asked = sip_text.parse(outcome.packet).header("Retry-After") if from_peer else ""
        # A server that fails, or cannot be reached, has others beside it; so has one that is overloaded (§21.5.4).
        if (not from_peer or outcome.code == _UNAVAILABLE) and self._ask_elsewhere():
            return
        self._fail(status, reason, transient=transient, retry_after=asked)

    def _ask(self, *, quiet: bool = False) -> None:
        self._cancel_timers()
        if not quiet:
            self._say("registering", 0, "")
        if self._pending:
            self._silence = self._after(self._pace.silence_s, self._hear_nothing)
            return
        self._servers.find(self._ask_there)

    def _ask_there(self) -> None:
        if self._wanted and not self._pending:  # the person may have changed her mind meanwhile
            self.started()
            self._send(renew=True)

    def _ask_elsewhere(self) -> bool:
        """Ask the domain's next server, when there is one (RFC 3263 §4.3)."""
        if not self._wanted or not self._servers.next():
            return False
        self._cancel_timers()
        was_pending = self._pending
        self.started()
        self._send(renew=True, elsewhere=was_pending)
        return True

    def _send(self, *, renew: bool, elsewhere: bool = False) -> None:
        if self._account is None:
            raise InvalidStateError
        try:
            if elsewhere:
                self._account.register_elsewhere()
            else:
                self._account.setRegistration(renew)
        except Exception as error:  # noqa: BLE001 - pj.Error; this module knows no pjsua2
            # Where pjsip fails at once it may or may not have called back; busy means that one is on its way.
            text = str(getattr(error, "reason", error))
            _log.info("REGISTER was not sent: %s", text)
            if not renew:
                self._give_up_unregistering()
            elif "EBUSY" not in text:
                self._pending = False
                self._cancel_timers()
                self._fail(0, in_words(text, hop=self._routes.hop, from_peer=False), transient=True)

    def _send_unregister(self) -> None:
        self._unregistering = True
        self._pending = True
        self._silence = self._after(self._pace.unregister_silence_s, self._give_up_unregistering)
        self._send(renew=False)

    def _give_up_unregistering(self) -> None:
        self._silence = None
        if self._wanted or self.state == "unregistered":
            return
        self._say("unregistered", 0, in_words("", hop=self._routes.hop, from_peer=False, sip_status=_TIMEOUT))
        self.on_settled()

    def _hear_nothing(self) -> None:
        self._silence = None
        if self._ask_elsewhere():
            return
        reason = in_words("", hop=self._routes.hop, from_peer=False, sip_status=_TIMEOUT)
        self._fail(_TIMEOUT, reason, transient=True)

    def _fail(self, status: int, reason: str, *, transient: bool, retry_after: str = "") -> None:
        if not transient:
            self._say("failed", status, reason)
            return
        if self._pending:  # pjsip goes on asking; this is only when we look again
            delay_s = self._pace.busy_retry_s
        else:
            delay_s = min(self._pace.longest_retry_s, self._pace.first_retry_s * 2.0**self._tries)
            self._tries = min(self._tries + 1, 10)
        delay_s *= self._chance.uniform(1 - self._pace.jitter, 1 + self._pace.jitter)
        if asked := re.match(r"\d{1,5}", retry_after):  # never before that (RFC 3261 §20.33), and not all at once
            delay_s = max(delay_s, float(asked[0]) * self._chance.uniform(1, 1 + self._pace.jitter))
        self._retry = self._after(delay_s, self._ask)
        self._say("failed", status, reason, retry_in_s=max(1, round(delay_s)))

    def _cancel_timers(self) -> None:
        for timer in (self._silence, self._retry):
            if timer is not None:
                timer.cancel()
        self._silence = self._retry = None

    def _contact(self, outcome: RegisterOutcome) -> str | None:
        """Return ours of the Contacts that the registrar knows."""
        contacts = listed(outcome.packet)
        return next((contact.uri for contact in contacts if contact.is_ours), contacts[0].uri if contacts else None)

    def _say(self, state: RegistrationState, status: int, reason: str, **more: Any) -> None:
        self.state = state
        if state not in {"registered", "registering"}:
            _log.info("registration %s: %s %s", state, status, reason)
        registration = Registration(
            account_id=self._settings.account_id,
            state=state,
            sip_status=status,
            reason_phrase=reason,
            transport=self._settings.transport,
            registrar_address=self.flow or None if state == "registered" else None,
            **more,
        )
        self._emit(REGISTRATION_STATE_CHANGED, EngineRegistrationStateChangedParams(registration=registration))
