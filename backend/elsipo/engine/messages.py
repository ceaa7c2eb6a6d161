"""Instant messages: sending them with their fate, and reading those that came (RFC 3428).

Lives on the pjsip thread. Must not know calls or what a body means.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import pjsua2 as pj

from elsipo.engine import sip_text
from elsipo.engine.endpoint import USER_AGENT
from elsipo.engine.reasons import in_words
from elsipo.rpc._generated.engine import MESSAGE_RECEIVED, MESSAGE_STATUS_CHANGED
from elsipo.rpc._generated.models import (
    EngineMessageReceivedParams,
    EngineMessageStatusChangedParams,
    IncomingMessage,
    MessageStatus,
    SipHeader,
)
from elsipo.rpc.errors import BodyTooLargeError, InvalidAddressError, InvalidStateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.engine.account import MessageFate, Packet, SipAccount
    from elsipo.engine.emit import Emit
    from elsipo.engine.routes import Routes
    from elsipo.rpc._generated.models import EngineMessageSendParams

_log = logging.getLogger(__name__)

_PACKET_BYTES: Final = 4000  # PJSIP_MAX_PKT_LEN of the wheel: what is longer fails to send, and is cut on arrival
_CREDENTIALS_BYTES: Final = 256  # nonce, opaque, cnonce, response and names of a Proxy-Authorization
_FIXED_BYTES: Final = 420  # tags, branch, Call-ID, CSeq, Max-Forwards, Accept, names of headers and line ends
_BODY_CHARS: Final = 65536
_HEADERS: Final = 128
_NAME_CHARS: Final = 128
_VALUE_CHARS: Final = 4096
_MOST_BUDDIES: Final = 64  # pjsip aborts the process at the 257th
_REMEMBERED: Final = 256  # identities of messages that came
_TIMEOUT: Final = 408
# What the stack writes itself; a second one from a caller would make two messages of one.
_OWN_HEADERS: Final = frozenset(
    {"via", "from", "to", "call-id", "cseq", "max-forwards", "route", "record-route", "contact", "content-type"}
    | {"content-length", "authorization", "proxy-authorization", "v", "f", "t", "i", "c", "l", "m"}
)


class Messages:
    """The account's instant messages."""

    def __init__(self, routes: Routes, emit: Emit, *, flow: Callable[[], str], suspect: Callable[[], None]) -> None:
        self._routes = routes
        self._emit = emit
        self._flow = flow
        self._suspect = suspect
        self._account: SipAccount | None = None
        # Token to the message's id, with the object whose address the token is: it must live as long.
        self._under_way: dict[int, tuple[str, Any]] = {}
        self._buddies: OrderedDict[str, Any] = OrderedDict()
        self._arrived: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def bind(self, account: SipAccount) -> None:
        """Give it the account to send from."""
        self._account = account

    def send(self, params: EngineMessageSendParams) -> None:
        """Send a MESSAGE.

        Args:
            params: As on the wire.

        Raises:
            InvalidStateError: there is no account yet, or pjsip refused.
            InvalidAddressError: `to` cannot be written to.
            BodyTooLargeError: the stack's packet buffer would not hold it.

        Wire: message.send
        Spec: RFC 3428 §4.
        """
        if self._account is None:
            raise InvalidStateError
        limit = self.body_limit(params)
        if len(params.body.encode("utf-8", "replace")) > limit:
            raise BodyTooLargeError(limit_bytes=limit)
        buddy = self._buddy(params.to)
        message = pj.SendInstantMessageParam()
        message.contentType = params.content_type
        message.content = params.body
        for header in params.headers:
            if header.name.lower() in _OWN_HEADERS:
                continue
            item = pj.SipHeader()
            item.hName, item.hValue = header.name, header.value
            message.txOption.headers.append(item)
        # pjsua2 passes a bare pointer along with the transaction; the address of this object serves as one.
        anchor = pj.SipHeader()
        message.userData = anchor
        token = int(anchor.this)
        self._under_way[token] = (params.message_id, anchor)
        try:
            buddy.sendInstantMessage(message)
        except pj.Error as error:
            del self._under_way[token]
            _log.warning("MESSAGE was not sent: %s", error.reason)
            raise InvalidStateError(in_words(error.reason, hop=self._routes.hop, from_peer=False)) from None

    def body_limit(self, params: EngineMessageSendParams) -> int:
        """Return how many octets of body fit one packet, credentials included, for such a message."""
        to = len(params.to)
        written = sum(len(f"{header.name}: {header.value}".encode()) + 2 for header in params.headers)
        # Request line, To, the credentials' uri; From; realm twice over (realm, From) is in the fixed part.
        addresses = 3 * to + 2 * len(self._routes.aor) + len(self._routes.domain) + len(self._routes.user)
        overhead = _FIXED_BYTES + _CREDENTIALS_BYTES + addresses + written
        overhead += len(params.content_type) + len(self._routes.proxy) + len(USER_AGENT)
        return max(0, _PACKET_BYTES - overhead)

    def done(self, fate: MessageFate) -> None:
        """Report the final status of one of ours."""
        message_id, _ = self._under_way.pop(fate.token, (None, None))
        if message_id is None:
            return
        from_peer = bool(fate.packet)
        sent = from_peer and fate.code // 100 == 2  # noqa: PLR2004 - class 2xx
        status = MessageStatus(
            message_id=message_id,
            state="sent" if sent else "failed",
            sip_status=fate.code if from_peer else _TIMEOUT,
            reason_phrase=in_words(fate.reason, hop=self._routes.hop, from_peer=from_peer, sip_status=fate.code),
        )
        self._emit(MESSAGE_STATUS_CHANGED, EngineMessageStatusChangedParams(status=status))
        if not from_peer:
            self._suspect()

    def arrived(self, packet: Packet, receipt: int | None = None) -> None:
        """Report a MESSAGE that came, whole or cut, exactly as it was on the wire.

        Args:
            packet: It.
            receipt: The letterbox's, which tells repetitions itself; None where pjsua has answered it already.

        Wire: message.received
        """
        message = sip_text.parse(packet.text)
        if not message.start_line.startswith("MESSAGE "):
            return
        from_header = message.header("From")
        if receipt is None and self._came_before((message.header("Call-ID"), message.header("CSeq"), from_header)):
            _log.info("a MESSAGE came again, by another way or very late")
            return
        display, from_uri = sip_text.name_and_uri(from_header)
        headers = [
            SipHeader(name=name, value=sip_text.clip(value.replace("\r", " ").replace("\n", " "), _VALUE_CHARS))
            for name, value in message.headers[:_HEADERS]
            if len(name) <= _NAME_CHARS
        ]
        content_type, body = message.text()
        incoming = IncomingMessage(
            from_uri=sip_text.clip(from_uri, 512),
            from_display=sip_text.clip(display, 256),
            from_header=sip_text.clip(from_header, 1024),
            to_uri=sip_text.clip(sip_text.name_and_uri(message.header("To"))[1], 512),
            sip_call_id=sip_text.clip(message.header("Call-ID"), 512),
            content_type=sip_text.clip(content_type, 256),
            body=sip_text.clip(body, _BODY_CHARS),
            truncated=message.truncated or len(body) > _BODY_CHARS,
            headers=headers,
            source_address=sip_text.clip(packet.source, 128),
            # A From is forgeable; the flow that we registered on is the registrar's word (RFC 5626 §5.3).
            from_registrar=bool(packet.source) and packet.source == self._flow(),
        )
        self._emit(MESSAGE_RECEIVED, EngineMessageReceivedParams(message=incoming, receipt=receipt))

    def _came_before(self, identity: tuple[str, str, str]) -> bool:
        """Whether a request was seen already, beyond what its transaction notices (RFC 3261 §8.2.2.2)."""
        if identity in self._arrived:
            return True
        self._arrived[identity] = None
        if len(self._arrived) > _REMEMBERED:
            self._arrived.popitem(last=False)
        return False

    def _buddy(self, uri: str) -> Any:
        """Return pjsip's object for someone to write to; few are kept, for there may be only 256."""
        buddy = self._buddies.pop(uri, None)
        if buddy is None:
            while len(self._buddies) >= _MOST_BUDDIES:
                self._buddies.popitem(last=False)
            config = pj.BuddyConfig()
            config.uri = uri
            config.subscribe = False
            buddy = pj.Buddy()
            try:
                buddy.create(self._account, config)
            except pj.Error:
                raise InvalidAddressError from None
        self._buddies[uri] = buddy
        return buddy
