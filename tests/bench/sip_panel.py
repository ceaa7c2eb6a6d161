"""`sip_panel_closed` and `sip_panel_open`: what the SIP panel costs an engine.

Processor time of engines for so many MESSAGEs, each received, told of and answered: of one at which nobody ever looked,
and of one at which somebody did and does no more, and then does again. They take turns in one run.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from elsipo.rpc._generated import engine as contract
from elsipo.rpc._generated import models as m
from peers.engine_driver import running_engine
from peers.sip import RawUserAgent

from bench import proc
from bench.figures import Figure, figure

if TYPE_CHECKING:
    from peers.engine_driver import Engine

    from bench.stage import Stage

_MESSAGES: Final = 200


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figures; n is 10 blocks of 200 messages, or 1 of 20 when quick."""
    blocks, messages = (1, 20) if quick else (10, _MESSAGES)
    never: list[float] = []
    closed: list[float] = []
    opened: list[float] = []
    async with AsyncExitStack() as stack:
        sender = await stack.enter_async_context(RawUserAgent.opened())
        unseen, seen = [await stack.enter_async_context(running_engine()) for _ in range(2)]
        for engine, user in ((unseen, "alice"), (seen, "bob")):
            await engine.configure(user, stage.provider.server("udp"))
            await engine.register()
            await _ms_a_message(engine, sender, messages)  # what only the first ones cost
        for _ in range(blocks):
            await _watch(seen, on=True)
            opened.append(await _ms_a_message(seen, sender, messages))
            await _watch(seen, on=False)
            never.append(await _ms_a_message(unseen, sender, messages))
            closed.append(await _ms_a_message(seen, sender, messages))
    return {"sip_panel_closed": figure(closed, "ms", never), "sip_panel_open": figure(opened, "ms", never)}


async def _watch(engine: Engine, *, on: bool) -> None:
    await engine.ask(contract.SIP_TRACE_WATCH, m.EngineSipTraceWatchParams(on=on))


async def _ms_a_message(engine: Engine, sender: RawUserAgent, count: int) -> float:
    """Milliseconds of processor time for each message."""
    contact = (await engine.registration("registered")).contact or ""
    host, _, port = contact.partition("@")[2].partition(";")[0].partition(":")
    pid = engine.supervisor.status.pid
    assert pid is not None
    before = proc.cpu_exact_s(pid)
    for _ in range(count):
        sender.came.clear()
        answer = await sender.request(
            "MESSAGE", contact.partition(";")[0], (host, int(port)), sender="sip:bench@elsewhere.test", body="Hello"
        )
        assert answer.status == 200, answer.start_line
    return (proc.cpu_exact_s(pid) - before) * 1000 / count
