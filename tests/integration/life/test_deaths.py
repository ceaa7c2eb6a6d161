"""Every way to die, alone and among others: the account comes back, and nobody else notices."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import EngineUnavailableError
from elsipo.supervisor import RestartPolicy
from peers.mortal import connected
from peers.sipp import run_sipp
from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from peers.mortal import Mortal

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


async def test_others_do_not_notice_a_death(people: People) -> None:
    """Two who talk and one who is asked all the time, while the fourth is killed three times."""
    async with people("alice", "bob", "carol", "echo", audio="echo") as (alice, bob, carol, fourth):
        call, _ = await connected(alice, bob)
        quiet = await alice.sounds(call, duration_ms=1_000)
        probing = asyncio.create_task(alice.sounds(call, duration_ms=3_000))
        slowest_s = 0.0
        for _ in range(3):
            pid = fourth.strike()
            back = asyncio.create_task(fourth.back(pid))
            while not back.done():
                began = time.monotonic()
                echo = m.BridgeSystemEchoParams(text="x", hop="engine")
                await carol.chrome.ask(bridge.SYSTEM_ECHO, echo)
                slowest_s = max(slowest_s, time.monotonic() - began)
                await asyncio.wait({back}, timeout=0.01)
            await back
        loud = await probing
        assert slowest_s < 0.5
        assert loud.share > 0.9
        assert loud.heard_dbfs == pytest.approx(quiet.heard_dbfs, abs=1)  # a gap of a tenth would be half a dB
        assert {person.host.user_agent(person.account_id).status.restarts for person in (alice, bob, carol)} == {0}
