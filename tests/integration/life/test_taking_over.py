"""Who may put a new dialog in a call's place (RFC 3891), and who may not: nobody gets or ends the call of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from elsipo.engine import dialogs, sip_text
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.mortal import connected
from peers.sip import RawUserAgent
from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from elsipo.demo.provider import DemoProvider
    from elsipo.rpc._generated.models import Dialog
    from peers.mortal import Mortal

    People = Callable[..., AbstractAsyncContextManager[list[Mortal]]]

OFFER: Final = "\r\n".join(
    (
        *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"),
        *("m=audio 40000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", ""),
    )
)
FORBIDDEN, NO_SUCH_CALL, BUSY_HERE = 403, 481, 486


class Thief:
    """Carol, who knows all that identifies a call of alice's and bob's: a registered user, but in neither's account."""

    def __init__(self, provider: DemoProvider, agent: RawUserAgent) -> None:
        self._provider = provider
        self._server = ("127.0.0.1", provider.udp_port)
        self._agent = agent

    async def asks(self, user: str, replaces: str, *, sender: str = "carol") -> int:
        """Want to have a user's call, over the provider.

        Returns:
            The final status.
        """
        return await self._invite(f"sip:{user}@{self._provider.domain}", self._server, replaces, sender)

    async def asks_directly(self, person: Mortal, replaces: str) -> int:
        """The same at the engine's own address, under bob's name, for which nobody vouches there."""
        contact = person.host.user_agent(person.account_id).registrations.current.contact or ""
        host, _, port = contact.partition("@")[2].partition(";")[0].partition(":")
        return await self._invite(contact.partition(";")[0], (host, int(port)), replaces, "bob")

    async def _invite(self, uri: str, server: tuple[str, int], replaces: str, sender: str) -> int:
        answer = await self._agent.request(
            "INVITE",
            uri,
            server,
            sender=f"sip:{sender}@{self._provider.domain}",
            body=OFFER,
            headers={"Content-Type": "application/sdp", "Require": "replaces", "Replaces": replaces},
            login=("carol", self._provider.users["carol"]),
        )
        return answer.status


@pytest.fixture
async def thief(provider: DemoProvider) -> AsyncIterator[Thief]:
    """Carol, on line."""
    async with RawUserAgent.opened() as agent:
        yield Thief(provider, agent)


async def test_nobody_but_the_peer_takes_a_call_over_or_ends_it(people: People, thief: Thief) -> None:
    async with people("alice", "bob", "echo", audio="echo") as (alice, bob, third):
        await alice.chrome.ask(bridge.SIP_TRACE_WATCH, m.BridgeSipTraceWatchParams(on=True))
        calls = await connected(alice, bob)
        lost = await _dialog_of(alice)
        at_alice = f"{lost.sip_call_id};to-tag={lost.local_tag};from-tag={lost.remote_tag}"
        at_bob = f"{lost.sip_call_id};to-tag={lost.remote_tag};from-tag={lost.local_tag}"
        for person in (alice, bob):
            person.chrome.forget()
        answers = {
            "a stranger to the call, at the caller": await thief.asks("alice", at_alice),
            "a stranger to the call, at the called": await thief.asks("bob", at_bob),
            "who says to be the peer": await thief.asks("alice", at_alice, sender="bob"),
            "who says so past the provider": await thief.asks_directly(alice, at_alice),
            "tags in the wrong order": await thief.asks("alice", at_bob),
            "a wrong tag": await thief.asks("alice", f"{at_alice}x"),
            "only a call that rings": await thief.asks("alice", f"{at_alice};early-only"),
            "the call of another account": await thief.asks("echo", at_alice),
        }
        assert answers == {
            "a stranger to the call, at the caller": FORBIDDEN,
            "a stranger to the call, at the called": FORBIDDEN,
            "who says to be the peer": FORBIDDEN,
            "who says so past the provider": FORBIDDEN,
            "tags in the wrong order": NO_SUCH_CALL,
            "a wrong tag": NO_SUCH_CALL,
            "only a call that rings": BUSY_HERE,  # RFC 3891 §3
            "the call of another account": NO_SUCH_CALL,
        }
        for person, call in zip((alice, bob), calls, strict=True):
            assert abs((await person.sounds(call)).heard_hz - 700) < 20
            assert [running.call_id for running in await person.calls()] == [call.call_id]
            told = person.chrome.all_seen(bridge.CALL_STATE_CHANGED)
            assert {(params.call.call_id, params.call.state) for params in told} <= {(call.call_id, "confirmed")}
        assert third.chrome.all_seen(bridge.CALL_STATE_CHANGED) == []


async def _dialog_of(caller: Mortal) -> Dialog:
    """What went over the wire: the identifiers of the caller's call, as she has them."""

    def found() -> Dialog | None:
        for params in caller.chrome.all_seen(bridge.SIP_TRACE_CAPTURED):
            for text in (sip_text.parse(message.text) for message in params.batch.messages):
                if text.start_line.startswith("SIP/2.0 200") and text.header("CSeq").endswith("INVITE"):
                    return dialogs.of_answer(text)
        return None

    dialog = await eventually(found, what="the 200 to the caller's INVITE")
    assert dialog is not None
    return dialog
