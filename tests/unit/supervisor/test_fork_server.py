"""A server that forks children: they need neither it nor each other, and without it a child is started all the same."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from elsipo.supervisor import ForkServer, Patience
from elsipo.supervisor import fork_server as module
from peers.processes import living
from peers.waiting import eventually
from unit.supervisor.conftest import FORKED, WITHIN_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from elsipo.supervisor.child import Child

    Launch = Callable[..., Awaitable[Child]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no fork server elsewhere")


@pytest.fixture
async def launch(fork_server: ForkServer) -> AsyncIterator[Launch]:
    """Launch problem engines, and end them after the test."""
    children: list[Child] = []

    async def make(server: ForkServer = fork_server, how: str = "well") -> Child:
        children.append(await server.launch(f"problem {len(children)}", [*FORKED, how]))
        return children[-1]

    yield make
    for child in children:
        await child.end(Patience())
        assert not living([child.pid])


async def ask(child: Child, method: str = "engine.ping", **params: str) -> object:
    """A request by hand."""
    await child.stream.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    return json.loads(await asyncio.wait_for(child.stream.read(), WITHIN_S) or "{}").get("result")


def parent(child: Child) -> int:
    """Who started it."""
    return int(Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[1])


def name(child: Child) -> str:
    """What ps calls it."""
    return Path(f"/proc/{child.pid}/comm").read_text().strip()


def pipes(pid: int | str) -> set[str]:
    """Pipes and sockets that a process has open."""
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(str(descriptor.readlink()))
    return {link for link in found if link.startswith(("pipe:", "socket:"))}


def kill(server: ForkServer, number: signal.Signals = signal.SIGKILL) -> int:
    """Send a server a signal; its process id."""
    assert server.pid is not None
    pid = server.pid
    os.kill(pid, number)
    return pid


async def test_forked_children_are_processes_of_their_own(fork_server: ForkServer, launch: Launch) -> None:
    first, second = await launch(), await launch()
    assert await ask(first) == await ask(second) == {}
    assert fork_server.pid is not None
    for child in (first, second):
        assert parent(child) == fork_server.pid
        assert os.getsid(child.pid) == child.pid
        assert len(pipes(child.pid) & pipes(fork_server.pid)) == 1  # by which both tell of its life
    assert name(first) == "problem 0"
    assert pipes(first.pid).isdisjoint(pipes(second.pid))


async def test_forked_children_draw_different_random_numbers(launch: Launch) -> None:
    drawn = [str(await ask(await launch(), "engine.echo", text="draw")).split() for _ in range(3)]
    for numbers in zip(*drawn, strict=True):
        assert len(set(numbers)) == len(drawn)


@pytest.mark.parametrize(("how", "returncode"), [("exit 5", 5), (f"signal {signal.SIGSEGV:d}", -signal.SIGSEGV)])
async def test_how_a_child_ended_is_told_and_no_other_is_touched(
    fork_server: ForkServer, launch: Launch, how: str, returncode: int
) -> None:
    dying, other = await launch(), await launch()
    pid = fork_server.pid
    assert await ask(dying, "engine.echo", text=how) is None
    assert await asyncio.wait_for(dying.wait(), WITHIN_S) == returncode
    with pytest.raises(ProcessLookupError):
        os.kill(dying.pid, 0)  # it is reaped, too
    assert await ask(other) == {}
    assert fork_server.pid == pid


async def test_children_outlive_their_server_and_another_forks_the_next(
    fork_server: ForkServer, launch: Launch
) -> None:
    child = await launch()
    killed = kill(fork_server)
    await eventually(lambda: fork_server.pid is None, what="the server's end is known")
    assert await ask(child) == {}
    following = await launch()
    assert parent(following) == fork_server.pid != killed
    os.kill(child.pid, signal.SIGKILL)
    assert await asyncio.wait_for(child.wait(), WITHIN_S) is None  # who would have told how is gone


async def test_server_killed_when_a_child_is_asked_for_costs_nothing_but_the_fork(
    fork_server: ForkServer, launch: Launch
) -> None:
    await launch()
    kill(fork_server, signal.SIGSTOP)
    open_before = len(pipes("self"))
    asking = asyncio.ensure_future(launch())
    await eventually(lambda: len(pipes("self")) >= open_before + 4, what="the request is on its way")
    kill(fork_server)
    child = await asyncio.wait_for(asking, WITHIN_S)
    assert await ask(child) == {}
    assert parent(child) == os.getpid()


async def test_server_that_hangs_is_given_up_for_another(
    fork_server: ForkServer, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await launch()
    stopped = kill(fork_server, signal.SIGSTOP)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_FORKED_S", 0.2)
        assert parent(await launch()) == os.getpid()
    assert not living([stopped])
    assert parent(await launch()) == fork_server.pid != stopped


async def test_child_is_ended_though_its_server_hangs(fork_server: ForkServer, launch: Launch) -> None:
    child = await launch()
    kill(fork_server, signal.SIGSTOP)
    await asyncio.wait_for(child.end(), WITHIN_S)
    assert not living([child.pid])


@pytest.mark.parametrize(
    "preloaded", ["import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()", "1 / 0"]
)
async def test_server_that_cannot_serve_is_done_without_and_given_up(
    tmp_path: Path, launch: Launch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, preloaded: str
) -> None:
    (tmp_path / "unfit.py").write_text(preloaded)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    server = ForkServer(FORKED, "unfit")
    for _ in range(4):
        child = await launch(server)
        await eventually(lambda: server.pid is None, what="the server's end is known")
        assert parent(child) == os.getpid()
        assert await ask(child) == {}
    assert len([record for record in caplog.records if "could not be forked" in record.message]) == 3
    assert "given up" in caplog.text
    await server.close()


async def test_other_command_or_environment_is_spawned(fork_server: ForkServer) -> None:
    argv = [sys.executable, "-c", "import sys; print('ready', flush=True); sys.stdin.read()"]
    for child in (
        await fork_server.launch("other", argv),
        await fork_server.launch("bare", [*FORKED, "well"], env=dict(os.environ)),
    ):
        assert parent(child) == os.getpid()
        assert await child.end(Patience(WITHIN_S, WITHIN_S)) == 0
    assert fork_server.pid is None


async def test_launch_that_is_cancelled_leaves_nothing(fork_server: ForkServer, launch: Launch) -> None:
    await (await launch()).end(Patience())
    kill(fork_server, signal.SIGSTOP)
    before = pipes("self")
    asking = asyncio.ensure_future(launch())
    await eventually(lambda: len(pipes("self")) >= len(before) + 4, what="the request is on its way")
    asking.cancel()
    await asyncio.wait({asking})
    assert pipes("self") == before
    kill(fork_server, signal.SIGCONT)
    child = await launch()  # what nobody wanted was forked before it, and finds its stdin at an end
    server = parent(child)
    children = Path(f"/proc/{server}/task/{server}/children")
    await eventually(lambda: children.read_text().split() == [str(child.pid)], what="the other has left")


async def test_server_is_gone_when_it_is_closed_and_its_children_are_not(
    fork_server: ForkServer, launch: Launch
) -> None:
    child = await launch()
    pid = fork_server.pid
    assert pid is not None
    await fork_server.close()
    assert not living([pid])
    assert await ask(child) == {}
    assert parent(await launch()) == os.getpid()
