"""A child that does right is kept; its deaths are noticed and repaired."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import engine
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import ElsipoError, EngineUnavailableError
from elsipo.supervisor import Patience
from unit.supervisor.conftest import QUICK, WITHIN_S, is_alive

if TYPE_CHECKING:
    from unit.supervisor.conftest import Supervise


async def test_started_child_runs_and_answers(supervise: Supervise) -> None:
    child = await supervise("well")
    assert child.supervisor.status.state == "starting"
    pid = await child.runs()
    assert await child.echo("hello") == "hello"
    status = child.supervisor.status
    assert (status.state, status.pid, status.restarts, status.detail) == ("running", pid, 0, "")
    assert child.states == ["starting", "running"]


async def test_request_before_it_runs_fails_at_once(supervise: Supervise) -> None:
    child = await supervise("never_ready")
    with pytest.raises(EngineUnavailableError):
        await child.echo("x")
    await child.supervisor.stop()
    with pytest.raises(EngineUnavailableError):
        await child.echo("x")


@pytest.mark.parametrize(
    ("how", "reason"),
    [("exit 3", "It ended with exit code 3."), (f"signal {int(signal.SIGSEGV)}", "It was ended by SIGSEGV.")],
)
async def test_child_that_dies_is_started_again(supervise: Supervise, how: str, reason: str) -> None:
    child = await supervise("well")
    first = await child.runs()
    with pytest.raises(EngineUnavailableError):
        await child.echo(how)
    assert (await child.reaches("restarting")).detail == reason
    second = await child.runs()
    assert first != second
    assert not is_alive(first)
    assert await child.echo("again") == "again"
    assert child.states == ["starting", "running", "restarting", "running"]
    assert (child.supervisor.status.restarts, child.supervisor.status.detail) == (1, "")


async def test_request_between_two_lives_fails_at_once(supervise: Supervise) -> None:
    child = await supervise("well")
    await child.runs()
    with pytest.raises(EngineUnavailableError):
        await child.echo("exit 1")
    with pytest.raises(EngineUnavailableError):
        await child.echo("x")


async def test_third_death_is_the_last_and_a_restart_leads_out(supervise: Supervise) -> None:
    child = await supervise("well")
    for _ in range(3):
        await child.runs()
        with pytest.raises(EngineUnavailableError):
            await child.echo("exit 9")
    failed = await child.reaches("failed")
    assert "exit code 9" in failed.detail
    assert "3 times within 5 minutes" in failed.detail
    assert (failed.pid, failed.restarts) == (None, 2)
    with pytest.raises(EngineUnavailableError):
        await child.echo("x")
    await child.supervisor.restart()
    await child.runs()
    assert child.states[-3:] == ["failed", "restarting", "running"]
    assert child.supervisor.status.restarts == 3


async def test_restart_replaces_a_running_child(supervise: Supervise) -> None:
    child = await supervise("well")
    first = await child.runs()
    await child.supervisor.restart()
    assert not is_alive(first)
    assert await child.runs() != first
    assert child.states == ["starting", "running", "restarting", "running"]


async def test_stopped_child_has_left_and_stays_away(supervise: Supervise) -> None:
    child = await supervise("well")
    pid = await child.runs()
    await child.supervisor.stop()
    assert not is_alive(pid)
    assert (child.supervisor.status.state, child.supervisor.status.pid) == ("stopped", None)
    await child.supervisor.stop()
    await child.supervisor.restart()
    assert child.states == ["starting", "running", "stopped"]


async def test_stopped_supervisor_starts_again(supervise: Supervise) -> None:
    child = await supervise("well")
    await child.runs()
    await child.supervisor.stop()
    await child.supervisor.start()
    await child.supervisor.start()
    await child.runs()
    assert child.states == ["starting", "running", "stopped", "starting", "running"]


async def test_stop_right_after_start_leaves_nothing(supervise: Supervise) -> None:
    for _ in range(5):
        child = await supervise("well")
        await child.supervisor.stop()
        assert child.supervisor.status.pid is None


async def test_child_is_asked_to_leave_before_its_stdin_is_closed(supervise: Supervise) -> None:
    async def goodbye() -> None:
        await child.supervisor.handshake(engine.ENGINE_STOP, m.EngineEngineStopParams(grace_ms=100))

    child = await supervise("well", goodbye=goodbye)
    await child.runs()
    await child.supervisor.stop()
    assert child.supervisor.status.log_lines == ("goodbye",)
    assert child.states == ["starting", "running", "stopped"]


async def test_goodbye_that_fails_does_not_keep_it(supervise: Supervise) -> None:
    async def goodbye() -> None:
        raise RuntimeError("a bug")

    child = await supervise("well", goodbye=goodbye)
    pid = await child.runs()
    await child.supervisor.stop()
    assert not is_alive(pid)


async def test_fresh_child_is_told_what_it_has_to_know_each_time(supervise: Supervise) -> None:
    told = asyncio.Queue[str]()

    async def tell() -> None:
        told.put_nowait(await child.echo("account"))

    child = await supervise("well", on_running=tell)
    for _ in range(2):
        assert await asyncio.wait_for(told.get(), WITHIN_S) == "account"
        with pytest.raises(EngineUnavailableError):
            await child.echo("exit 1")


@pytest.mark.parametrize("error", [ElsipoError("refused"), RuntimeError("a bug")])
async def test_telling_that_fails_does_not_end_the_child(
    supervise: Supervise, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    told = asyncio.Event()

    async def tell() -> None:
        told.set()
        raise error

    child = await supervise("well", on_running=tell)
    await asyncio.wait_for(told.wait(), WITHIN_S)
    assert await child.echo("on") == "on"
    assert str(error) in caplog.text


async def test_listener_that_fails_does_not_end_the_supervision(
    supervise: Supervise, caplog: pytest.LogCaptureFixture
) -> None:
    child = await supervise("well")
    await child.runs()

    def fail() -> None:
        raise RuntimeError("a bug")

    child.supervisor._on_state = fail
    with pytest.raises(EngineUnavailableError):
        await child.echo("exit 1")
    await child.runs()
    assert "a bug" in caplog.text


async def test_log_of_the_child_is_copied_with_its_level_and_its_end_is_kept(
    supervise: Supervise, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="elsipo.child")
    child = await supervise("well")
    await child.runs()
    await child.echo("say 2026-01-01T00:00:00.000 WARNING elsipo.engine [- -] degraded\n  | really")
    await child.echo("say plain words")
    await child.echo("say " + "\n".join(str(number) for number in range(210)))
    await child.supervisor.stop()
    records = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "elsipo.child"]
    assert [level for level, _ in records[:3]] == ["WARNING", "WARNING", "INFO"]
    assert records[2][1] == "problem: plain words"
    assert child.supervisor.status.log_lines == tuple(str(number) for number in range(10, 210))


async def test_stop_is_finished_even_if_its_caller_is_cancelled(supervise: Supervise) -> None:
    child = await supervise("sleeps_on", timing=dataclasses.replace(QUICK, end=Patience(0.3, WITHIN_S)))
    pid = await child.runs()
    stopping = asyncio.create_task(child.supervisor.stop())
    await asyncio.wait({stopping}, timeout=0.05)
    stopping.cancel()
    await asyncio.wait({stopping}, timeout=WITHIN_S)
    await child.supervisor.stop()
    assert not is_alive(pid)
    assert child.supervisor.status.state == "stopped"
