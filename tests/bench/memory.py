"""`engine_private_mb`, `engine_pss_mb`, `host_private_mb`, `shell_private_mb`, `engine_idle_cpu`: Elsipo at rest."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from peers import processes
from peers.waiting import eventually

from bench import proc
from bench.empty import empty_shell
from bench.figures import Figure, figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.stage import Elsipo, Stage

_SAMPLES: Final = 5
_IDLE_S: Final = 10.0


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figures; n is 5 and the engine rests for 10 s, or 1 and 1 s when quick."""
    samples, idle_s = (1, 1.0) if quick else (_SAMPLES, _IDLE_S)
    python_mb = _bare_python_mb()
    with empty_shell(stage) as shell:
        empty_mb = [await _settled(lambda: _tree_mb(shell.pid))]
    engines: list[float] = []
    whole_engines: list[float] = []
    hosts: list[float] = []
    shells: list[float] = []
    idle: list[float] = []
    for turn in range(samples):
        async with stage.elsipo() as elsipo:
            await elsipo.registered()
            await _all_there(elsipo)
            pids = elsipo.children()
            shells.append(await _settled(lambda shell=pids["shell"]: _tree_mb(shell)))  # type: ignore[misc]
            engines.append(proc.private_mb(pids["engine"]))
            whole_engines.append(sum(proc.proportional_mb(pids[name]) for name in ("engine", "fork server")))
            hosts.append(proc.private_mb(elsipo.program.process.pid))
            if turn == 0:
                idle = [await _idle_percent(pids["engine"], idle_s / 5) for _ in range(5)]
    return {
        "engine_private_mb": figure(engines, "MB", [python_mb]),
        "engine_pss_mb": figure(whole_engines, "MB", [python_mb]),
        "engine_idle_cpu": figure([sum(idle) / len(idle)], "%"),
        "host_private_mb": figure(hosts, "MB", [python_mb]),
        "shell_private_mb": figure(shells, "MB", empty_mb),
    }


async def _all_there(elsipo: Elsipo) -> None:
    """Wait for the page's own renderer beside the chrome's."""

    def both() -> bool:
        shell = elsipo.children().get("shell")
        return shell is not None and len(processes.renderers(proc.tree(shell))) > 1

    await eventually(both, timeout_s=30, what="the page has a renderer")


async def _settled(measure_mb: Callable[[], float]) -> float:
    """A figure that has stopped to grow: two alike, half a second apart."""
    last = 0.0

    def stands() -> float:
        nonlocal last
        before, last = last, measure_mb()
        return last if abs(last - before) < last / 200 else 0.0

    return await eventually(stands, timeout_s=30, interval_s=0.5, what="memory settles")


def _tree_mb(pid: int) -> float:
    return sum(proc.private_mb(member) for member in proc.tree(pid))


async def _idle_percent(pid: int, seconds: float) -> float:
    began_s, used_s = time.monotonic(), proc.cpu_s(pid)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)  # nothing happens, and that is what is measured
    return (proc.cpu_s(pid) - used_s) / (time.monotonic() - began_s) * 100


def _bare_python_mb() -> float:
    argv = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as python:
        assert python.stdout is not None
        assert python.stdin is not None
        python.stdout.readline()
        own_mb = proc.private_mb(python.pid)
        python.stdin.write(b"\n")
    return own_mb
