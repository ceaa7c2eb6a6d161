"""A raw SIP user agent over UDP, to say what a decent one never would: forged names, broken requests.

Keeps no transactions and retransmits nothing: loopback loses nothing. Must not know Elsipo.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

Address = tuple[str, int]

_TIMEOUT_S: Final = 5.0
_PARAMETER: Final = re.compile(r'(\w+)="?([^",]*)"?')


@dataclass(frozen=True)
class SipMessage:
    """A request or a response that came.

    Attributes:
        start_line: Its first line.
        headers: Name in lower case and value, in order.
        body: Its octets after the empty line.
        source: Who sent it.
    """

    start_line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source: Address

    @classmethod
    def parse(cls, packet: bytes, source: Address) -> SipMessage:
        """Read a packet; folded headers are not understood."""
        head, _, body = packet.partition(b"\r\n\r\n")
        start_line, *lines = head.decode("utf-8", "replace").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(start_line, tuple((name.strip().lower(), value.strip()) for name, _, value in pairs), body, source)

    @property
    def status(self) -> int:
        """A response's status; 0 for a request."""
        version, _, rest = self.start_line.partition(" ")
        return int(rest[:3]) if version == "SIP/2.0" else 0

    @property
    def method(self) -> str:
        """A request's method; of a response, that of its request."""
        return self.header("cseq").rpartition(" ")[2]

    def header(self, name: str) -> str:
        """The first value of a header, or an empty text."""
        return next((value for found, value in self.headers if found == name.lower()), "")

    @property
    def from_user(self) -> str:
        """The user in From."""
        return self.header("from").partition("sip:")[2].partition("@")[0]


