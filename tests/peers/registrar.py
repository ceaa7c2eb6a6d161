"""A registrar that takes every client, and says to it whatever a test wants: fragments, one by one or very many.

Requests go out over the socket that answered the REGISTER, so that they come over the client's flow. Keeps no
transactions and retransmits nothing. Must not know Elsipo.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final

from peers.sip import RawUserAgent

if TYPE_CHECKING:
    from collections.abc import Callable

    from peers.sip import Address

_SLICE_S: Final = 0.01
_MOST_OPEN: Final = 100


class RawRegistrar(RawUserAgent):
    """Whoever registers is its client.

    Attributes:
        domain: What it is the registrar of.
        answered: How many of its requests were answered 200.
        refused: How many were answered with another final status.
    """

    def __init__(self, domain: str = "provider-a.test") -> None:
        super().__init__()
        self.domain = domain
        self.answered = 0
        self.refused = 0
        self._client: Address | None = None

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Count an answer to a MESSAGE, remember who registers, and keep the rest."""
        if data.startswith(b"SIP/2.0 ") and b" MESSAGE\r\n" in data:
            self.answered += data.startswith(b"SIP/2.0 200")
            self.refused += not data.startswith((b"SIP/2.0 200", b"SIP/2.0 1"))
            self._news.set()
            return
        if data.startswith(b"REGISTER "):
            self._client = addr
        super().datagram_received(data, addr)

    @property
    def has_client(self) -> bool:
        """Whether somebody has registered."""
        return self._client is not None

    @property
    def client(self) -> Address:
        """Where the client is that registered."""
        assert self._client is not None, "nobody has registered"
        return self._client

    def message(
        self,
        body: str | bytes,
        *,
        sender: str,
        content_type: str = "text/html;charset=utf-8",
        display: str = "",
        promised: int | None = None,
        by: RawUserAgent | None = None,
    ) -> None:
        """Send the client a MESSAGE.

        Args:
            body: Text is sent as UTF-8.
            sender: URI in From, true or forged.
            content_type: Of the body; more header lines may follow in it.
            display: Name in From.
            promised: Content-Length, where it is to be a lie.
            by: Whose socket sends; ours when None.
        """
        agent, octets = by or self, body.encode() if isinstance(body, str) else body
        host, port = self.client
        lines = [
            f"MESSAGE sip:alice@{host}:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{agent.port};branch=z9hG4bK{secrets.token_hex(8)};rport",
            "Max-Forwards: 70",
            f'From: "{display}" <{sender}>;tag={secrets.token_hex(4)}',
            f"To: <sip:alice@{self.domain}>",
            f"Call-ID: {secrets.token_hex(8)}",
            "CSeq: 1 MESSAGE",
            f"Content-Type: {content_type}",
            f"Content-Length: {len(octets) if promised is None else promised}",
        ]
        agent.send("\r\n".join(lines).encode() + b"\r\n\r\n" + octets, self.client)

    def fragment(
        self,
        element_id: str,
        body: str | bytes,
        content_type: str = "text/html;charset=utf-8",
        promised: int | None = None,
    ) -> None:
        """Send the client content for an element of its page."""
        sender = f"sip:id-{element_id}@{self.domain}"
        self.message(body, sender=sender, content_type=content_type, promised=promised)

    async def flood(
        self, send: Callable[[int], None], count: int, rate: float, *, most_open: int | None = _MOST_OPEN
    ) -> float:
        """Send many, evenly.

        Args:
            send: Sends the one with this number.
            count: How many.
            rate: How many a second.
            most_open: How many of ours may be without an answer, for the system's buffer holds no more and we repeat
                nothing; None where the answers go to somebody else.

        Returns:
            How many a second it was.
        """
        loop = asyncio.get_running_loop()
        began, sent, all_sent = loop.time(), 0, asyncio.Event()
        answered_before = self.answered + self.refused

        def send_what_is_due() -> None:
            nonlocal sent
            due = min(count, int((loop.time() - began) * rate) + 1)
            if most_open is not None:
                due = min(due, self.answered + self.refused - answered_before + most_open)
            for number in range(sent, due):
                send(number)
            sent = max(sent, due)
            if sent < count:
                loop.call_later(_SLICE_S, send_what_is_due)
            else:
                all_sent.set()

        send_what_is_due()
        await all_sent.wait()
        return count / (loop.time() - began)
