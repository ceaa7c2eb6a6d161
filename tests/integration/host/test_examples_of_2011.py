"""The two examples that Elsipo's first description of 2011 prints, octet by octet in their shape, in both directions.

There, user 88001 is at a Kamailio on port 5060 of a bare address, which is the domain as well. The same here, on an
address of loopback that nothing else uses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.sip import RawUserAgent
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider

DOMAIN: Final = "127.88.0.1"
TIMED: Final = (
    f"MESSAGE sip:88001@{DOMAIN} SIP/2.0\r\n"
    f"Via: SIP/2.0/UDP {DOMAIN};branch=z9hG4bK63bf.fb5cc576.0\r\n"
    f"To: <sip:88001@{DOMAIN}>\r\n"
    f"From: <sip:id-i_infotext@{DOMAIN}>;tag=533cb9e91f4b999cf76861cbb9ed54ed-a6a1\r\n"
    "CSeq: 10 MESSAGE\r\n"
    f"Call-ID: 2ef8b4e05d4ea0c2-4711@{DOMAIN}\r\n"
    "Content-Length: 49\r\n"
    "User-Agent: kamailio (3.2.0-dev4 (x86_64/linux))\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "Hi! Server time: Fri Jun 24 10:05:47 2011. Cnt: 5"
)
STATISTICS: Final = (
    f"MESSAGE sip:88001@{DOMAIN} SIP/2.0\r\n"
    f"Via: SIP/2.0/UDP {DOMAIN};branch=z9hG4bKa4f1.92c37d61.0\r\n"
    f"To: <sip:88001@{DOMAIN}>\r\n"
    f"From: <sip:id-i_infotext@{DOMAIN}>;tag=533cb9e91f4b999cf76861cbb9ed54ed-5a3d\r\n"
    "CSeq: 10 MESSAGE\r\n"
    f"Call-ID: 2ef8b4e05d4ea0c3-4711@{DOMAIN}\r\n"
    "Content-Length: 51\r\n"
    "User-Agent: kamailio (3.2.0-dev4 (x86_64/linux))\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "Shm: 2407376 ULoc: 1 Time: Fri Jun 24 10:08:12 2011"
)
QUESTION: Final = re.compile(
    rb"MESSAGE sip:elsipo-stats@127\.88\.0\.1 SIP/2\.0\r\n"
    rb"(?:[A-Z][A-Za-z-]+: [^\r\n]+\r\n)+"
    rb"Content-Type: text/plain\r\n"
    rb"Content-Length: +13\r\n"
    rb"\r\n"
    rb"id-i_infotext"
)
DATE: Final = rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"

Signed = tuple[RawUserAgent, Document]


@pytest.fixture
async def signed(tmp_path: Path) -> AsyncIterator[Signed]:
    """88001 is registered, and the page is there."""
    host = Host(Folders.below(tmp_path / "88001"), audio="null", use_keyring=False)
    async with RawUserAgent.opened(DOMAIN, 5060) as kamailio:
        record = host.book.add(f"88001@{DOMAIN}")
        host.credentials.keep(record.account_id, "secret", allow_file=True)
        async with started(host), Document.chrome(host) as chrome, chrome.page(host) as page:
            await chrome.registered()
            yield kamailio, page


async def _shown(page: Document) -> str:
    told = await page.seen(bridge.FRAGMENT_RECEIVED, lambda params: params.fragment.element_id == "i_infotext")
    return told.fragment.html


async def test_the_timed_message_fills_its_element_and_is_answered(signed: Signed) -> None:
    kamailio, page = signed
    contact = next(message.source for message in kamailio.came if message.method == "REGISTER")
    kamailio.send(TIMED, contact)
    assert await _shown(page) == "Hi! Server time: Fri Jun 24 10:05:47 2011. Cnt: 5"
    # The Via names no port, which is 5060, and asks for no other (RFC 3261 section 18.2.2).
    answer = await kamailio.wait_for(lambda came: came.status == 200 and came.method == "MESSAGE")
    assert answer.header("call-id") == f"2ef8b4e05d4ea0c2-4711@{DOMAIN}"
    kept = await page.ask(bridge.CONVERSATION_LIST, m.BridgeConversationListParams())
    assert kept.conversations == []


async def test_statistics_are_asked_for_and_answered(signed: Signed) -> None:
    kamailio, page = signed
    asked = m.BridgeServiceRequestParams(service="stats", element_id="i_infotext")
    await page.ask(bridge.SERVICE_REQUEST, asked)
    question = await kamailio.wait_for(lambda came: came.start_line.startswith("MESSAGE"))
    packet = next(packet for packet in kamailio.packets if packet.startswith(b"MESSAGE"))
    assert QUESTION.fullmatch(packet), packet
    assert question.header("from").startswith(f"<sip:88001@{DOMAIN}>;tag=")
    assert question.header("to") == f"<sip:elsipo-stats@{DOMAIN}>"
    kamailio.send(STATISTICS, question.source)
    assert await _shown(page) == "Shm: 2407376 ULoc: 1 Time: Fri Jun 24 10:08:12 2011"


async def test_our_own_provider_says_both_in_the_same_shape(provider: DemoProvider) -> None:
    server, login = ("127.0.0.1", provider.udp_port), ("alice", provider.users["alice"])
    domain = re.escape(provider.domain).encode()
    async with RawUserAgent.opened() as alice:
        assert (await alice.register(server, provider.domain, login)).status == 200
        asked = await alice.request(
            "MESSAGE",
            f"sip:elsipo-stats@{provider.domain}",
            server,
            sender=f"sip:alice@{provider.domain}",
            body="id-i_stats",
            login=login,
        )
        assert asked.status == 200
        for element, text in (
            (b"i_infotext", rb"Hi! Server time: " + DATE + rb"\. Cnt: \d+"),
            (b"i_stats", rb"Shm: \d+ ULoc: \d+ Time: " + DATE),
        ):
            user = f"id-{element.decode()}"
            await alice.wait_for(lambda came, user=user: came.from_user == user)  # type: ignore[misc]
            packet = next(packet for packet in alice.packets if b"sip:id-" + element in packet)
            shape = (
                rb"MESSAGE sip:alice@[^ ]+ SIP/2\.0\r\n(?:Via: [^\r\n]+\r\n)+To: <sip:alice@" + domain + rb">\r\n"
                rb"From: <sip:id-" + element + rb"@" + domain + rb">;tag=[^\r\n]+\r\nCSeq: \d+ MESSAGE\r\n"
                rb"Call-ID: [^\r\n]+\r\n(?:Max-Forwards: \d+\r\n)?Content-Length: \d+\r\nUser-Agent: [^\r\n]+\r\n"
                rb"(?:Max-Forwards: \d+\r\n)?Content-Type: text/plain\r\n\r\n" + text
            )
            assert re.fullmatch(shape, packet), packet
