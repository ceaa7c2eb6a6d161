"""Requests that abort pjsip where it sees them: they must cost an answer, not the process."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import engine as wire
from elsipo.rpc._generated import models as m
from peers.sip import RawUserAgent

if TYPE_CHECKING:
    from peers.engine_driver import Engine

HEAD = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
SOUND = HEAD + "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"


async def _address(alice: Engine) -> tuple[str, int]:
    contact = (await alice.registration("registered")).contact or ""
    host, _, port = contact.partition("@")[2].partition(";")[0].rstrip(">").partition(":")
    return host, int(port)


def _invite(stranger: RawUserAgent, address: tuple[str, int], sdp: str, call_id: str) -> None:
    uri = f"sip:alice@{address[0]}:{address[1]}"
    stranger.send(
        f"INVITE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{stranger.port};branch=z9hG4bK{call_id};rport\r\n"
        f"From: <sip:x@y.test>;tag=1\r\nTo: <{uri}>\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 5\r\n"
        f"Contact: <sip:x@127.0.0.1:{stranger.port}>\r\nContent-Type: application/sdp\r\n"
        f"Content-Length: {len(sdp)}\r\n\r\n{sdp}",
        address,
    )


@pytest.mark.parametrize(
    "sdp",
    [
        HEAD + "t=0 0\r\nm=audio 0 RTP/AVP 0\r\n",
        HEAD + "m=audio 0 RTP/AVP\r\n",
        HEAD + "t=0 0\r\nm=video 0 RTP/AVP 96\r\n",
        SOUND + "m=audio 4000 RTP/AVP x\r\n" * 40,
    ],
)
async def test_an_offer_that_aborts_pjsip_is_not_acceptable_here(alice: Engine, sdp: str) -> None:
    address = await _address(alice)
    async with RawUserAgent.opened() as stranger:
        _invite(stranger, address, sdp, secrets.token_hex(8))
        answer = await stranger.wait_for(lambda came: came.status > 100, what="an answer to an INVITE")
    assert answer.status == 488
    assert await alice.ask(wire.ENGINE_ECHO, m.EngineEngineEchoParams(text="well")) == "well"
    assert alice.supervisor.status.restarts == 0


async def test_a_flood_of_calls_is_turned_away_and_the_engine_lives(alice: Engine) -> None:
    address = await _address(alice)
    async with RawUserAgent.opened() as stranger:
        for _ in range(500):
            _invite(stranger, address, SOUND, secrets.token_hex(8))
        await stranger.wait_for(lambda came: came.status == 503, what="a call that is too many")
        assert await alice.ask(wire.ENGINE_ECHO, m.EngineEngineEchoParams(text="well")) == "well"
    assert alice.supervisor.status.restarts == 0
