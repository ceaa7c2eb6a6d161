"""Somebody who calls past the provider, with a socket for SIP and one for sound: none of it is Elsipo's or pjsip's."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from peers.rtp import RtpPeer
from peers.sip import RawUserAgent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from peers.mortal import Mortal

_SENDER: Final = "sip:caller@elsewhere.test"


@asynccontextmanager
async def called_past_the_provider(person: Mortal) -> AsyncIterator[RtpPeer]:
    """Call her at her engine's own address; she answers, and sound flows.

    Yields:
        Where her sound comes to.
    """
    contact = person.host.user_agent(person.account_id).registrations.current.contact or ""
    host, _, port = contact.partition("@")[2].partition(";")[0].partition(":")
    server, uri = (host, int(port)), contact.partition(";")[0].strip("<>")
    async with RawUserAgent.opened() as caller, RtpPeer.opened() as stream:
        offer = "\r\n".join(
            (
                *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"),
                *(f"m=audio {stream.port} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", ""),
            )
        )
        person.chrome.forget()
        answering = asyncio.create_task(person.answer())
        answer = await caller.request(
            "INVITE", uri, server, sender=_SENDER, body=offer, headers={"Content-Type": "application/sdp"}
        )
        assert answer.status == 200, answer.start_line
        caller.acknowledge(answer, uri, server)
        await answering
        await stream.hears_its_tone()
        yield stream
