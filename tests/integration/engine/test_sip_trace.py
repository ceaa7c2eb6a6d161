"""What the engine tells of its own SIP: all of it, marked where it is repeated, and nothing secret."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from socket import SOCK_DGRAM
from typing import TYPE_CHECKING

from elsipo.demo.ports import free_port
from elsipo.rpc._generated import engine as wire
from elsipo.rpc._generated import models as m
from peers.engine_driver import running_engine
from peers.silence import SilentServer
from peers.sip import RawUserAgent
from peers.sipp_provider import sipp_provider
from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.demo.provider import DemoProvider
    from peers.engine_driver import Engine

COUNTED = Path(__file__).parents[2] / "fixtures" / "counted_engine.py"
SCENARIOS = Path(__file__).parents[1] / "sip_as_it_comes"


def traced(engine: Engine) -> list[m.SipTraceMessage]:
    """All that was told so far."""
    batches = [told.batch for told in engine.told if isinstance(told, m.EngineSipTraceCapturedParams)]
    return [message for batch in batches for message in batch.messages]


async def seen(engine: Engine, fits: Callable[[m.SipTraceMessage], bool]) -> m.SipTraceMessage:
    """Wait for a message."""

    def holds(told: m.EngineSipTraceCapturedParams) -> bool:
        return any(fits(message) for message in told.batch.messages)

    told = await engine.seen(m.EngineSipTraceCapturedParams, holds, timeout_s=20.0)
    return next(message for message in told.batch.messages if fits(message))


async def watch(engine: Engine, *, on: bool = True) -> None:
    """Switch it."""
    await engine.ask(wire.SIP_TRACE_WATCH, m.EngineSipTraceWatchParams(on=on))


async def test_a_registration_is_told_whole_but_for_its_credentials(engine: Engine, provider: DemoProvider) -> None:
    await watch(engine)
    await engine.configure("alice", provider.server())
    await engine.register()
    await seen(engine, lambda message: message.text.startswith("SIP/2.0 200"))
    told = traced(engine)[:4]
    assert [(message.direction, message.text[:12]) for message in told] == [
        ("outgoing", "REGISTER sip"),
        ("incoming", "SIP/2.0 401 "),
        ("outgoing", "REGISTER sip"),
        ("incoming", "SIP/2.0 200 "),
    ]
    assert {message.peer_address for message in told} == {provider.server()}
    assert [message.seq for message in told] == [1, 2, 3, 4]
    assert all(abs(message.at_ms - time.time() * 1000) < 30_000 for message in told)
    assert not any(message.is_repeat for message in told)
    assert "nonce=" in told[1].text
    assert "\r\nAuthorization: Digest [redacted]\r\n" in told[2].text
    assert "response=" not in told[2].text
    assert told[2].text.endswith("\r\n\r\n")


async def test_the_trace_is_what_sipp_saw(engine: Engine, tmp_path: Path) -> None:
    async with sipp_provider(tmp_path / "sipp", SCENARIOS / "registrar_alone.xml", calls=1) as sipp:
        await watch(engine)
        await engine.configure("alice", sipp.server)
        await engine.register()
        await sipp.completed()
        await seen(engine, lambda message: message.direction == "incoming" and "SIP/2.0 200" in message.text)
        theirs = sipp.sip().replace("\r\n", "\n")
        for message in traced(engine):
            assert message.text.replace("\r\n", "\n").strip() in theirs


async def test_what_is_sent_again_is_marked(engine: Engine) -> None:
    port = free_port(SOCK_DGRAM)
    async with SilentServer.at(port) as server:
        await watch(engine)
        await engine.configure("alice", f"127.0.0.1:{port}")
        await engine.ask(wire.ACCOUNT_REGISTER)
        await server.heard(1, timeout_s=10.0)
        again = await seen(engine, lambda message: message.is_repeat)
    first = traced(engine)[0]
    assert not first.is_repeat
    assert (again.text, again.direction) == (first.text, "outgoing")
    assert again.at_ms - first.at_ms >= 400  # T1 (RFC 3261 §17.1.2.1)


async def test_a_message_is_told_both_ways_with_its_body(alice: Engine, bob: Engine) -> None:
    await watch(alice)
    await watch(bob)
    assert (await alice.send("sip:bob@provider-a.test", "Grüße an bob")).state == "sent"
    for engine, direction in ((alice, "outgoing"), (bob, "incoming")):
        told = await seen(engine, lambda message: message.text.startswith("MESSAGE") and "Grüße" in message.text)
        assert told.direction == direction
        log = "\n".join(engine.supervisor.status.log_lines)
        assert "Grüße" not in log


async def test_nothing_is_told_before_and_after_somebody_looks(alice: Engine) -> None:
    await alice.register()
    await watch(alice)
    await watch(alice)
    await alice.register()
    await seen(alice, lambda message: message.text.startswith("SIP/2.0 200"))
    await watch(alice, on=False)
    since = len(alice.told)
    before = len(traced(alice)[:since])
    await alice.register()
    await alice.register()
    assert len(traced(alice)) <= before + 1
    await watch(alice)
    await alice.register()
    assert not any(message.is_repeat for message in traced(alice))


async def test_closed_it_costs_nothing_before_and_after(
    new_provider: Callable[..., DemoProvider], tmp_path: Path
) -> None:
    """Not a function of it runs and not a byte is allocated for a message, whether somebody had looked or never."""
    provider = new_provider(tick_s=3600)  # nothing comes but what is sent here
    await provider.start()
    file = tmp_path / "counts.json"
    async with running_engine(prefix=[sys.executable, str(COUNTED), str(file)]) as alice, RawUserAgent.opened() as bob:
        await alice.configure("alice", provider.server())
        contact = ((await alice.register()).contact or "").partition(";")[0]
        host, _, port = contact.partition("@")[2].partition(":")

        async def write(count: int) -> str:
            for _ in range(count):
                answer = await bob.request("MESSAGE", contact, (host, int(port)), sender="sip:bob@x.test", body="Hello")
                assert answer.status == 200
            return answer.header("call-id")

        async def counts() -> dict[str, int]:
            file.unlink(missing_ok=True)
            assert alice.supervisor.status.pid is not None
            os.kill(alice.supervisor.status.pid, signal.SIGUSR1)
            await eventually(file.exists, what="the counts")
            found: dict[str, int] = json.loads(file.read_text())
            return found

        async def costs_nothing(before: dict[str, int]) -> None:
            await write(20)
            after = await counts()
            assert after["calls"] == before["calls"]
            assert after["bytes"] <= before["bytes"]  # less, where something of the last look was still held

        never = await counts()
        await costs_nothing(never)
        await watch(alice)
        last = await write(20)
        await seen(alice, lambda message: message.text.startswith("SIP/2.0 200") and last in message.text)
        await watch(alice, on=False)
        closed = await counts()
        assert closed["calls"] > never["calls"] + 80  # two messages each, and more than one function for each
        await costs_nothing(closed)


async def test_a_flood_is_cut_short_and_counted(alice: Engine) -> None:
    contact = (await alice.register()).contact
    host, _, port = contact.partition("@")[2].partition(";")[0].rstrip(">").partition(":")
    await watch(alice)
    async with RawUserAgent.opened() as stranger:
        for number in range(2_000):
            stranger.send(_options(number, stranger.port), (host, int(port)))
        cut = await alice.seen(m.EngineSipTraceCapturedParams, lambda told: told.batch.missed > 0)
    assert len(cut.batch.messages) <= 64
    assert (await alice.send("sip:alice@provider-a.test", "still here")).state == "sent"


def _options(number: int, port: int) -> str:
    """An OPTIONS like no other (RFC 3261 §11)."""
    lines = [
        "OPTIONS sip:alice@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{number}",
        "Max-Forwards: 70",
        "From: <sip:stranger@elsewhere.test>;tag=1",
        "To: <sip:alice@127.0.0.1>",
        f"Call-ID: {number}",
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
    ]
    return "\r\n".join([*lines, "", ""])
