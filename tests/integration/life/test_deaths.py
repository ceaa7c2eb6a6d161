"""Every way to die, alone and among others: the account comes back, and nobody else notices."""

from __future__ import annotations

import asyncio
import signal
import statistics
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from elsipo.demo.provider import DEMO_USERS
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import EngineUnavailableError
from elsipo.supervisor import RestartPolicy
from peers.caller import called_past_the_provider
from peers.mortal import connected
from peers.sipp import run_sipp
from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider
    from peers.mortal import Mortal
    from peers.rtp import RtpPeer

    People = Callable[..., AbstractAsyncContextManager[list[Mortal]]]

INVITE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="flood">
  <send><![CDATA[
    INVITE sip:alice@provider-a.test SIP/2.0
    Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    From: <sip:flood@x.test>;tag=[call_number]
    To: <sip:alice@provider-a.test>
    Call-ID: [call_id]
    CSeq: 1 INVITE
    Contact: <sip:flood@[local_ip]:[local_port]>
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=- 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [local_ip]
    t=0 0
    m=audio 40000 RTP/AVP 0
  ]]></send>
  <pause milliseconds="50"/>
</scenario>
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV, signal.SIGTERM])
async def test_idle_account_comes_back_and_its_death_is_reported(people: People, number: signal.Signals) -> None:
    async with people("alice") as (alice,):
        pid = alice.strike(number)
        await alice.back(pid)
        report = await alice.chrome.ask(bridge.ENGINE_CRASH_REPORT, m.BridgeEngineCrashReportParams())
        status = await alice.chrome.ask(bridge.ENGINE_STATUS, m.BridgeEngineStatusParams())
        assert report.crashed_at_ms == status.crashed_at_ms
        # Asked by SIGTERM, it leaves in good order; nobody had asked it through the host, though.
        assert number.name in report.text or "exit code 0" in report.text
        if number in {signal.SIGABRT, signal.SIGSEGV}:
            assert "Thread 0x" in report.text  # where each thread was
        assert "alicepw" not in report.text


async def test_account_that_dies_while_it_registers_comes_back(people: People) -> None:
    async with people("alice") as (alice,):
        pid = alice.strike()
        agent = alice.host.user_agent(alice.account_id)
        for _ in range(3):
            await eventually(
                lambda last=pid: agent.status.pid not in {None, last} and not agent.registrations.is_registered,
                interval_s=0.001,
                what="another engine is on its way",
            )
            pid = alice.strike()
        await alice.back(pid)


async def test_third_crash_stops_the_account_until_the_person_restarts_it(people: People) -> None:
    async with people("alice", policy=RestartPolicy) as (alice,):
        for _ in range(2):
            await alice.back(alice.strike())
        alice.strike()
        failed = await alice.chrome.seen(bridge.ENGINE_STATE_CHANGED, lambda params: params.status.state == "failed")
        assert "3 times within 5 minutes" in failed.status.detail
        with pytest.raises(EngineUnavailableError):
            await alice.chrome.ask(bridge.ACCOUNT_REGISTER, m.BridgeAccountRegisterParams())
        await alice.chrome.ask(bridge.ENGINE_RESTART, m.BridgeEngineRestartParams())
        await alice.back(0)
        await alice.chrome.ask(bridge.ENGINE_STOP, m.BridgeEngineStopParams())
        assert (await alice.chrome.ask(bridge.ENGINE_STATUS, m.BridgeEngineStatusParams())).state == "stopped"
        await alice.chrome.ask(bridge.ENGINE_START, m.BridgeEngineStartParams())
        await alice.back(0)


