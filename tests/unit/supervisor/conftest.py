"""A supervisor over tests/fixtures/problem_engine.py, whose states can be awaited."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import engine
from elsipo.rpc._generated import models as m
from elsipo.rpc.handlers import Handlers
from elsipo.supervisor import ForkServer, Patience, ProcessState, ProcessStatus, RestartPolicy, Supervisor, Timing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FIXTURES = Path(__file__).parents[2] / "fixtures"
PROBLEM = FIXTURES / "problem_engine.py"
FORKED = [sys.executable, "-m", "problem_engine"]
"""The command of one that is forked; how it misbehaves follows."""
WITHIN_S = 20.0
QUICK = Timing(start_s=WITHIN_S, ping_interval_s=0.05, ping_s=WITHIN_S, goodbye_s=WITHIN_S, end=Patience(5.0, 5.0))


def is_alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Watched:
    """A supervisor and what it told.

    Attributes:
        supervisor: It.
        told: Its status after each change.
        pids: The processes that ran.
    """

    def __init__(self, how: str, *, ping: bool = True, argv: list[str] | None = None, **options: Any) -> None:
        self.told: list[ProcessStatus] = []
        self.pids: list[int] = []
        self._changed = asyncio.Condition()
        self._notifying: set[asyncio.Task[None]] = set()
        self._running = asyncio.Queue[int]()
        options.setdefault("policy", RestartPolicy(first_delay_s=0.0, max_delay_s=0.0))
        options.setdefault("timing", QUICK)
        options.setdefault("on_running", self.on_running)
        self.supervisor = Supervisor(
            "problem",
            argv or [sys.executable, str(PROBLEM), how],
            Handlers(),
            hello=self.hello,
            ping=self.ping if ping else None,
            on_state=self.on_state,
            **options,
        )

    async def hello(self) -> None:
        params = m.EngineEngineHelloParams(protocol_version=PROTOCOL_VERSION)
        self.pids.append((await self.supervisor.handshake(engine.ENGINE_HELLO, params)).pid)

    async def ping(self) -> None:
        await self.supervisor.handshake(engine.ENGINE_PING, m.EngineEnginePingParams())

    async def on_running(self) -> None:
        self._running.put_nowait(self.pids[-1])

    def on_state(self) -> None:
        self.told.append(self.supervisor.status)
        task = asyncio.create_task(self._wake())
        self._notifying.add(task)
        task.add_done_callback(self._notifying.discard)

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def runs(self) -> int:
        """Wait until it runs (again), and return the process id."""
        return await asyncio.wait_for(self._running.get(), WITHIN_S)

    async def reaches(self, state: ProcessState) -> ProcessStatus:
        """Wait until it has told this state, and return the status then."""
        async with self._changed, asyncio.timeout(WITHIN_S):
            await self._changed.wait_for(lambda: any(status.state == state for status in self.told))
        return next(status for status in self.told if status.state == state)

    async def echo(self, text: str) -> str:
        return await self.supervisor.request(engine.ENGINE_ECHO, m.EngineEngineEchoParams(text=text))

    @property
    def states(self) -> list[ProcessState]:
        """The states it told, each once in a row."""
        states: list[ProcessState] = []
        for status in self.told:
            if not states or states[-1] != status.state:
                states.append(status.state)
        return states


class Supervise:
    """Starts watched supervisors, and stops them after the test."""

    def __init__(self, stack: contextlib.AsyncExitStack, fork_server: ForkServer | None = None) -> None:
        self._stack = stack
        self._fork_server = fork_server

    async def __call__(self, how: str, **options: Any) -> Watched:
        if self._fork_server is not None:
            options = {"argv": [*FORKED, how], "launch": self._fork_server.launch, **options}
        watched = Watched(how, **options)
        self._stack.push_async_callback(watched.supervisor.stop)
        await watched.supervisor.start()
        return watched


@pytest.fixture
async def fork_server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ForkServer]:
    """Forks problem engines (Linux)."""
    monkeypatch.setenv("PYTHONPATH", str(FIXTURES))
    server = ForkServer(FORKED, "problem_engine")
    yield server
    await server.close()


@pytest.fixture
async def supervise() -> AsyncIterator[Supervise]:
    async with contextlib.AsyncExitStack() as stack:
        yield Supervise(stack)
