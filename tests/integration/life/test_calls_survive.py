"""Calls whose engine dies: taken up again where the peer knows how, ended cleanly where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.baresip import Baresip
from peers.mortal import connected

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider
    from peers.mortal import Mortal
    from peers.tls import Authority

    People = Callable[..., AbstractAsyncContextManager[list[Mortal]]]


@pytest.mark.parametrize("struck", ["caller", "called"])
async def test_call_is_taken_up_again_with_sound_both_ways(people: People, struck: str) -> None:
    # Both sides send back what they hear; a tone that returns has gone both ways.
    async with people("alice", "bob", audio="echo") as (alice, bob):
        ours, theirs = await connected(alice, bob)
        victim, call = (alice, ours) if struck == "caller" else (bob, theirs)
        victim.strike()
        lost = await victim.call("confirmed", recovering=True)
        assert not lost.has_audio
        again = await victim.call("confirmed", recovering=None, has_audio=True)
        assert (again.call_id, again.started_at_ms) == (call.call_id, call.started_at_ms)
        probe = await victim.sounds(call)
        assert abs(probe.heard_hz - 700) < 20
        assert [c.call_id for c in await alice.calls()] == [ours.call_id]
        assert [c.call_id for c in await bob.calls()] == [theirs.call_id]


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_call_over_a_connection_is_taken_up_again_on_either_side(
    people: People, tls_provider: DemoProvider, authority: Authority, transport: str
) -> None:
    settings = {"at": tls_provider, "transport": transport, "tls_ca_file": str(authority.ca_file)}
    async with people("alice", "bob", audio="echo", **settings) as (alice, bob):
        ours, theirs = await connected(alice, bob)
        for victim, call in ((alice, ours), (bob, theirs)):
            victim.strike()
            await victim.call("confirmed", recovering=True)
            await victim.call("confirmed", recovering=None, has_audio=True)
            assert abs((await victim.sounds(call)).heard_hz - 700) < 20
        await alice.chrome.ask(bridge.CALL_HANG_UP, m.BridgeCallHangUpParams(call_id=ours.call_id))
        for person, call in ((alice, ours), (bob, theirs)):
            await person.call("disconnected")
            assert [(entry.call_id, entry.outcome) for entry in await person.history()] == [(call.call_id, "answered")]


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_call_over_a_connection_ends_at_a_peer_that_refuses_to_take_it_up(
    people: People, tls_provider: DemoProvider, authority: Authority, tmp_path: Path, transport: str
) -> None:
    settings = {"at": tls_provider, "transport": transport, "tls_ca_file": str(authority.ca_file)}
    async with (
        Baresip.running(tmp_path / "baresip", tls_provider) as peer,
        people("alice", **settings) as (alice,),
    ):
        await peer.dial("sip:alice@provider-a.test")
        await alice.answer()
        await peer.established()
        alice.strike()
        assert (await alice.call("disconnected")).outcome == "engine_lost"
        await peer.closed()


async def test_call_survives_engine_after_engine_on_both_sides(people: People) -> None:
    async with people("alice", "bob", audio="echo") as (alice, bob):
        ours, theirs = await connected(alice, bob)
        for victim, call in ((alice, ours), (bob, theirs)) * 3:
            victim.strike()
            await victim.call("confirmed", recovering=True)
            await victim.call("confirmed", recovering=None, has_audio=True)
            assert (await victim.sounds(call)).share > 0.5
        await bob.chrome.ask(bridge.CALL_HANG_UP, m.BridgeCallHangUpParams(call_id=theirs.call_id))
        for person, call in ((alice, ours), (bob, theirs)):
            await person.call("disconnected")
            (entry,) = await person.history()
            assert (entry.call_id, entry.outcome) == (call.call_id, "answered")


async def test_call_is_held_and_mute_as_before_and_also_as_wished_meanwhile(people: People) -> None:
    async with people("alice", "bob", audio="echo") as (alice, bob):
        ours, theirs = await connected(alice, bob)
        await alice.chrome.ask(bridge.CALL_SET_MUTED, m.BridgeCallSetMutedParams(call_id=ours.call_id, muted=True))
        await alice.call("confirmed", muted=True)
        alice.strike()
        await alice.call("confirmed", recovering=True)
        hold = m.BridgeCallSetOnHoldParams(call_id=ours.call_id, on_hold=True)
        await alice.chrome.ask(bridge.CALL_SET_ON_HOLD, hold)
        bob.chrome.forget()
        again = await alice.call("confirmed", recovering=None, on_hold=True, has_audio=False)
        assert again.muted
        await bob.call("confirmed", held_by_peer=True)
        # Who is held dies, too: the one who holds goes on holding.
        bob.strike()
        await bob.call("confirmed", recovering=True)
        await bob.call("confirmed", recovering=None, held_by_peer=True)
        assert [call.call_id for call in await bob.calls()] == [theirs.call_id]


async def test_call_with_baresip_ends_cleanly_on_both_sides(people: People, answering_baresip: Baresip) -> None:
    async with people("alice") as (alice,):
        await alice.dial("bare")
        call = await alice.call("confirmed", has_audio=True)
        await answering_baresip.established()
        alice.strike()
        over = await alice.call("disconnected")
        assert (over.call_id, over.outcome) == (call.call_id, "engine_lost")
        # It knows no Replaces, so that it neither rings nor keeps the call that is gone.
        await answering_baresip.closed()
        (entry,) = await alice.history()
        assert entry.outcome == "engine_lost"
        await alice.dial("bare")
        await alice.call("confirmed", has_audio=True)


async def test_call_from_baresip_ends_cleanly_on_both_sides(people: People, baresip: Baresip) -> None:
    async with people("alice") as (alice,):
        await baresip.dial("sip:alice@provider-a.test")
        await alice.answer()
        await baresip.established()
        alice.strike()
        assert (await alice.call("disconnected")).outcome == "engine_lost"
        await baresip.closed()


async def test_call_whose_engines_die_on_both_sides_is_lost(people: People) -> None:
    async with people("alice", "bob") as (alice, bob):
        await connected(alice, bob)
        alice.strike()
        bob.strike()
        for person in (alice, bob):
            assert (await person.call("disconnected")).outcome == "engine_lost"
            assert await person.calls() == []


async def test_call_that_is_hung_up_while_it_recovers_ends_at_the_peer_too(people: People) -> None:
    async with people("alice", "bob") as (alice, bob):
        ours, _ = await connected(alice, bob)
        bob.chrome.forget()
        alice.strike()
        await alice.call("confirmed", recovering=True)
        await alice.chrome.ask(bridge.CALL_HANG_UP, m.BridgeCallHangUpParams(call_id=ours.call_id))
        assert (await alice.call("disconnected")).outcome == "answered"
        await bob.call("disconnected")


@pytest.mark.parametrize("struck", ["caller", "called"])
async def test_call_that_rings_is_lost_and_never_dialled_twice(people: People, struck: str) -> None:
    async with people("alice", "bob") as (alice, bob):
        await alice.dial("bob")
        await bob.call("early")
        await alice.call("early")
        victim, other = (alice, bob) if struck == "caller" else (bob, alice)
        pid = victim.strike()
        assert (await victim.call("disconnected")).outcome == "engine_lost"
        other.chrome.forget()
        await victim.back(pid)
        assert await victim.calls() == []
        (running,) = await other.calls()  # the ringing that was; nothing new
        assert running.state == "early"


async def test_calls_in_a_row_are_taken_up_each_though_pjsip_counts_only_to_four(people: People) -> None:
    async with people("alice", "bob", audio="echo") as (alice, bob):
        for _ in range(6):  # each takes two
            ours, _ = await connected(alice, bob)
            alice.strike()
            await alice.call("confirmed", recovering=True)
            alice.chrome.forget()
            await alice.call("confirmed", recovering=None, has_audio=True)
            await alice.chrome.ask(bridge.CALL_HANG_UP, m.BridgeCallHangUpParams(call_id=ours.call_id))
            for person in (alice, bob):
                await person.call("disconnected")
        assert {call.outcome for call in await bob.history()} == {"answered"}
