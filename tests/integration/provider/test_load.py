"""The demo provider seen by SIPp, whose digest and transactions are other people's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from peers.sipp import SippResult, message_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.demo.provider import DemoProvider
    from peers.sip import RawUserAgent

ALICE, BOB = "sip:alice@provider-a.test", "sip:bob@provider-a.test"


async def test_many_messages_get_through_and_each_once(
    provider: DemoProvider, bob: RawUserAgent, sipp: Callable[..., SippResult]
) -> None:
    scenario = message_scenario(sender=ALICE, to=BOB, body="Nr. [call_number]", login=("alice", "alicepw"))
    result = await asyncio.to_thread(sipp, provider.server("udp"), scenario, count=50, rate=100)
    assert (result.successful, result.failed) == (50, 0), result.log
    bodies = [message.body for message in bob.came if message.from_user == "alice" and message.method == "MESSAGE"]
    assert len(bodies) == len(set(bodies)) == 50


def test_a_wrong_password_is_challenged_again(provider: DemoProvider, sipp: Callable[..., SippResult]) -> None:
    scenario = message_scenario(sender=ALICE, to=BOB, body="x", login=("alice", "wrong"), expect=407)
    assert sipp(provider.server("udp"), scenario).successful == 1


def test_a_message_without_login_is_challenged(provider: DemoProvider, sipp: Callable[..., SippResult]) -> None:
    result = sipp(provider.server("udp"), message_scenario(sender=ALICE, to=BOB, body="x", expect=407))
    assert (result.successful, result.failed) == (1, 0), result.log
