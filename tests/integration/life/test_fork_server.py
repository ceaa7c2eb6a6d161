"""The process that forks engines may die, hang or never come: accounts and calls notice nothing, nor do passers-by."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from elsipo.host.engine_argv import ENGINE_ARGV, ENGINE_PRELOADED
from elsipo.rpc._generated import bridge, engine
from elsipo.rpc._generated import models as m
from elsipo.supervisor import ForkServer
from peers.engine_driver import running_engine
from peers.mortal import connected
from peers.sip import RawUserAgent
from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from peers.mortal import Mortal

    People = Callable[..., AbstractAsyncContextManager[list[Mortal]]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no fork server elsewhere")

ENGINES = 4
CLIENT_RANDOM = slice(11, 43)
"""Where it is in a record with a ClientHello (RFC 5246 §6.2.1, §7.4.1.2)."""


@pytest.fixture
async def engines() -> AsyncIterator[ForkServer]:
    server = ForkServer(ENGINE_ARGV, ENGINE_PRELOADED)
    yield server
    await server.close()


def strike(host_of: Mortal, number: signal.Signals = signal.SIGKILL) -> int:
    """Send her host's fork server a signal; its process id."""
    pid = host_of.host.fork_server.pid
    assert pid is not None
    os.kill(pid, number)
    return pid


async def test_calls_go_on_without_the_fork_server_and_survive_as_ever(people: People) -> None:
    async with people("alice", "bob", audio="echo") as (alice, bob):
        call, _ = await connected(alice, bob)
        fork_server = alice.host.fork_server
        struck = strike(alice)
        await eventually(lambda: fork_server.pid is None, what="its end is known")
        assert (await alice.sounds(call)).share > 0.5
        alice.strike(signal.SIGSEGV)
        await alice.call("confirmed", recovering=True)
        again = await alice.call("confirmed", recovering=None, has_audio=True)
        assert again.call_id == call.call_id
        assert (await alice.sounds(call)).share > 0.5
        assert fork_server.pid not in {None, struck}
        # Who would have seen how it ended was gone; where its threads were is told all the same.
        report = await alice.chrome.ask(bridge.ENGINE_CRASH_REPORT, m.BridgeEngineCrashReportParams())
        assert "Segmentation fault" in report.text
        assert "Thread 0x" in report.text


async def test_account_comes_back_though_the_fork_server_hangs(people: People) -> None:
    async with people("alice", "bob") as (alice, bob):
        strike(alice, signal.SIGSTOP)
        pid = alice.strike()
        await alice.back(pid)
        assert alice.host.user_agent(alice.account_id).status.restarts == 1
        assert bob.host.user_agent(bob.account_id).status.restarts == 0


async def test_accounts_do_without_a_fork_server_that_cannot_be_had(people: People) -> None:
    unfit = ForkServer(ENGINE_ARGV, "elsipo.engine.there_is_no_such_module")
    async with people("alice", "bob", fork_server=unfit) as (alice, _):
        assert unfit.pid is None
        await alice.back(alice.strike())


async def test_engines_forked_by_one_process_share_no_identifiers(engines: ForkServer) -> None:
    """RFC 3261 §8.1.1.4, §8.1.1.7 and §19.3: Call-ID, branch and tag are unique."""
    async with RawUserAgent.opened() as registrar, AsyncExitStack() as stack:
        for number in range(ENGINES):
            forked = await stack.enter_async_context(running_engine(launch=engines.launch))
            await forked.configure(f"user{number}", f"127.0.0.1:{registrar.port}")
            await forked.ask(engine.ACCOUNT_REGISTER)
        requests = [
            await registrar.wait_for(lambda came, number=number: came.from_user == f"user{number}")  # type: ignore[misc]
            for number in range(ENGINES)
        ]
        for values in (
            [request.header("call-id") for request in requests],
            [request.header("from").partition("tag=")[2] for request in requests],
            [request.header("via").partition("branch=")[2] for request in requests],
            [str(request.source) for request in requests],
        ):
            assert "" not in values
            assert len(set(values)) == ENGINES


async def test_engines_forked_by_one_process_share_no_secrets(engines: ForkServer) -> None:
    """What they send first over TLS is drawn from the library's random numbers, as its keys are."""
    greetings: asyncio.Queue[bytes] = asyncio.Queue()

    async def greeted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greetings.put_nowait(await reader.readexactly(CLIENT_RANDOM.stop))
        writer.close()

    listener = await asyncio.start_server(greeted, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, AsyncExitStack() as stack:
        drawn = []
        for number in range(ENGINES):
            forked = await stack.enter_async_context(running_engine(launch=engines.launch))
            await forked.configure(f"user{number}", f"127.0.0.1:{port}", transport="tls")
            await forked.ask(engine.ACCOUNT_REGISTER)
            drawn.append((await asyncio.wait_for(greetings.get(), 10))[CLIENT_RANDOM])
    # OpenSSL 1.0 begins it with the time.
    assert len({random[4:] for random in drawn}) == ENGINES
