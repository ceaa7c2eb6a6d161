"""An application at the provider: answers calls by hand, and refers whoever calls to a page (RFC 5629)."""

from __future__ import annotations

import contextlib
import itertools
import secrets
from typing import TYPE_CHECKING, Final, Self

from peers.sip import RawUserAgent, SipMessage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.demo.provider import DemoProvider

# No sound: whoever calls is to look.
_SDP: Final = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=inactive\r\n"
)


class Application(RawUserAgent):
    """The user `carol`, whose call is answered at once.

    Attributes:
        uri: Whom to call.
        tag: Its own in the dialog of a call.
    """

    def __init__(self) -> None:
        super().__init__()
        self.uri = ""
        self._server = ("127.0.0.1", 0)
        self.tag = secrets.token_hex(4)
        self._sequence = itertools.count(100)
        self._latest = ""

    @classmethod
    @contextlib.asynccontextmanager
    async def registered(cls, provider: DemoProvider) -> AsyncIterator[Self]:
        """The application at its provider."""
        async with cls.opened() as application:
            application._server = ("127.0.0.1", provider.udp_port)
            application.uri = f"sip:carol@{provider.domain}"
            assert (
                await application.register(application._server, provider.domain, ("carol", "carolpw"))
            ).status == 200
            yield application

    def answer(self, request: SipMessage, status: int, reason: str) -> None:
        """Answer a request; an INVITE with a session without sound."""
        if request.method != "INVITE":
            super().answer(request, status, reason)
            return
        kept = {"via", "record-route", "from", "call-id", "cseq"}
        lines = [f"SIP/2.0 {status} {reason}", *(f"{name}: {value}" for name, value in request.headers if name in kept)]
        lines += [f"To: {request.header('to').partition(';tag=')[0]};tag={self.tag}"]
        lines += [f"Contact: <sip:carol@127.0.0.1:{self.port}>", "Content-Type: application/sdp"]
        self.send("\r\n".join([*lines, f"Content-Length: {len(_SDP)}", "", _SDP]), request.source)

    async def called(self) -> SipMessage:
        """The latest call's INVITE, once its ACK came."""

        def is_ack(came: SipMessage) -> bool:
            return came.method == "ACK" and not came.status

        await self.wait_for(is_ack, timeout_s=20, what="the ACK of a call")
        return next(came for came in reversed(self.came) if came.method == "INVITE" and not came.status)

    async def refers(self, *targets: str, **headers: str) -> SipMessage:
        """Send a REFER within the call, and wait for its answer.

        Args:
            targets: Values of Refer-To.
            headers: Further ones, with underscores for hyphens; one of these names replaces the usual one.
        """
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._within("REFER", more, [f"Refer-To: {target}" for target in targets])

    async def repeats(self) -> None:
        """Send the latest request again, as if its answer had been lost, and wait for another one."""
        self.came.clear()
        self.send(self._latest, self._server)
        await self.wait_for(lambda came: came.status >= 200, what="another answer")

    async def hangs_up(self) -> None:
        """End the call."""
        assert (await self._within("BYE", {}, [])).status == 200

    def told(self) -> list[str]:
        """What NOTIFYs said, oldest first; each once, with the state of the subscription and its id."""
        notifies = {came.header("cseq"): came for came in self.came if came.method == "NOTIFY" and not came.status}
        return [
            f"{came.body.decode().strip()} ({came.header('subscription-state')}; {came.header('event')})"
            for came in notifies.values()
        ]

    async def hears(self, text: str) -> None:
        """Wait until a NOTIFY says this."""
        await self.wait_for(
            lambda came: came.method == "NOTIFY" and not came.status and text in came.body.decode(),
            timeout_s=20,
            what=f"a NOTIFY that says {text}",
        )

    async def _within(self, method: str, more: dict[str, str], last: list[str]) -> SipMessage:
        invite = await self.called()
        sequence = next(self._sequence)
        # Where the INVITE came through; a caller's address is not reached otherwise (RFC 3261 §12.1.1).
        routes = [value for name, value in invite.headers if name == "record-route"]
        fields = {
            "Via": f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport",
            **({"Route": ", ".join(routes)} if routes else {}),
            "Max-Forwards": "70",
            "From": f"{invite.header('to').partition(';tag=')[0]};tag={self.tag}",
            "To": invite.header("from"),
            "Call-ID": invite.header("call-id"),
            "CSeq": f"{sequence} {method}",
            "Contact": f"<sip:carol@127.0.0.1:{self.port}>",
            "Content-Length": "0",
            **more,
        }
        target = invite.header("contact").partition("<")[2].partition(">")[0]
        lines = [f"{method} {target} SIP/2.0", *last, *(f"{name}: {value}" for name, value in fields.items())]
        self._latest = "\r\n".join([*lines, "", ""])
        self.send(self._latest, self._server)
        return await self.wait_for(
            lambda came: (
                came.status >= 200
                and came.header("cseq") == fields["CSeq"]
                and came.header("call-id") == fields["Call-ID"]
            ),
            what=f"an answer to {method}",
        )
