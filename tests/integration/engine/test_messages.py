"""Instant messages through Kamailio, and straight from strangers."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc.errors import BodyTooLargeError
from peers.sip import RawUserAgent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from elsipo.demo.provider import DemoProvider
    from elsipo.rpc._generated import models as m
    from peers.engine_driver import Engine

BOB = "sip:bob@provider-a.test"
ALICE = "sip:alice@provider-a.test"


@pytest.fixture
async def stranger() -> AsyncIterator[RawUserAgent]:
    async with RawUserAgent.opened() as agent:
        yield agent


def _contact(registration: m.Registration) -> tuple[str, int]:
    """Where an engine itself can be reached, past the provider."""
    assert registration.contact is not None
    host, _, port = registration.contact.partition("@")[2].partition(";")[0].partition(":")
    return host, int(port)


async def test_messages_go_both_ways_with_all_that_was_said(alice: Engine, bob: Engine) -> None:
    text = "Grüße, 你好, \N{TELEPHONE RECEIVER}\r\n<b>second line</b>"
    status = await alice.send(BOB, text, content_type="text/html;charset=utf-8", headers={"X-Elsipo-Test": "ä=1; b"})
    assert (status.state, status.sip_status) == ("sent", 200)
    message = await bob.message(lambda told: told.from_uri == ALICE)
    assert message.body == text
    assert message.content_type == "text/html;charset=utf-8"
    assert (message.from_display, message.to_uri, message.truncated) == ("Alice", BOB, False)
    assert ("X-Elsipo-Test", "ä=1; b") in [(header.name, header.value) for header in message.headers]
    assert message.from_registrar
    assert (await bob.send(ALICE, "and back")).state == "sent"
    assert (await alice.message(lambda told: told.from_uri == BOB)).body == "and back"


async def test_the_providers_tick_arrives_from_the_registrar(alice: Engine) -> None:
    tick = await alice.message(lambda told: "id-i_infotext" in told.from_uri)
    assert tick.from_uri == "sip:id-i_infotext@provider-a.test"
    assert tick.from_registrar


async def test_who_is_offline_or_unknown_comes_back_as_a_status(alice: Engine) -> None:
    for nobody in ("sip:carol@provider-a.test", "sip:nobody@provider-a.test"):
        status = await alice.send(nobody, "hello?")
        assert status.state == "failed"
        assert 400 <= status.sip_status < 500
        assert status.reason_phrase


@pytest.mark.parametrize(("transport", "octets"), [("udp", 1300), ("udp", 3000), ("tcp", 3000)])
async def test_long_messages_arrive_whole(
    registered: Callable[..., Awaitable[Engine]], transport: str, octets: int
) -> None:
    alice, bob = await registered("alice", transport), await registered("bob", transport)
    body = secrets.token_hex(octets // 2)
    assert (await alice.send(BOB, body)).state == "sent"
    message = await bob.message(lambda told: told.from_uri == ALICE)
    assert message.body == body
    assert not message.truncated


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_the_limit_that_is_named_is_the_one_that_holds(
    registered: Callable[..., Awaitable[Engine]], transport: str
) -> None:
    alice, bob = await registered("alice", transport), await registered("bob", transport)
    with pytest.raises(BodyTooLargeError) as caught:
        await alice.send(BOB, "x" * 4000)
    limit = caught.value.data["limit_bytes"]
    assert limit >= 3000
    with pytest.raises(BodyTooLargeError):
        await alice.send(BOB, "x" * (limit + 1))
    with pytest.raises(BodyTooLargeError):
        await alice.send(BOB, "\N{SNOWMAN}" * (limit // 2))
    assert (await alice.send(BOB, "x" * limit)).state == "sent"
    message = await bob.message(lambda told: told.from_uri == ALICE)
    assert (len(message.body), message.truncated) == (limit, False)


async def test_what_the_packet_buffer_cut_is_not_shown_as_whole(alice: Engine, stranger: RawUserAgent) -> None:
    address = _contact(await alice.registration("registered"))
    answer = await stranger.request("MESSAGE", ALICE, address, sender="sip:x@y.test", body="y" * 5000)
    assert answer.status == 200
    message = await alice.message(lambda told: told.from_uri == "sip:x@y.test")
    assert message.truncated
    assert 0 < len(message.body) < 4000


async def test_a_forged_from_is_not_the_registrars(alice: Engine, stranger: RawUserAgent) -> None:
    address = _contact(await alice.registration("registered"))
    forged = "sip:id-balance@provider-a.test"
    await stranger.request("MESSAGE", ALICE, address, sender=forged, body="1000000 EUR")
    message = await alice.message(lambda told: told.from_uri == forged)
    assert not message.from_registrar
    assert message.source_address == f"127.0.0.1:{stranger.port}"


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain;charset=iso-8859-1", "Grüße".encode("latin-1"), "Grüße"),
        ("text/plain", b"\xff\x00ok", "\ufffd\x00ok"),
        ("text/plain;charset=no-such", "ü".encode(), "ü"),
        ("multipart/mixed;boundary=b", b"no part at all", "no part at all"),
        ("application/octet-stream", b"", ""),
    ],
)
async def test_any_content_type_is_passed_on(
    alice: Engine, stranger: RawUserAgent, content_type: str, body: bytes, text: str
) -> None:
    address = _contact(await alice.registration("registered"))
    await stranger.request(
        "MESSAGE", ALICE, address, sender="sip:x@y.test", body=body, headers={"Content-Type": content_type}
    )
    message = await alice.message(lambda told: told.from_uri == "sip:x@y.test")
    assert (message.content_type, message.body, message.truncated) == (content_type, text, False)


async def test_broken_packets_leave_the_engine_well(
    alice: Engine, provider: DemoProvider, stranger: RawUserAgent
) -> None:
    del provider
    address = _contact(await alice.registration("registered"))
    for packet in (
        b"\r\n\r\n",
        b"\x00\xff\xfe" * 400,
        b"MESSAGE sip:alice@127.0.0.1 SIP/2.0\r\n\r\n",
        b"MESSAGE sip:alice@127.0.0.1 SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\nx",
        b"INVITE sip:alice@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP x\r\nContent-Length: -1\r\n\r\n",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"A" * 65000,
    ):
        stranger.send(packet, address)
    assert (await alice.send(BOB, "still here")).sip_status == 480
    assert alice.supervisor.status.restarts == 0
