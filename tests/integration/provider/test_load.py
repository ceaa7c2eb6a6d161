"""The demo provider seen by SIPp, whose digest and transactions are other people's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from peers.sip import RawUserAgent
from peers.sipp import SippResult, message_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.demo.provider import DemoProvider

ALICE, BOB = "sip:alice@provider-a.test", "sip:bob@provider-a.test"


async def test_many_messages_get_through_and_each_once(
    provider: DemoProvider, bob: RawUserAgent, sipp: Callable[..., SippResult]
) -> None:
    scenario = message_scenario(sender=ALICE, to=BOB, body="Nr. [call_number]", login=("alice", "alicepw"))
    result = await asyncio.to_thread(sipp, provider.server("udp"), scenario, count=50, rate=100)
    assert (result.successful, result.failed) == (50, 0), result.log
    bodies = [message.body for message in bob.came if message.from_user == "alice" and message.method == "MESSAGE"]
    assert len(bodies) == len(set(bodies)) == 50


async def test_many_register_at_once_and_none_is_turned_away(provider: DemoProvider) -> None:
    """SQLite refuses a second writer at once, and a registrar that is refused answers 500."""
    server = ("127.0.0.1", provider.udp_port)

    async def come_and_go(user: str) -> set[int]:
        login = (user, provider.users[user])
        seen = set()
        for _ in range(25):
            async with RawUserAgent.opened() as agent:
                for expires_s in (60, 0):
                    seen.add((await agent.register(server, provider.domain, login, expires_s)).status)
        return seen

    users = ("alice", "bob", "carol", "bare")
    assert await asyncio.gather(*(come_and_go(user) for user in users)) == [{200}] * len(users)


def test_a_wrong_password_is_challenged_again(provider: DemoProvider, sipp: Callable[..., SippResult]) -> None:
    scenario = message_scenario(sender=ALICE, to=BOB, body="x", login=("alice", "wrong"), expect=407)
    assert sipp(provider.server("udp"), scenario).successful == 1


def test_a_message_without_login_is_challenged(provider: DemoProvider, sipp: Callable[..., SippResult]) -> None:
    result = sipp(provider.server("udp"), message_scenario(sender=ALICE, to=BOB, body="x", expect=407))
    assert (result.successful, result.failed) == (1, 0), result.log
