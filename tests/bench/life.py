"""`restart_to_registered_ms`, `call_recovery_ms` and `accounts_20`: engines that are killed, and many of them.

The host is this very process, without windows: what is measured is the life of engines.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Final

from elsipo.demo.provider import DemoProvider
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.supervisor import RestartPolicy
from peers.mortal import Mortal, connected
from peers.waiting import eventually
from peers.window import Document

from bench import proc
from bench.figures import Figure, figure, with_p99

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.rpc._generated.models import AudioMode

    from bench.stage import Stage

_LOOK_S: Final = 0.002
_MANY: Final = 20
_CALM_S: Final = 0.2
"""Each round sends bob two INVITEs, and more than ten a second are a flood to his engine (engine/doorkeeper)."""


def _patient() -> RestartPolicy:
    return RestartPolicy(max_crashes=10_000, max_delay_s=0.05)


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figures; n is 50 and 20, or 2 when quick."""
    restarts, calls = (2, 2) if quick else (50, 20)
    async with _people(stage, stage.provider, ["alice", "bob"], "echo") as (alice, bob):
        again: list[float] = []
        plain: list[float] = []
        for _ in range(restarts):
            again.append(await _killed(alice))
            plain.append(await _started(alice))
        recovered = [await _recovered(alice, bob) for _ in range(calls)]
    figures = with_p99("restart_to_registered_ms", again, "ms", plain)
    return figures | {"call_recovery_ms": figure(recovered, "ms")} | await _many(stage)


@contextlib.asynccontextmanager
async def _people(
    stage: Stage, provider: DemoProvider, users: list[str], audio: AudioMode
) -> AsyncIterator[list[Mortal]]:
    host = Host(Folders.below(stage.new_folder("life")), audio=audio, use_keyring=False, policy=_patient)
    ids = []
    for user in users:
        record = host.book.add(f"{user}@{provider.domain}", server=provider.server("udp"))
        host.credentials.keep(record.account_id, provider.users[user], allow_file=True)
        ids.append(record.account_id)
    async with started(host), contextlib.AsyncExitStack() as windows:
        found = []
        for account_id in ids:
            chrome = await windows.enter_async_context(Document.chrome(host, account_id))
            await chrome.registered()
            found.append(Mortal(host, account_id, chrome))
        yield found


async def _registered(person: Mortal, but: int | None) -> None:
    agent = person.host.user_agent(person.account_id)
    await eventually(
        lambda: agent.status.pid not in {None, but} and agent.registrations.is_registered,
        interval_s=_LOOK_S,
        what="another engine is registered",
    )


async def _killed(person: Mortal) -> float:
    began = time.perf_counter()
    await _registered(person, person.strike())
    return (time.perf_counter() - began) * 1000


async def _started(person: Mortal) -> float:
    agent = person.host.user_agent(person.account_id)
    await agent.stop_engine()
    began = time.perf_counter()
    await agent.start_engine()
    await _registered(person, None)
    return (time.perf_counter() - began) * 1000


async def _recovered(alice: Mortal, bob: Mortal) -> float:
    """From the kill to the new dialog's sound, which begins with its first 20 ms of RTP."""
    call, _ = await connected(alice, bob)
    began = time.perf_counter()
    alice.strike()
    await alice.call("confirmed", recovering=True)
    alice.chrome.forget()
    await alice.call("confirmed", recovering=None, has_audio=True)
    took = (time.perf_counter() - began) * 1000
    await alice.host.user_agent(alice.account_id).calls.hang_up(call.call_id)
    for person in (alice, bob):
        await person.call("disconnected")
    await asyncio.sleep(_CALM_S)
    return took


async def _many(stage: Stage) -> dict[str, Figure]:
    users = {f"user{number}": f"secret{number}" for number in range(_MANY)}
    async with DemoProvider(users=users) as provider:
        began = time.perf_counter()
        async with _people(stage, provider, list(users), "null") as people:
            took = (time.perf_counter() - began) * 1000
            await asyncio.sleep(1)  # what a start needs and then gives back
            pids = [person.pid for person in people]
            private = sum(proc.private_mb(pid) for pid in pids)
            server = people[0].host.fork_server.pid
            assert server is not None
            whole = sum(proc.proportional_mb(pid) for pid in [*pids, server])
    return {
        "accounts_20": figure([private], "MB"),
        "accounts_20_pss": figure([whole], "MB"),
        "accounts_20_registered": figure([took], "ms"),
    }
