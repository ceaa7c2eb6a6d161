"""Instant messages of one account: in the history before they leave, and sent until a final response is known."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import uuid
from typing import TYPE_CHECKING

from elsipo.host.addresses import canonical_peer, parse
from elsipo.rpc._generated import bridge, engine
from elsipo.rpc._generated.models import (
    BridgeMessageReceivedParams,
    BridgeMessageStateChangedParams,
    ConversationList,
    EngineMessageSendParams,
    IncomingMessage,
    Message,
    MessageList,
    MessageStatus,
    SipHeader,
)
from elsipo.rpc.errors import BodyTooLargeError, ElsipoError, InvalidAddressError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.host.events import Ties
    from elsipo.host.store.messages import MessageTable

_log = logging.getLogger(__name__)

MESSAGE_ID_HEADER = "Elsipo-Message-ID"
"""Carries our id of a message, so that an Elsipo that gets it twice keeps it once."""

_PLAIN = "text/plain;charset=utf-8"
# Signals about messages (RFC 3994, RFC 5438), not messages.
_SIGNALS = frozenset({"application/im-iscomposing+xml", "message/imdn+xml"})


class Messages:
    """The conversations of one account.

    Args:
        ties: The account, its engine and its windows.
        table: The history.
        may_send: Whether a MESSAGE has a chance now; else it waits in the history.
    """

    def __init__(self, ties: Ties, table: MessageTable, may_send: Callable[[], bool]) -> None:
        self._account_id = ties.account_id
        self._domain = ties.domain
        self._table = table
        self._engine = ties.engine
        self._emit = ties.emit
        self._may_send = may_send
        self._flushing = asyncio.Lock()

    async def send(self, to: str, body: str, content_type: str | None = None) -> Message:
        """Accept a message from the user: from now on it is in the history, and leaves as soon as it can.

        Args:
            to: A typed address.
            body: The text.
            content_type: `text/plain;charset=utf-8` when None.

        Raises:
            InvalidAddressError: `to` is no address.
            BodyTooLargeError: no packet of the stack holds it; nothing was kept.

        Wire: message.send
        Spec: RFC 3428 §4
        """
        address = parse(to, self._domain)
        if not address.user:
            raise InvalidAddressError("A message needs somebody's address, like bob@provider.example.")
        message = Message(
            message_id=uuid.uuid4().hex,
            direction="outgoing",
            peer=address.aor,
            peer_display=address.display(self._domain),
            content_type=content_type or _PLAIN,
            body=body,
            truncated=False,
            state="queued",
            sip_status=0,
            reason_phrase="",
            created_at_ms=self._table.next_ms(),
            read=True,
        )
        self._table.insert(self._account_id, message)
        if self._may_send():
            try:
                await self._hand_over(message)
            except BodyTooLargeError:
                self._table.delete(message.message_id)
                raise
        kept = self._table.get(self._account_id, message.message_id) or message
        self._changed(kept)
        return kept

    async def flush(self) -> None:
        """Send what waits, oldest first."""
        async with self._flushing:
            for message in self._table.waiting(self._account_id):
                if message.state != "queued" or not self._may_send():
                    continue
                try:
                    await self._hand_over(message)
                except BodyTooLargeError as error:
                    self._settle(message.message_id, "failed", 0, error.message)

    def engine_lost(self) -> None:
        """What was on its way when the engine died has no final response: it waits again."""
        for message in self._table.waiting(self._account_id):
            if message.state == "sending":
                self._settle(message.message_id, "queued", 0, "")

    def observe_status(self, status: MessageStatus) -> None:
        """The engine knows what became of a message."""
        if message := self._table.set_status(self._account_id, status):
            self._changed(message)

    def receive(self, incoming: IncomingMessage) -> None:
        """Keep a message that came in, and tell the windows."""
        if incoming.content_type.partition(";")[0].strip().lower() in _SIGNALS:
            return
        peer = canonical_peer(incoming.from_uri)
        message = Message(
            message_id=uuid.uuid4().hex,
            direction="incoming",
            peer=peer,
            peer_display=incoming.from_display or parse(peer).display(self._domain),
            content_type=incoming.content_type or _PLAIN,
            body=incoming.body,
            truncated=incoming.truncated,
            state="received",
            sip_status=200,
            reason_phrase="",
            created_at_ms=self._table.next_ms(),
            read=False,
        )
        remote_id = _remote_id(incoming)
        if self._table.insert(self._account_id, message, remote_id):
            params = BridgeMessageReceivedParams(message=message, from_header=incoming.from_header)
            self._emit(bridge.MESSAGE_RECEIVED, params)
        else:
            _log.info("A message came a second time and was dropped")

    def list(self, peer: str, before_ms: int | None, limit: int | None) -> MessageList:
        """A page of one conversation.

        Raises:
            InvalidAddressError: `peer` is no address.

        Wire: message.list
        """
        messages, has_more = self._table.of_peer(
            self._account_id, parse(peer, self._domain).aor, before_ms, limit or 50
        )
        return MessageList(messages=messages, has_more=has_more)

    def conversations(self) -> ConversationList:
        """Whom messages were exchanged with, newest first. Wire: conversation.list."""
        return ConversationList(conversations=self._table.conversations(self._account_id))

    def mark_read(self, peer: str) -> None:
        """The user has seen all of one peer.

        Raises:
            InvalidAddressError: `peer` is no address.

        Wire: message.mark_read
        """
        for message in self._table.mark_read(self._account_id, parse(peer, self._domain).aor):
            self._changed(message)

    async def _hand_over(self, message: Message) -> None:
        self._settle(message.message_id, "sending", 0, "")
        try:
            await self._engine.request(
                engine.MESSAGE_SEND,
                EngineMessageSendParams(
                    message_id=message.message_id,
                    to=message.peer,
                    content_type=message.content_type,
                    body=message.body,
                    headers=[SipHeader(name=MESSAGE_ID_HEADER, value=message.message_id)],
                ),
            )
        except BodyTooLargeError:
            raise
        except ElsipoError as error:
            # No transaction began, or its end will never be told: it waits for the next registration.
            _log.warning("A message waits: %s", error.message)
            self._settle(message.message_id, "queued", 0, "")

    def _settle(self, message_id: str, state: str, sip_status: int, reason_phrase: str) -> None:
        self.observe_status(
            MessageStatus.of(
                {"message_id": message_id, "state": state, "sip_status": sip_status, "reason_phrase": reason_phrase}
            )
        )

    def _changed(self, message: Message) -> None:
        self._emit(bridge.MESSAGE_STATE_CHANGED, BridgeMessageStateChangedParams(message=message))


def header_of(incoming: IncomingMessage, name: str) -> str | None:
    """The first value of a header that came with a MESSAGE; None where it has none."""
    wanted = name.lower()
    return next((header.value for header in incoming.headers if header.name.lower() == wanted), None)


def _remote_id(incoming: IncomingMessage) -> str:
    """What tells a repetition: our own id, else what tells a request from all others (RFC 3261 §8.2.2.2).

    An engine that is killed before it answered has its request repeated to its successor, which cannot know it.
    """
    if ours := header_of(incoming, MESSAGE_ID_HEADER):
        return ours[:64]
    request = "\n".join((incoming.sip_call_id, header_of(incoming, "CSeq") or "", incoming.from_header))
    return hashlib.sha256(request.encode("utf-8", "replace")).hexdigest()