class RawUserAgent(asyncio.DatagramProtocol):
    """One UDP socket on loopback, with what came to it.

    Attributes:
        port: Its own.
        came: All requests and responses, oldest first.
        packets: The same, as they were on the wire.
    """

    def __init__(self) -> None:
        self.port = 0
        self.came: list[SipMessage] = []
        self.packets: list[bytes] = []
        self._news = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Self]:
        """A user agent on this port, else one of its own; answers every request but ACK with 200."""
        loop = asyncio.get_running_loop()
        transport, agent = await loop.create_datagram_endpoint(cls, local_addr=(address, port))
        agent._transport = transport
        agent.port = transport.get_extra_info("sockname")[1]
        try:
            yield agent
        finally:
            transport.close()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Keep it; answer a request."""
        if not data.strip():
            return  # keep-alive
        message = SipMessage.parse(data, addr)
        self.came.append(message)
        self.packets.append(data)
        if not message.status and message.method != "ACK":
            self.answer(message, 200, "OK")
        self._news.set()

    def answer(self, request: SipMessage, status: int, reason: str) -> None:
        """Answer a request."""
        copied = [f"{name}: {value}" for name, value in request.headers if name in {"via", "from", "call-id", "cseq"}]
        # RFC 3581 §4: where it came from, which is how a user agent learns its address.
        host, port = request.source[:2]
        copied[0] = copied[0].replace(";rport", f";rport={port};received={host}")
        to = f"To: {request.header('to')};tag={secrets.token_hex(4)}"
        self.send("\r\n".join([f"SIP/2.0 {status} {reason}", *copied, to, "Content-Length: 0", "", ""]), request.source)

    def send(self, packet: str | bytes, to: Address) -> None:
        """Send octets as they are."""
        assert self._transport is not None
        self._transport.sendto(packet.encode() if isinstance(packet, str) else packet, to)

    async def wait_for(
        self, wanted: Callable[[SipMessage], bool], *, timeout_s: float = _TIMEOUT_S, what: str = "a message"
    ) -> SipMessage:
        """The first that fits, whether it came already or comes yet.

        Raises:
            TimeoutError: none came; says which did.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    found = next((message for message in self.came if wanted(message)), None)
                    if found is not None:
                        return found
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            lines = [message.start_line for message in self.came]
            raise TimeoutError(f"Not within {timeout_s:g} s: {what}. Came: {lines}") from None

    async def request(
        self,
        method: str,
        uri: str,
        server: Address,
        *,
        sender: str,
        to: str | None = None,
        body: str | bytes = "",
        headers: Mapping[str, str] | None = None,
        to_tag: str = "",
        login: tuple[str, str] | None = None,
    ) -> SipMessage:
        """Send a request, log in when asked to, and wait for the final response.

        Args:
            method: Such as MESSAGE.
            uri: Request-URI.
            server: Where it goes.
            sender: URI in From, true or forged.
            to: URI in To; the Request-URI when None.
            body: Text is sent as UTF-8.
            headers: Beside the usual ones; one of these names replaces the usual one.
            to_tag: Claims to be within a dialog.
            login: Name and password for a digest challenge; None does not answer it.

        Raises:
            TimeoutError: no final response came.
        """
        call_id, octets = secrets.token_hex(8), body.encode() if isinstance(body, str) else body
        extra: dict[str, str] = dict(headers or {})
        for number in (1, 2):
            fields = {
                "Via": f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport",
                "Max-Forwards": "70",
                "From": f"<{sender}>;tag={call_id}",
                "To": f"<{to or uri}>" + (f";tag={to_tag}" if to_tag else ""),
                "Call-ID": call_id,
                "CSeq": f"{number} {method}",
                "Contact": f"<sip:raw@127.0.0.1:{self.port}>",
                **({"Content-Type": "text/plain"} if octets else {}),
                "Content-Length": str(len(octets)),
                **extra,
            }
            head = "\r\n".join([f"{method} {uri} SIP/2.0", *(f"{name}: {value}" for name, value in fields.items())])
            self.send(head.encode() + b"\r\n\r\n" + octets, server)
            answer = await self.wait_for(_final(call_id, fields["CSeq"]), what=f"an answer to {method} {uri}")
            if login is None or answer.status not in {401, 407} or number == 2:
                break
            extra |= _credentials(answer, method, uri, login)
        return answer

    def acknowledge(self, answer: SipMessage, uri: str, server: Address) -> None:
        """Send the ACK of a 2xx to an INVITE (RFC 3261 §13.2.2.4)."""
        fields = {
            "Via": f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport",
            "Max-Forwards": "70",
            **{name.title(): answer.header(name) for name in ("from", "to", "call-id")},
            "CSeq": answer.header("cseq").replace("INVITE", "ACK"),
            "Content-Length": "0",
        }
        head = "\r\n".join([f"ACK {uri} SIP/2.0", *(f"{name}: {value}" for name, value in fields.items())])
        self.send(f"{head}\r\n\r\n", server)

    async def register(self, server: Address, domain: str, login: tuple[str, str], expires_s: int = 60) -> SipMessage:
        """Register this socket as a contact of the user in `login`."""
        user, _ = login
        return await self.request(
            "REGISTER",
            f"sip:{domain}",
            server,
            sender=f"sip:{user}@{domain}",
            to=f"sip:{user}@{domain}",
            headers={"Contact": f"<sip:{user}@127.0.0.1:{self.port}>", "Expires": str(expires_s)},
            login=login,
        )


def _final(call_id: str, cseq: str) -> Callable[[SipMessage], bool]:
    return lambda came: came.status >= 200 and came.header("call-id") == call_id and came.header("cseq") == cseq


def _credentials(challenge: SipMessage, method: str, uri: str, login: tuple[str, str]) -> dict[str, str]:
    """The answer to a digest challenge (RFC 2617 section 3.2.2, with qop=auth)."""
    name = "WWW-Authenticate" if challenge.status == 401 else "Proxy-Authenticate"
    given = dict(_PARAMETER.findall(challenge.header(name)))
    user, password = login
    cnonce = secrets.token_hex(4)
    ha1, ha2 = _md5(f"{user}:{given['realm']}:{password}"), _md5(f"{method}:{uri}")
    response = _md5(f"{ha1}:{given['nonce']}:00000001:{cnonce}:auth:{ha2}")
    value = (
        f'Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="{cnonce}"'
    )
    return {"Authorization" if challenge.status == 401 else "Proxy-Authorization": value}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