async def test_engine_that_hangs_in_a_call_is_replaced_and_the_call_goes_on(people: People) -> None:
    async with people("alice", "bob", audio="echo") as (alice, bob):
        call, _ = await connected(alice, bob)
        pid = alice.strike(signal.SIGSTOP)
        asking = asyncio.create_task(
            alice.chrome.ask(bridge.SYSTEM_ECHO, m.BridgeSystemEchoParams(text="x", hop="engine"), timeout_s=30)
        )
        await alice.call("confirmed", recovering=True)
        with pytest.raises(EngineUnavailableError):
            await asking
        await alice.back(pid)
        again = await alice.call("confirmed", recovering=None, has_audio=True)
        assert again.call_id == call.call_id
        assert (await alice.sounds(call)).share > 0.5


async def test_flood_of_calls_leaves_host_and_others_alone_and_passes(people: People, tmp_path: Path) -> None:
    async with people("alice", "bob", "carol", audio="echo") as (alice, bob, carol):
        call, _ = await connected(bob, carol)
        quiet = await bob.sounds(call)
        contact = alice.host.user_agent(alice.account_id).registrations.current.contact or ""
        place = contact.partition("@")[2].partition(";")[0]
        flood = asyncio.create_task(
            asyncio.to_thread(run_sipp, tmp_path / "flood", place, INVITE, count=300, rate=100, timeout_s=20)
        )
        loud = await bob.sounds(call, duration_ms=2_000)
        assert loud.share > 0.9
        assert loud.heard_dbfs == pytest.approx(quiet.heard_dbfs, abs=3)
        await flood
        await alice.back(0)
        await bob.chrome.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to="alice", body="still there?"))
        received = await alice.chrome.seen(bridge.MESSAGE_RECEIVED, lambda told: told.message.body == "still there?")
        assert received.message.peer == "sip:bob@provider-a.test"


@pytest.mark.parametrize("accounts", [2, 8])
async def test_others_do_not_notice_a_death(
    people: People, new_provider: Callable[..., DemoProvider], accounts: int
) -> None:
    """All but the last are in a call, and are asked all the time; the last is killed twice."""
    provider = new_provider(users={**DEMO_USERS, "dave": "davepw", "erin": "erinpw"})
    await provider.start()
    names = list(provider.users)[:accounts]
    async with people(*names, audio="echo", at=provider) as everybody, AsyncExitStack() as calls:
        *others, struck = everybody
        streams = [await calls.enter_async_context(called_past_the_provider(other)) for other in others]
        quiet = await _answers_s(others, asyncio.create_task(_packets(streams[0], 25)))
        heard = [stream.steadiness().packets for stream in streams]
        for _ in range(2):
            back = asyncio.create_task(_back(struck, streams[0]))
            loud = await _answers_s(others, back)
            # Other work on the machine holds up some answers at any time, but not all of them.
            assert min(loud) < 3 * min(quiet) + 0.01
            assert statistics.median(loud) < 0.5
        for stream, since in zip(streams, heard, strict=True):
            steadiness = stream.steadiness(since=since)
            assert steadiness.packets > 15
            assert steadiness.gaps == 0
            assert steadiness.longest_pause_s < 0.2  # 25 ms on a machine at rest, 35 ms on a busy one
        assert {other.host.user_agent(other.account_id).status.restarts for other in others} == {0}


async def _back(struck: Mortal, stream: RtpPeer) -> None:
    """Kill her engine; she is back at once, and the others are looked at for another half second."""
    since = stream.steadiness().packets
    await struck.back(struck.strike())
    await _packets(stream, since + 25)


async def _packets(stream: RtpPeer, count: int) -> None:
    await eventually(lambda: stream.steadiness().packets >= count, what="sound flows")


async def _answers_s(asked: list[Mortal], until: asyncio.Task[None]) -> list[float]:
    """How long each engine took to answer, one asked after the other, until something is done."""
    took = []
    while not until.done():
        for person in asked:
            began = time.monotonic()
            await person.chrome.ask(bridge.SYSTEM_ECHO, m.BridgeSystemEchoParams(text="x", hop="engine"))
            took.append(time.monotonic() - began)
        await asyncio.wait({until}, timeout=0.01)
    await until
    return took
