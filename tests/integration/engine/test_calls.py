"""Calls with baresip and between engines, through Kamailio: states, and the sound that goes both ways."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import engine as wire
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import InvalidAddressError, InvalidStateError, NotFoundError
from peers.baresip import Baresip
from peers.sip import RawUserAgent
from peers.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider
    from peers.engine_driver import Engine

BARE = "sip:bare@provider-a.test"
ALICE = "sip:alice@provider-a.test"
BOB = "sip:bob@provider-a.test"


async def _connected(alice: Engine, bob: Engine) -> tuple[str, str]:
    """Alice calls bob, who answers; their ids of the call."""
    since = len(bob.told)
    call_id = await alice.dial(BOB)
    incoming = await bob.call("incoming", since=since)
    await bob.answer(incoming.call_id)
    await alice.call("confirmed", call_id, has_audio=True)
    await bob.call("confirmed", incoming.call_id, has_audio=True)
    return call_id, incoming.call_id


async def test_a_call_to_baresip_carries_tones_both_ways_until_we_hang_up(
    alice: Engine, answering_baresip: Baresip
) -> None:
    call_id = await alice.dial(BARE)
    first = await alice.call("calling", call_id)
    assert (first.direction, first.peer) == ("outgoing", BARE)
    confirmed = await alice.call("confirmed", call_id, has_audio=True)
    assert confirmed.sip_status == 200
    assert confirmed.sip_call_id
    await answering_baresip.established()
    probe = await alice.probe(call_id, tone_hz=1000, duration_ms=2000)
    assert probe.heard_hz == pytest.approx(answering_baresip.tone_hz, abs=3)
    assert probe.heard_dbfs > -30
    assert probe.share < 0.1
    await alice.hang_up(call_id)
    assert (await alice.call("disconnected", call_id)).sip_status == 200
    await answering_baresip.closed()


async def test_baresip_hears_the_tone_that_we_send(alice: Engine, answering_baresip: Baresip) -> None:
    call_id = await alice.dial(BARE)
    await alice.call("confirmed", call_id, has_audio=True)
    probing = asyncio.create_task(alice.probe(call_id, tone_hz=1000, duration_ms=3000))
    sound = await answering_baresip.heard(0.5, wanted=lambda sound: sound.level_at_dbfs(1000) > -25)
    assert sound.strongest_hz() == pytest.approx(1000, abs=3)
    assert sound.level_at_dbfs(1000) == pytest.approx(-8.5, abs=2)  # 12288 of 32768 is what pjmedia plays
    await probing
    await answering_baresip.hang_up()
    await alice.call("disconnected", call_id)


async def test_a_call_from_baresip_rings_is_answered_and_ends_when_it_hangs_up(alice: Engine, baresip: Baresip) -> None:
    await baresip.dial(ALICE)
    incoming = await alice.call("incoming")
    assert (incoming.direction, incoming.peer, incoming.sip_status) == ("incoming", BARE, 0)
    await baresip.event("CALL_RINGING")
    await alice.answer(incoming.call_id)
    await alice.call("confirmed", incoming.call_id, has_audio=True)
    await baresip.established()
    probe = await alice.probe(incoming.call_id, duration_ms=1000)
    assert probe.heard_hz == pytest.approx(baresip.tone_hz, abs=3)
    await baresip.hang_up()
    over = await alice.call("disconnected", incoming.call_id)
    assert not over.has_audio


async def test_a_refused_call_from_baresip_is_busy(alice: Engine, baresip: Baresip) -> None:
    await baresip.dial(ALICE)
    incoming = await alice.call("incoming")
    await alice.hang_up(incoming.call_id, 486)
    await alice.call("disconnected", incoming.call_id)
    assert "486" in (await baresip.closed())["param"]


async def test_a_call_that_baresip_gives_up_is_over(alice: Engine, baresip: Baresip) -> None:
    await baresip.dial(ALICE)
    incoming = await alice.call("early")
    await baresip.hang_up()
    over = await alice.call("disconnected", incoming.call_id)
    assert over.sip_status == 487


async def test_a_call_to_baresip_is_cancelled(alice: Engine, baresip: Baresip) -> None:
    call_id = await alice.dial(BARE)
    await baresip.ringing()
    assert (await alice.call("early", call_id)).sip_status == 180
    await alice.hang_up(call_id)
    assert (await alice.call("disconnected", call_id)).sip_status == 487
    await baresip.closed()


async def test_baresip_refuses(alice: Engine, baresip: Baresip) -> None:
    call_id = await alice.dial(BARE)
    await baresip.ringing()
    await baresip.hang_up()
    over = await alice.call("disconnected", call_id)
    assert 400 <= over.sip_status < 700
    assert over.reason_phrase


async def test_a_baresip_that_has_a_call_is_busy(
    alice: Engine, bob: Engine, provider: DemoProvider, tmp_path: Path
) -> None:
    async with Baresip.running(tmp_path / "one", provider, answers=True, max_calls=1):
        first = await bob.dial(BARE)
        await bob.call("confirmed", first)
        second = await alice.dial(BARE)
        assert (await alice.call("disconnected", second)).sip_status == 486
        await bob.hang_up(first)
        await bob.call("disconnected", first)


async def test_who_is_not_there_is_a_status(alice: Engine) -> None:
    call_id = await alice.dial("sip:nobody@provider-a.test")
    over = await alice.call("disconnected", call_id)
    assert 400 <= over.sip_status < 500


async def test_an_echo_is_heard_but_not_while_the_other_is_mute(alice: Engine, bob: Engine) -> None:
    call_id, theirs = await _connected(alice, bob)
    probe = await alice.probe(call_id, tone_hz=700)
    assert probe.sent_hz == 700
    assert probe.heard_hz == pytest.approx(700, abs=2)
    assert probe.share > 0.9
    assert probe.heard_dbfs > -20
    await bob.ask(wire.CALL_SET_MUTED, m.EngineCallSetMutedParams(call_id=theirs, muted=True))
    await bob.call("confirmed", theirs, muted=True)

    async def hears_nothing() -> bool:
        heard = await alice.probe(call_id, tone_hz=700)
        return (heard.heard_hz, heard.share) == (0, 0)

    await eventually(hears_nothing, what="the jitter buffers have run out")
    await bob.ask(wire.CALL_SET_MUTED, m.EngineCallSetMutedParams(call_id=theirs, muted=False))
    assert (await alice.probe(call_id, tone_hz=700)).share > 0.8


async def test_a_held_call_is_silent_and_comes_back(alice: Engine, bob: Engine) -> None:
    call_id, _ = await _connected(alice, bob)
    await alice.ask(wire.CALL_SET_ON_HOLD, m.EngineCallSetOnHoldParams(call_id=call_id, on_hold=True))
    await alice.call("confirmed", call_id, on_hold=True, has_audio=False)
    with pytest.raises(InvalidStateError):
        await alice.probe(call_id)
    since = len(alice.told)
    await alice.ask(wire.CALL_SET_ON_HOLD, m.EngineCallSetOnHoldParams(call_id=call_id, on_hold=False))
    await alice.call("confirmed", call_id, since=since, on_hold=False, has_audio=True)
    assert (await alice.probe(call_id, duration_ms=1000)).share > 0.6


async def test_digits_arrive_as_telephone_events(alice: Engine, answering_baresip: Baresip) -> None:
    call_id = await alice.dial(BARE)
    await alice.call("confirmed", call_id, has_audio=True)
    await alice.ask(wire.CALL_SEND_DTMF, m.EngineCallSendDtmfParams(call_id=call_id, digits="5#"))
    await answering_baresip.event("CALL_DTMF_START", lambda event: event["param"] == "5")
    await answering_baresip.event("CALL_DTMF_START", lambda event: event["param"] == "#")


async def test_the_fifth_call_at_once_is_busy(alice: Engine, bob: Engine) -> None:
    for _ in range(4):
        await _connected(alice, bob)
    with pytest.raises(InvalidStateError):
        await alice.dial(BOB)
    assert alice.supervisor.status.restarts == bob.supervisor.status.restarts == 0


async def test_what_is_impossible_is_an_error_and_nothing_more(alice: Engine, bob: Engine) -> None:
    with pytest.raises(NotFoundError):
        await alice.hang_up("no-such-call")
    with pytest.raises(NotFoundError):
        await alice.answer("no-such-call")
    with pytest.raises(InvalidAddressError):
        await alice.dial("sip:<>")
    call_id = await alice.dial(BOB)
    with pytest.raises(InvalidStateError):
        await alice.answer(call_id)
    with pytest.raises(InvalidStateError):
        await alice.ask(wire.CALL_DIAL, m.EngineCallDialParams(call_id=call_id, to=BOB))
    incoming = await bob.call("incoming")
    with pytest.raises(InvalidStateError):
        await bob.answer(incoming.call_id, 404)
    with pytest.raises(InvalidStateError):
        await bob.probe(incoming.call_id)


@pytest.mark.parametrize("sdp", ["", "garbage"])
async def test_a_strange_invite_leaves_the_engine_well(alice: Engine, sdp: str) -> None:
    contact = (await alice.registration("registered")).contact or ""
    host, _, port = contact.partition("@")[2].partition(";")[0].partition(":")
    async with RawUserAgent.opened() as stranger:
        await stranger_invites(stranger, (host, int(port)), sdp)
    assert await alice.ask(wire.ENGINE_ECHO, m.EngineEngineEchoParams(text="well")) == "well"
    assert alice.supervisor.status.restarts == 0


async def stranger_invites(stranger: RawUserAgent, address: tuple[str, int], sdp: str) -> None:
    """Send an INVITE, and wait for any response beyond 100."""
    stranger.send(
        f"INVITE {ALICE} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{stranger.port};branch=z9hG4bKstrange;rport\r\n"
        f"From: <sip:x@y.test>;tag=1\r\nTo: <{ALICE}>\r\nCall-ID: strange\r\nCSeq: 1 INVITE\r\nMax-Forwards: 5\r\n"
        f"Contact: <sip:x@127.0.0.1:{stranger.port}>\r\n"
        + ("Content-Type: application/sdp\r\n" if sdp else "")
        + f"Content-Length: {len(sdp)}\r\n\r\n{sdp}",
        address,
    )
    await stranger.wait_for(lambda came: came.status > 100, what="a response to a strange INVITE")
