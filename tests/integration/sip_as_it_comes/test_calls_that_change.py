"""Calls in which the other side changes something: hold, session timers, and what is no session at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.sipp_provider import sipp_provider

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from peers.person import Person

    At = Callable[..., AbstractAsyncContextManager[Person]]

BOB = "sip:bob@provider-a.test"


async def test_hold_and_back_by_re_invite_and_by_update_are_seen(alice_at: At, scenarios: Path, tmp_path: Path) -> None:
    async with alice_at("registrar_alone") as alice:
        caller = sipp_provider(
            tmp_path / "bob",
            scenarios / "caller_changes.xml",
            keys={"moment": "150"},
            calls=1,
            target=await alice.address(),
        )
        async with caller as bob:
            call = await alice.call("incoming")
            assert (call.peer, call.peer_display) == (BOB, "Bob")
            await alice.answer(call)
            await bob.completed()
            await alice.call("disconnected")
            shown = alice.shown("confirmed")
            assert [(call.held_by_peer is True, call.has_audio) for call in shown] == [
                (False, True),
                (True, True),  # sendonly: there may be music
                (False, True),
                (True, False),  # inactive
                (False, True),
            ]
            assert await alice.history() == [(BOB, "answered", 200)]


async def test_a_session_timer_of_the_caller_is_taken(alice_at: At, scenarios: Path, tmp_path: Path) -> None:
    async with (
        alice_at("registrar_alone") as alice,
        sipp_provider(tmp_path / "bob", scenarios / "caller_timer.xml", calls=1, target=await alice.address()) as bob,
    ):
        await alice.answer(await alice.call("incoming"))
        await bob.completed()
        assert (await alice.call("disconnected")).outcome == "answered"


async def test_a_longer_session_is_agreed_to(alice_at: At) -> None:
    async with alice_at("answer_422") as alice:
        await alice.dial()
        assert (await alice.call("disconnected")).sip_status == 486


@pytest.mark.parametrize(
    ("kind", "body"),
    [("application/sdp", "v=0 no session this is"), ("text/plain", "hello"), ("application/sdp", "v=0\n    m=")],
)
async def test_an_answer_that_describes_no_session_ends_the_call_and_nothing_else(
    alice_at: At, kind: str, body: str
) -> None:
    async with alice_at("answer_garbage", {"kind": kind, "body": body}) as alice:
        await alice.dial()
        over = await alice.call("disconnected")
        assert over.reason_phrase == "The other side's answer describes no sound that could be heard."
        assert over.outcome == "failed"
        status = await alice.chrome.ask(bridge.ENGINE_STATUS, m.BridgeEngineStatusParams())
        assert (status.state, status.restarts) == ("running", 0)


async def test_a_call_that_offers_no_session_never_rings(alice_at: At, scenarios: Path, tmp_path: Path) -> None:
    async with (
        alice_at("registrar_alone") as alice,
        sipp_provider(
            tmp_path / "bob",
            scenarios / "caller_garbage.xml",
            keys={"expected": "488"},
            calls=1,
            target=await alice.address(),
        ) as bob,
    ):
        await bob.completed()
        assert await alice.history() == []
        status = await alice.chrome.ask(bridge.ENGINE_STATUS, m.BridgeEngineStatusParams())
        assert (status.state, status.restarts) == ("running", 0)
