"""A provider that is gone for long, and a machine that sleeps: how it is told, and how it ends by itself."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

from peers.kamailio import contacts, forget_registrations
from peers.silence import SilentServer
from peers.sip import RawUserAgent

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from elsipo.demo.provider import DemoProvider
    from peers.engine_driver import Engine

    Hurried = Callable[..., AbstractAsyncContextManager[Engine]]

ALICE = "sip:alice@provider-a.test"
# pjsip's transaction lasts 32 s, and the pauses after it 1, 2, 4 … 60 s: so many tries are ten minutes.
TRIES_IN_TEN_MINUTES = 11
FAST = 0.02


async def test_a_provider_that_was_gone_for_ten_minutes_is_found_again(
    hurried: Hurried, new_provider: Callable[..., DemoProvider]
) -> None:
    provider = new_provider(tick_s=5.0)
    await provider.start()
    async with hurried(scale=FAST) as engine:
        await engine.configure("alice", provider.server())
        await engine.register()
        await provider.stop()
        since = len(engine.told)
        async with SilentServer.at(provider.udp_port) as silent:
            assert (await engine.send(ALICE, "anybody?")).sip_status == 408  # which is how it is noticed
            await silent.heard(TRIES_IN_TEN_MINUTES, timeout_s=40)
            pauses = silent.pauses_s()
        told = _registrations(engine, since)
        assert {one.state for one in told} == {"registering", "failed"}
        failures = [one for one in told if one.state == "failed"]
        assert all(one.retry_in_s is not None for one in failures)
        assert {one.reason_phrase for one in failures} == {f"No answer from {provider.server()}."}
        # The last pauses are those of a minute, each of its own length; the first was one of a second.
        assert pauses[0] < 10 * FAST
        assert all(40 * FAST < pause < 100 * FAST for pause in pauses[-2:])
        assert len({round(pause, 3) for pause in pauses[-2:]}) == 2
        since = len(engine.told)
        await provider.start()
        assert (await engine.registration("registered", since=since)).registrar_address == provider.server()
        assert len(contacts(provider, "alice")) == 1
        assert engine.supervisor.status.restarts == 0


async def test_a_machine_that_slept_registers_again_when_it_wakes(hurried: Hurried, provider: DemoProvider) -> None:
    host, _, port = provider.server().partition(":")
    async with hurried() as engine, RawUserAgent.opened() as awake:
        await engine.configure("alice", provider.server())
        await engine.register()
        os.kill(engine.hello.pid, signal.SIGSTOP)
        try:
            forget_registrations(provider)  # what a night does
            await awake.register((host, int(port)), provider.domain, ("bob", "bobpw"))
            await awake.wait_for(lambda _: _ticks(awake) >= 2, what="two ticks of the provider", timeout_s=10)
        finally:
            since = len(engine.told)
            os.kill(engine.hello.pid, signal.SIGCONT)
        await engine.registration("registered", since=since)
        assert len(contacts(provider, "alice")) == 1
        assert (await engine.send(ALICE, "good morning")).state == "sent"


def _ticks(agent: RawUserAgent) -> int:
    return sum(message.method == "MESSAGE" for message in agent.came)


def _registrations(engine: Engine, since: int) -> list[Any]:
    return [told.registration for told in engine.told[since:] if hasattr(told, "registration")]
