"""One call as pjsip sees it: its callbacks as plain values, its operations without pjsua2's parameter objects.

Must not know what the host is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import pjsua2 as pj

from elsipo.engine import dialogs, sip_text
from elsipo.engine.account import Packet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from elsipo.engine.account import SipAccount
    from elsipo.rpc._generated.models import CallState, Dialog

# pjsip_inv_state, by number.
_STATES: Final[tuple[CallState, ...]] = (
    "null",
    "calling",
    "incoming",
    "early",
    "connecting",
    "confirmed",
    "disconnected",
)


@dataclass(frozen=True)
class Redirection:
    """A 3xx that was not followed.

    Attributes:
        sip_status: Its status.
        uri: Where it led, the last of several.
        again: One had been followed before.
    """

    sip_status: int
    uri: str
    again: bool


@dataclass(frozen=True)
class LegState:
    """A call's state, copied."""

    state: CallState
    sip_status: int
    reason: str
    sip_call_id: str
    from_peer: bool
    redirection: Redirection | None = None
    dialog: Dialog | None = None


@dataclass(frozen=True)
class LegMedia:
    """A call's sound, copied; the media object is pjsip's own and lives with the call.

    Attributes:
        audio: AudioMedia, or None where no sound flows.
        slot: Its number in the bridge, -1 without.
        locally_held: We hold the peer.
        held: The peer holds us.
    """

    audio: Any
    slot: int
    locally_held: bool
    held: bool = False


NO_MEDIA: Final = LegMedia(None, -1, locally_held=False)


class LegListener(Protocol):
    """Who is told, on the pjsip thread, outside callbacks."""

    def leg_state(self, leg: CallLeg, state: LegState) -> None:
        """Another state."""

    def leg_media(self, leg: CallLeg) -> None:
        """Sound began, stopped, or goes another way; ask `media`."""

    def leg_message(self, packet: Packet) -> None:
        """A MESSAGE came within the call (RFC 3428 §4)."""

    def leg_may_follow(self, uri: str) -> bool:
        """Whether a redirection to that place is to be followed; asked inside pjsip's callback."""

    def leg_may_be_replaced(self, leg: CallLeg, packet: Packet) -> bool:
        """Whether this INVITE may take the call over (RFC 3891 §3); asked inside pjsip's callback."""

    def leg_replaced(self, leg: CallLeg, pj_call_id: int, packet: Packet) -> CallLeg:
        """This INVITE took the call over; its leg must be there when it returns. Asked inside pjsip's callback."""


