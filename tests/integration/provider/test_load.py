"""The demo provider seen by SIPp, whose digest and transactions are other people's."""

from __future__ import annotations

import asyncio
import itertools
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


async def test_services_answer_while_calls_and_registrations_are_written_and_no_database_is_locked(
    new_provider: Callable[..., DemoProvider],
) -> None:
    provider = new_provider(tick_s=60)
    await provider.start()
    server, domain = ("127.0.0.1", provider.udp_port), provider.domain
    logins = [(user, provider.users[user]) for user in ("alice", "bob", "carol")] * 2
    numbers = itertools.count()
    statuses: list[int] = []

    async def asks(login: tuple[str, str]) -> None:
        async with RawUserAgent.opened() as agent:
            for service in ["balance", "calls", "devices", "numbers", "services"] * 10:
                question = f"question{next(numbers)}"
                answer = await agent.request(
                    "MESSAGE",
                    f"sip:elsipo-{service}@{domain}",
                    server,
                    sender=f"sip:{login[0]}@{domain}",
                    headers={"Accept": "application/json", "Elsipo-Message-ID": question},
                    login=login,
                )
                statuses.append(answer.status)
                await agent.wait_for(lambda came, wanted=question: came.header("elsipo-in-reply-to") == wanted)
                agent.came.clear()

    async def registers(login: tuple[str, str]) -> None:
        async with RawUserAgent.opened() as agent:
            statuses.extend([(await agent.register(server, domain, login)).status for _ in range(50)])

    async def calls(login: tuple[str, str]) -> None:
        async with RawUserAgent.opened() as agent:
            for _ in range(15):
                sender, callee = f"sip:{login[0]}@{domain}", f"sip:echo@{domain}"
                answer = await agent.request("INVITE", callee, server, sender=sender, login=login)
                agent.acknowledge(answer, callee, server)
                statuses.append(answer.status)

    async with RawUserAgent.opened() as echo:
        await echo.register(server, domain, ("echo", provider.users["echo"]))
        async with asyncio.TaskGroup() as group:
            for work in (asks, registers, calls):
                for login in logins:
                    group.create_task(work(login))
    assert statuses == [200] * 690
    assert "locked" not in provider.log()
