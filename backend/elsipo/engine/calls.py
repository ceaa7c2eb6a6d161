"""The account's calls: who, how far, how it sounds; and what the host asks of them.

    outgoing: null → calling → early → connecting → confirmed → disconnected
    incoming: null → incoming → early → connecting → confirmed → disconnected

An incoming call is reported and then rung (180) by itself; whether it is answered is the host's word. A call that is
taken up again, here after the death of an engine or over there after the peer's, goes on under its id with another leg.
pjsip takes four calls at once and answers 486 to the fifth. Lives on the pjsip thread. Must not know outcomes or
history.

Longer than most: what the host asks and what pjsip tells change the same records, and each half makes no sense alone.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from typing import TYPE_CHECKING, Any, Final

import pjsua2 as pj

from elsipo.engine import dialogs, sip_text
from elsipo.engine.call_leg import NO_MEDIA, CallLeg, LegState, Redirection
from elsipo.engine.call_record import Record, talks_of, told, tone_of
from elsipo.engine.reasons import in_words
from elsipo.rpc._generated.engine import CALL_STATE_CHANGED
from elsipo.rpc._generated.models import EngineCallStateChangedParams
from elsipo.rpc.errors import InvalidAddressError, InvalidStateError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from elsipo.engine.account import Packet, SipAccount
    from elsipo.engine.audio.probe import Probe
    from elsipo.engine.audio.sound import Sound
    from elsipo.engine.emit import Emit
    from elsipo.engine.reactor import Reactor
    from elsipo.engine.routes import Routes
    from elsipo.rpc._generated.models import AudioProbe, Dialog, EngineCallRecoverParams

_log = logging.getLogger(__name__)

_RINGING: Final = 180
_OK: Final = 200
_DECLINE: Final = 603
_CANCELLED: Final = 487
_REFUSALS: Final = range(300, 700)
_CANCEL_SILENCE_S: Final = 4.0
_KEEP_LEG_S: Final = 2.0
_TAKING_UP_S: Final = 6.0
_PROCEEDING: Final = frozenset({"null", "calling", "incoming", "early", "connecting"})


class Calls:
    """The account's calls."""

    def __init__(
        self,
        routes: Routes,
        emit: Emit,
        *,
        reactor: Reactor,
        sound: Sound,
        probe: Probe,
        on_message: Callable[[Packet], None],
        flow: Callable[[], str],
        farewell: Callable[[Dialog], None],
    ) -> None:
        self._routes = routes
        self._emit = emit
        self._reactor = reactor
        self._sound = sound
        self._probe = probe
        self._on_message = on_message
        self._flow = flow
        self._farewell = farewell
        self._replaced: set[CallLeg] = set()
        self._account: SipAccount | None = None
        self._records: dict[str, Record] = {}

    def bind(self, account: SipAccount) -> None:
        """Give it the account to call from."""
        self._account = account

    @property
    def idle(self) -> bool:
        """Whether there is no call."""
        return not self._records

    def dial(self, call_id: str, to: str) -> None:
        """Call somebody.

        Args:
            call_id: The host's id for the call.
            to: SIP URI.

        Raises:
            InvalidStateError: the id is taken, or there are four calls already.
            InvalidAddressError: pjsip cannot call that.

        Wire: call.dial
        Spec: RFC 3261 §13.2.
        """
        if self._account is None or call_id in self._records:
            raise InvalidStateError
        leg = CallLeg(self._account, self, self._reactor.defer)
        record = Record(call_id, "outgoing", sip_text.plain_uri(to), "", leg)
        self._records[call_id] = record
        try:
            leg.dial(to)
        except pj.Error as error:
            self._forget(record)
            _log.info("INVITE was not sent: %s", error.reason)
            if "EINVALIDURI" in error.reason or "EINVALIDREQURI" in error.reason:
                raise InvalidAddressError from None
            raise InvalidStateError(in_words(error.reason, hop=self._routes.hop, from_peer=False)) from None

    def recover(self, params: EngineCallRecoverParams) -> None:
        """Take up a call of an engine that died: ask the peer to put a new dialog in the place of the lost one.

        Sent to the peer's address, not to its remote target: a provider relays to its own people only, and a target
        behind NAT is reached over the peer's registered flow. All devices of the peer get it, and the one that has
        the dialog takes it; the others refuse (RFC 3891 §3: 481), and so do those that know no Replaces (420).

        Args:
            params: As on the wire.

        Raises:
            InvalidStateError: the id is taken, or pjsip would not.

        Wire: call.recover
        Spec: RFC 3891 §3, §7.
        """
        if self._account is None or params.call_id in self._records:
            raise InvalidStateError
        leg = CallLeg(self._account, self, self._reactor.defer)
        record = Record(params.call_id, params.direction, params.peer, params.peer_display, leg, "connecting")
        record.muted, record.on_hold = params.muted, params.on_hold
        record.renewing, record.lost = True, params.dialog
        self._records[record.call_id] = record
        try:
            leg.dial(params.dialog.remote_uri, dialogs.replaces(params.dialog))
        except pj.Error as error:
            self._forget(record)
            _log.info("INVITE with Replaces was not sent: %s", error.reason)
            raise InvalidStateError(in_words(error.reason, hop=self._routes.hop, from_peer=False)) from None

        def look() -> None:
            if record.renewing and record.call_id in self._records:
                self._refuse_to_renew(record)

        self._reactor.after(_TAKING_UP_S, look)

    def incoming(self, pj_call_id: int, packet: Packet) -> None:
        """Take an INVITE, inside pjsip's callback; it is reported and rung when that has returned."""
        if self._account is None:
            return
        invite = sip_text.parse(packet.text)
        display, uri = sip_text.name_and_uri(invite.header("From"))
        leg = CallLeg(self._account, self, self._reactor.defer, pj_call_id, packet)
        record = Record(
            secrets.token_hex(8), "incoming", sip_text.plain_uri(uri), sip_text.clip(display, 256), leg, "incoming"
        )
        record.sip_call_id = invite.header("Call-ID")
        self._records[record.call_id] = record
        self._reactor.defer(lambda: self._ring(record))

    def answer(self, call_id: str, sip_status: int) -> None:
        """Answer an incoming call, or ring on.

        Raises:
            NotFoundError: there is no such call.
            InvalidStateError: it is not one that waits for an answer.

        Wire: call.answer
        Spec: RFC 3261 §13.3.1.
        """
        record = self._find(call_id)
        if not record.waits_for_answer or sip_status not in {_RINGING, _OK}:
            raise InvalidStateError
        self._try(lambda: record.leg.reply(sip_status))

    def hang_up(self, call_id: str, sip_status: int) -> None:
        """End a call, whatever its state: BYE, CANCEL, or a refusal with this status.

        Raises:
            NotFoundError: there is no such call.

        Wire: call.hang_up
        Spec: RFC 3261 §9.1, §15.1.1, §21.4.18.
        """
        record = self._find(call_id)
        refusing = record.waits_for_answer
        status = sip_status if refusing and sip_status in _REFUSALS else 0
        try:
            record.leg.end(status or (_DECLINE if refusing else 0))
        except pj.Error as error:  # it is ending by itself
            _log.info("hanging up: %s", error.reason)
        if not refusing:
            # Without any response CANCEL may not even be sent (§9.1); nobody wants to wait half a minute for that.
            self._reactor.after(_CANCEL_SILENCE_S, lambda: self._give_up(record))

    def set_muted(self, call_id: str, *, muted: bool) -> None:
        """Send silence, or the microphone again.

        Raises:
            NotFoundError: there is no such call.

        Wire: call.set_muted
        """
        record = self._find(call_id)
        if record.muted != muted:
            record.muted = muted
            self._listen()
            self._say(record)

    def set_on_hold(self, call_id: str, *, on_hold: bool) -> None:
        """Hold the peer, or take it back.

        Raises:
            NotFoundError: there is no such call.
            InvalidStateError: it is not confirmed, or a change is under way.

        Wire: call.set_on_hold
        Spec: RFC 3264 §8.4.
        """
        record = self._confirmed(call_id)
        if record.on_hold == on_hold:
            return
        self._try(lambda: record.leg.hold(on=on_hold))
        record.on_hold = on_hold
        self._say(record)

    def send_dtmf(self, call_id: str, digits: str) -> None:
        """Send digits as telephone events.

        Raises:
            NotFoundError: there is no such call.
            InvalidStateError: it is not confirmed, or the peer takes no such events.

        Wire: call.send_dtmf
        Spec: RFC 4733.
        """
        record = self._confirmed(call_id)
        self._try(lambda: record.leg.dialDtmf(digits))

    def within(self, sip_call_id: str, tags: frozenset[str]) -> tuple[str, CallLeg] | None:
        """Return the call, and its leg, whose confirmed dialog has this Call-ID and these tags; None without one.

        Asked inside pjsip's callbacks: the leg knows already what is told of it when they have returned.
        """
        for record in self._records.values():
            dialog = record.leg.dialog
            if dialog is None or not record.leg.isActive() or dialog.sip_call_id != sip_call_id:
                continue
            if {dialog.local_tag, dialog.remote_tag} == tags:
                return record.call_id, record.leg
        return None

    def probe_audio(self, call_id: str, tone_hz: int, duration_ms: int) -> Future[AudioProbe]:
        """Play a tone into a call and measure what comes back; our own microphone is silent meanwhile.

        Raises:
            NotFoundError: there is no such call.
            InvalidStateError: no sound flows in it, or a measurement is under way.

        Wire: call.probe_audio
        """
        record = self._confirmed(call_id)
        if record.media.audio is None:
            raise InvalidStateError("No sound flows in this call.")
        future = self._probe.start(record.media.audio, tone_hz, duration_ms)
        record.probing = True
        self._listen()

        def over() -> None:
            record.probing = False
            self._listen()

        future.add_done_callback(lambda _: self._reactor.submit(over))
        return future

    def leg_state(self, leg: CallLeg, state: LegState) -> None:
        """LegListener: another state."""
        record = self._of(leg)
        if record is None:
            self._let_go(leg, state)
            return
        if record.renewing and state.state in _PROCEEDING:
            if state.state == "early" and record.lost is not None:
                self._refuse_to_renew(record)  # it rings: whoever that is does not know the call
            return
        record.dialog = state.dialog or record.dialog
        record.state = state.state
        record.sip_status = state.sip_status
        record.sip_call_id = state.sip_call_id or record.sip_call_id
        record.reason = in_words(
            state.reason, hop=self._routes.hop, from_peer=state.from_peer, sip_status=state.sip_status
        )
        if state.state == "disconnected" and state.redirection is not None:
            record.sip_status = state.redirection.sip_status
            record.reason = self._sent_on(state.redirection)
        if state.state == "disconnected":
            self._forget(record)
        elif state.state == "confirmed" and record.renewing:
            record.renewing, record.lost = False, None
            self._hold_again(record)
        self._listen()
        self._say(record)

    def leg_media(self, leg: CallLeg) -> None:
        """LegListener: sound changed."""
        record = self._of(leg)
        if record is None:
            return
        # pjsip makes the port anew on each negotiation, often under the same number: what was connected is not.
        if record.media.slot >= 0:
            self._sound.forget(record.media.slot)
        record.media = leg.media()
        if record.media.slot >= 0:
            self._sound.forget(record.media.slot)
        self._listen()
        if record.state != "null":
            self._say(record)

    def leg_message(self, packet: Packet) -> None:
        """LegListener: a MESSAGE within a call."""
        self._on_message(packet)

    def leg_may_follow(self, uri: str) -> bool:
        """LegListener: a provider sends calls on within its own domain; elsewhere is for the person to dial."""
        return sip_text.host_of(uri) == self._routes.domain.lower()

    def leg_may_be_replaced(self, leg: CallLeg, packet: Packet) -> bool:
        """LegListener: the peer itself may take the call over, over the provider that vouches for its From."""
        record = self._of(leg)
        if record is None or record.state != "confirmed" or packet.source != self._flow():
            return False
        sender = sip_text.name_and_uri(sip_text.parse(packet.text).header("From"))[1]
        return sip_text.plain_uri(sender).lower() == sip_text.plain_uri(record.peer).lower()

    def leg_replaced(self, leg: CallLeg, pj_call_id: int, packet: Packet) -> CallLeg:
        """LegListener: the call goes on with another leg."""
        new = CallLeg(self._account, self, self._reactor.defer, pj_call_id, packet)  # type: ignore[arg-type]
        record = self._of(leg)
        if record is not None:
            _log.info("the peer takes the call up again")
            if record.media.slot >= 0:
                self._sound.forget(record.media.slot)
            record.leg, record.media, record.renewing = new, NO_MEDIA, True
        self._replaced.add(leg)
        return new

    def _sent_on(self, redirection: Redirection) -> str:
        where = redirection.uri or "nowhere"
        if redirection.again:
            return sip_text.clip(f"The provider sent the call on more than once, the last time to {where}.", 512)
        domain = self._routes.domain
        return sip_text.clip(f"The provider sent the call on to {where}, which is not in {domain}.", 512)

    def _ring(self, record: Record) -> None:
        if record.call_id not in self._records:
            return
        self._listen()
        self._say(record)
        try:
            record.leg.reply(_RINGING)
        except pj.Error as error:  # cancelled in the same instant
            _log.info("180 was not sent: %s", error.reason)

    def _refuse_to_renew(self, record: Record) -> None:
        with contextlib.suppress(pj.Error):  # it is ending by itself
            record.leg.end(0)
        self._give_up(record)

    def _hold_again(self, record: Record) -> None:
        """A new dialog begins with sound; a call that was held stays so."""
        if record.on_hold:
            try:
                record.leg.hold(on=True)
            except pj.Error as error:
                _log.info("the call is not held any more: %s", error.reason)
                record.on_hold = False

    def _let_go(self, leg: CallLeg, state: LegState) -> None:
        """A leg whose call went on without it is over."""
        if state.state == "disconnected" and leg in self._replaced:
            self._replaced.discard(leg)
            self._reactor.after(_KEEP_LEG_S, lambda: self._drop(leg))

    def _drop(self, leg: CallLeg) -> None:
        """Let pjsua2's object go. Its end hangs up whatever has its number, which may be another call's by now."""
        number = leg.getId()
        others = [record.leg for record in self._records.values()] + list(self._replaced)
        if any(other.getId() == number for other in others):
            leg.this.disown()  # a few hundred bytes are never given back

    def _give_up(self, record: Record) -> None:
        if record.call_id not in self._records:
            return
        record.state = "disconnected"
        record.sip_status = record.sip_status or _CANCELLED
        self._forget(record)
        self._listen()
        self._say(record)

    def _forget(self, record: Record) -> None:
        del self._records[record.call_id]
        if record.lost is not None:
            self._farewell(record.lost)
        if record.media.slot >= 0:
            self._sound.forget(record.media.slot)
        record.media = NO_MEDIA
        # pjsip may still be inside the call's last callback, or in a transaction that outlives it.
        self._reactor.after(_KEEP_LEG_S, lambda: self._drop(record.leg))

    def _listen(self) -> None:
        """Let be heard what the calls ask for."""
        records = list(self._records.values())
        self._sound.apply(tone_of(records), talks_of(records))

    def _say(self, record: Record) -> None:
        self._emit(CALL_STATE_CHANGED, EngineCallStateChangedParams(call=told(record)))

    def _find(self, call_id: str) -> Record:
        record = self._records.get(call_id)
        if record is None:
            raise NotFoundError
        return record

    def _confirmed(self, call_id: str) -> Record:
        record = self._find(call_id)
        if record.state != "confirmed":
            raise InvalidStateError
        return record

    def _of(self, leg: Any) -> Record | None:
        return next((record for record in self._records.values() if record.leg is leg), None)

    @staticmethod
    def _try(operation: Callable[[], None]) -> None:
        try:
            operation()
        except pj.Error as error:
            _log.info("pjsip would not: %s", error.reason)
            raise InvalidStateError from None