class CallLeg(pj.Call):
    """pjsip's call. Dropping the last reference would hang up."""

    def __init__(
        self,
        account: SipAccount,
        listener: LegListener,
        defer: Callable[[Callable[[], None]], None],
        pj_call_id: int = pj.PJSUA_INVALID_ID,
        invite: Packet | None = None,
    ) -> None:
        super().__init__(account, pj_call_id)
        self._listener = listener
        self._defer = defer
        self._followed = False
        self._redirection: Redirection | None = None
        self._invite = invite
        self._dialog: Dialog | None = None
        self._replacing: Packet | None = None

    @property
    def dialog(self) -> Dialog | None:
        """The confirmed dialog; None before there is one."""
        return self._dialog

    def onCallState(self, prm: Any) -> None:
        """Copy the state."""
        info = self.getInfo()
        event = prm.e.body.tsxState
        from_peer = event.type == pj.PJSIP_EVENT_RX_MSG
        status, state = int(info.lastStatusCode), _STATES[info.state]
        redirection = self._redirection
        if state == "disconnected" and from_peer and status // 100 == 3 and redirection is None:  # noqa: PLR2004 - 3xx
            # It led to what is no SIP address: pjsip did not even ask.
            contact = sip_text.parse(event.src.rdata.wholeMsg).header("Contact")
            redirection = Redirection(status, sip_text.name_and_uri(contact)[1], self._followed)
        if state in {"connecting", "confirmed"}:
            self._dialog = self._read_dialog(prm.e) or self._dialog
        told = LegState(state, status, info.lastReason, info.callIdString, from_peer, redirection, self._dialog)
        self._defer(lambda: self._listener.leg_state(self, told))

    def _read_dialog(self, event: Any) -> Dialog | None:
        """Return what a 2xx to us, or the ACK of ours, says of the dialog; None for any other event."""
        if event.type == pj.PJSIP_EVENT_RX_MSG:
            packet = event.body.rxMsg.rdata.wholeMsg
        elif event.type == pj.PJSIP_EVENT_TSX_STATE and event.body.tsxState.type == pj.PJSIP_EVENT_RX_MSG:
            packet = event.body.tsxState.src.rdata.wholeMsg
        else:
            return None
        message = sip_text.parse(packet)
        if message.start_line.startswith("SIP/2.0 2"):
            return dialogs.of_answer(message)
        if message.start_line.startswith("ACK ") and self._invite is not None:
            return dialogs.of_ack(sip_text.parse(self._invite.text), message)
        return None

    def onCallReplaceRequest(self, prm: Any) -> None:
        """Somebody knows this dialog and wants its place: our peer, whose engine died, or nobody (RFC 3891 §3, §9)."""
        packet = Packet(prm.rdata.wholeMsg, prm.rdata.srcAddress)
        if self._listener.leg_may_be_replaced(self, packet):
            self._replacing = packet
        else:
            prm.statusCode = pj.PJSIP_SC_FORBIDDEN

    def onCallReplaced(self, prm: Any) -> None:
        """Hand the call to its new dialog; pjsip answers that one and ends this."""
        if self._replacing is not None:
            prm.newCall = self._listener.leg_replaced(self, int(prm.newCallId), self._replacing)

    def onCallRedirected(self, prm: Any) -> int:
        """Follow one redirection, where the listener lets us; never a second (RFC 3261 §8.1.3.4, §21.3)."""
        target = sip_text.name_and_uri(prm.targetUri)[1]
        if not self._followed and self._listener.leg_may_follow(target):
            self._followed = True
            self._redirection = None
            return int(pj.PJSIP_REDIRECT_ACCEPT)
        event = prm.e.body.tsxState
        contact = sip_text.name_and_uri(sip_text.parse(event.src.rdata.wholeMsg).header("Contact"))[1]
        # pjsip leaves the port out.
        uri = contact if contact.startswith(target) else target
        self._redirection = Redirection(int(event.tsx.statusCode), uri, self._followed)
        return int(pj.PJSIP_REDIRECT_REJECT)  # the next of several is asked about

    def onCallTransferRequest(self, prm: Any) -> None:
        """Refuse: whom a person calls is for them to say, and pages are taken at the door (see referrals)."""
        prm.statusCode = pj.PJSIP_SC_DECLINE

    def onCallMediaState(self, prm: Any) -> None:  # noqa: ARG002 - pjsua2's signature
        """Sound changed."""
        self._defer(lambda: self._listener.leg_media(self))

    def onInstantMessage(self, prm: Any) -> None:
        """Copy the packet."""
        packet = Packet(prm.rdata.wholeMsg, prm.rdata.srcAddress)
        self._defer(lambda: self._listener.leg_message(packet))

    def dial(self, uri: str, headers: Mapping[str, str] | None = None) -> None:
        """Send INVITE with one audio stream, and further headers.

        Raises:
            pj.Error: pjsip would not.
        """
        parameters = _parameters()
        for name, value in (headers or {}).items():
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            parameters.txOption.headers.append(header)
        self.makeCall(uri, parameters)

    def reply(self, sip_status: int) -> None:
        """Answer an INVITE.

        Raises:
            pj.Error: pjsip would not.
        """
        parameters = _parameters()
        parameters.statusCode = sip_status
        self.answer(parameters)

    def end(self, sip_status: int) -> None:
        """Send BYE, CANCEL or a refusal, whichever fits.

        Args:
            sip_status: The refusal's status; 0 leaves it to pjsip (603).

        Raises:
            pj.Error: pjsip would not.
        """
        parameters = pj.CallOpParam()
        parameters.statusCode = sip_status
        self.hangup(parameters)

    def contact(self) -> str:
        """Return our Contact in this call, as the header's value."""
        return str(self.getInfo().localContact)

    def notify(self, headers: Mapping[str, str], content_type: str, body: str) -> None:
        """Send a NOTIFY within the call.

        Raises:
            pj.Error: pjsip would not.
        """
        parameters = pj.CallSendRequestParam()
        parameters.method = "NOTIFY"
        for name, value in headers.items():
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            parameters.txOption.headers.append(header)
        parameters.txOption.contentType, parameters.txOption.msgBody = content_type, body
        self.sendRequest(parameters)

    def hold(self, *, on: bool) -> None:
        """Send a re-INVITE that holds the peer, or takes it back (RFC 3264 §8.4).

        Raises:
            pj.Error: pjsip would not, as while another re-INVITE is pending.
        """
        parameters = _parameters()
        if on:
            self.setHold(parameters)
        else:
            parameters.opt.flag |= pj.PJSUA_CALL_UNHOLD
            self.reinvite(parameters)

    def media(self) -> LegMedia:
        """Return the call's sound."""
        try:
            info = self.getInfo()  # kept while its media is read: they are its own
        except pj.Error:
            return NO_MEDIA
        for index, item in enumerate(info.media):
            if item.type != pj.PJMEDIA_TYPE_AUDIO:
                continue
            ours = item.status == pj.PJSUA_CALL_MEDIA_LOCAL_HOLD
            theirs = item.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
            # Who holds may play music (RFC 3264 §8.4).
            flows = item.status == pj.PJSUA_CALL_MEDIA_ACTIVE or (theirs and item.dir & pj.PJMEDIA_DIR_DECODING)
            if not flows or item.audioConfSlot < 0:
                return LegMedia(None, -1, ours, theirs)
            return LegMedia(self.getAudioMedia(index), int(item.audioConfSlot), ours, theirs)
        return NO_MEDIA


def _parameters() -> Any:
    parameters = pj.CallOpParam(True)
    parameters.opt.audioCount = 1
    parameters.opt.videoCount = 0
    return parameters
