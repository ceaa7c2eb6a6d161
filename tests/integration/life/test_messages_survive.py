"""Messages whose engines die: each that was accepted arrives once, and no process, descriptor or memory is lost."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from elsipo.host.messages import MESSAGE_ID_HEADER
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.sip import RawUserAgent, SipMessage
from peers.sipp import message_scenario, run_sipp
from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import pytest
    from elsipo.demo.provider import DemoProvider
    from peers.mortal import Mortal

    People = Callable[..., AbstractAsyncContextManager[list[Mortal]]]

ROUNDS = 50
"""Both engines are killed in each."""
MIB = 1 << 20


class Forgetful(RawUserAgent):
    """Leaves requests without an answer, until told."""

    answers = False

    def answer(self, request: SipMessage, status: int, reason: str) -> None:
        """Answer, or not."""
        if self.answers or request.method != "MESSAGE":
            super().answer(request, status, reason)


def _contact(person: Mortal) -> str:
    """Where her engine is: host:port."""
    contact = person.host.user_agent(person.account_id).registrations.current.contact or ""
    return contact.partition("@")[2].partition(";")[0]


def _address(server: str) -> tuple[str, int]:
    host, _, port = server.partition(":")
    return host, int(port)


async def _outgoing(person: Mortal, peer: str) -> list[m.Message]:
    params = m.BridgeMessageListParams(peer=peer, limit=200)
    return (await person.chrome.ask(bridge.MESSAGE_LIST, params)).messages


def _processes() -> set[int]:
    return {int(folder.name) for folder in Path("/proc").glob("[0-9]*")}


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _private_bytes() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


async def test_message_that_had_no_answer_is_sent_again_with_its_id(people: People, provider: DemoProvider) -> None:
    async with people("alice") as (alice,), Forgetful.opened() as carol:
        server = _address(provider.server("udp"))
        assert (await carol.register(server, provider.domain, ("carol", provider.users["carol"]))).status == 200
        sent = await alice.chrome.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to="carol", body="once"))
        first = await carol.wait_for(lambda came: came.method == "MESSAGE" and came.from_user == "alice")
        pid = alice.strike()
        await alice.chrome.seen(bridge.MESSAGE_STATE_CHANGED, lambda told: told.message.state == "queued")
        carol.answers = True
        await alice.back(pid)
        done = await alice.chrome.seen(bridge.MESSAGE_STATE_CHANGED, lambda told: told.message.state == "sent")
        assert done.message.message_id == sent.message_id == first.header(MESSAGE_ID_HEADER)
        again = [came for came in carol.came if came.method == "MESSAGE" and came.from_user == "alice"]
        assert {came.header(MESSAGE_ID_HEADER) for came in again} == {sent.message_id}
        await carol.register(server, provider.domain, ("carol", provider.users["carol"]), expires_s=0)


async def test_message_is_answered_only_when_it_is_stored(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    async with people("bob") as (bob,), RawUserAgent.opened() as stranger:
        messages = bob.host.user_agent(bob.account_id).messages
        tried = asyncio.Event()

        def fail(_: m.IncomingMessage) -> None:
            tried.set()
            raise sqlite3.OperationalError("disk full")

        send = stranger.request(
            "MESSAGE", "sip:bob@provider-a.test", _address(_contact(bob)), sender="sip:eve@x.test", body="kept"
        )
        with monkeypatch.context() as patch:
            patch.setattr(messages, "receive", fail)
            asking = asyncio.create_task(send)
            await asyncio.wait_for(tried.wait(), 10)
            await bob.chrome.ask(bridge.SYSTEM_ECHO, m.BridgeSystemEchoParams(text="x", hop="engine"))
            assert stranger.came == []
        # It has no answer, so that its sender repeats it, here to the next engine.
        pid = bob.strike()
        await bob.back(pid)
        asking.cancel()
        answer = await stranger.request(
            "MESSAGE", "sip:bob@provider-a.test", _address(_contact(bob)), sender="sip:eve@x.test", body="kept"
        )
        assert answer.status == 200
        assert [message.body for message in await _outgoing(bob, "sip:eve@x.test")] == ["kept"]


async def test_each_accepted_message_arrives_once_under_a_hundred_kills(people: People, tmp_path: Path) -> None:
    scenario = message_scenario(sender="sip:sipp@x.test", to="sip:bob@provider-a.test", body="sipp [call_number]")
    async with people("alice", "bob") as (alice, bob):
        descriptors = _descriptors()
        playing = asyncio.create_task(
            asyncio.to_thread(run_sipp, tmp_path / "sipp", _contact(bob), scenario, count=400, rate=15, timeout_s=60)
        )
        memory, number, pids = 0, 0, set[int]()
        for turn in range(ROUNDS):
            for _ in range(2):
                number += 1
                text = m.BridgeMessageSendParams(to="bob", body=f"alice {number}")
                await alice.chrome.ask(bridge.MESSAGE_SEND, text)
            struck = alice.strike(), bob.strike()
            pids |= set(struck)
            await asyncio.gather(alice.back(struck[0]), bob.back(struck[1]))
            if turn == ROUNDS // 5:
                memory = _private_bytes()
        assert len(pids) == 2 * ROUNDS
        result = await playing
        # Who repeats for five seconds does not always meet an engine that lives; then it knows that it did not.
        accepted = set(range(1, 401)) - {int(number) for number in re.findall(r"Call-Id: (\d+)-", result.log)}
        assert len(accepted) == result.successful >= 50

        async def settled() -> bool:
            return not any(message.state in {"queued", "sending"} for message in await _outgoing(alice, "bob"))

        await eventually(settled, timeout_s=40, what="every message has its final response")
        stored = Counter(message.body for message in await _all(bob, "alice"))
        sent = [message for message in await _outgoing(alice, "bob") if message.state == "sent"]
        assert len(sent) >= number * 0.9
        assert {message.body for message in sent} <= stored.keys()
        assert set(stored.values()) == {1}
        stored = Counter(message.body.strip() for message in await _all(bob, "sip:sipp@x.test"))
        assert {f"sipp {number}" for number in accepted} <= stored.keys()
        assert set(stored.values()) == {1}
        assert _private_bytes() - memory < 8 * MIB
        assert not pids & _processes()
        assert abs(_descriptors() - descriptors) <= 2


async def _all(person: Mortal, peer: str) -> list[m.Message]:
    """A whole conversation."""
    found: list[m.Message] = []
    before = None
    while True:
        params = m.BridgeMessageListParams(peer=peer, limit=200, before_ms=before)
        page = await person.chrome.ask(bridge.MESSAGE_LIST, params)
        found = page.messages + found
        if not page.has_more:
            return found
        before = page.messages[0].created_at_ms
