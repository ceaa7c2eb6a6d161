"""Children that do wrong, as real processes, spawned and forked: none takes the host with it, and none stays behind."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import sys
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import engine
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import EngineUnavailableError, RequestTimeoutError
from elsipo.supervisor import Death, Patience
from elsipo.supervisor.launcher import launch
from unit.supervisor.conftest import PROBLEM, QUICK, WITHIN_S, Supervise, is_alive

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.supervisor import ForkServer

WAYS = ["spawned", "forked"] if sys.platform == "linux" else ["spawned"]


@pytest.fixture(params=WAYS)
async def supervise(request: pytest.FixtureRequest, fork_server: ForkServer) -> AsyncIterator[Supervise]:
    async with contextlib.AsyncExitStack() as stack:
        yield Supervise(stack, fork_server if request.param == "forked" else None)


@pytest.mark.parametrize("how", ["garbage", "prints", "slow"])
async def test_odd_child_is_borne(supervise: Supervise, how: str) -> None:
    child = await supervise(how)
    await child.runs()
    assert await child.echo("x") == "x"
    assert child.states == ["starting", "running"]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("exit_at_once", "It ended with exit code 3."),
        ("exit_while_starting", "It ended with exit code 7."),
        ("refuses", "It refused the handshake: Not today."),
    ],
)
async def test_child_that_never_starts_is_given_up(supervise: Supervise, how: str, reason: str) -> None:
    child = await supervise(how)
    failed = await child.reaches("failed")
    assert failed.detail.startswith(reason)
    assert child.states == ["starting", "restarting", "failed"]
    assert (failed.pid, failed.restarts) == (None, 2)


async def test_last_words_of_a_child_that_never_started_are_kept(supervise: Supervise) -> None:
    child = await supervise("exit_while_starting")
    assert (await child.reaches("failed")).log_lines == ("cannot go on",)


async def test_command_that_cannot_be_run_is_given_up(supervise: Supervise) -> None:
    child = await supervise("", argv=["/nonexistent/elsipo-engine"])
    failed = await child.reaches("failed")
    assert failed.detail.startswith("It cannot be started: No such file or directory.")


async def test_other_version_is_not_tried_again(supervise: Supervise) -> None:
    child = await supervise("wrong_version")
    failed = await child.reaches("failed")
    assert failed.detail == "The two sides speak different versions."
    assert child.states == ["starting", "failed"]


async def test_child_that_is_never_ready_is_killed(supervise: Supervise) -> None:
    child = await supervise("never_ready", timing=dataclasses.replace(QUICK, start_s=0.3))
    failed = await child.reaches("failed")
    assert failed.detail.startswith("It was not ready within 0.3 s.")


@pytest.mark.parametrize("how", ["deaf", "well"])
async def test_child_that_hangs_is_killed_and_started_again(supervise: Supervise, how: str) -> None:
    child = await supervise(how, timing=dataclasses.replace(QUICK, ping_s=0.5))
    first = await child.runs()
    if how == "well":
        with pytest.raises(EngineUnavailableError):
            await child.echo("hang")
    assert (await child.reaches("restarting")).detail == "It did not answer within 0.5 s."
    await child.runs()
    assert not is_alive(first)


async def test_child_that_takes_a_while_to_end_is_said_to_have_ended_as_it_did(supervise: Supervise) -> None:
    child = await supervise("slow_to_go", ping=False)
    assert (await child.reaches("restarting")).detail == "It ended with exit code 5."


async def test_line_that_is_too_long_ends_the_child(supervise: Supervise, caplog: pytest.LogCaptureFixture) -> None:
    child = await supervise("huge_line", ping=False, timing=dataclasses.replace(QUICK, end=Patience(0.1, 0.1)))
    first = await child.runs()
    assert (await child.reaches("restarting")).detail == "It broke off the conversation."
    assert not is_alive(first)
    assert "too long" in caplog.text


async def test_child_that_does_not_read_costs_its_connection_and_no_more(
    supervise: Supervise, caplog: pytest.LogCaptureFixture
) -> None:
    child = await supervise("does_not_read", ping=False, timing=dataclasses.replace(QUICK, end=Patience(0.1, 0.1)))
    first = await child.runs()
    params = m.EngineEngineEchoParams(text="x" * 4000)
    asking = [
        asyncio.create_task(child.supervisor.request(engine.ENGINE_ECHO, params, timeout_s=WITHIN_S))
        for _ in range(5000)
    ]
    results = await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), WITHIN_S)
    assert {type(result) for result in results} == {EngineUnavailableError}
    await child.reaches("restarting")
    assert not is_alive(first)
    assert "does not read" in caplog.text


async def test_request_to_a_child_that_does_not_read_times_out(supervise: Supervise) -> None:
    child = await supervise("does_not_read", ping=False, timing=dataclasses.replace(QUICK, end=Patience(0.1, 0.1)))
    await child.runs()
    with pytest.raises(RequestTimeoutError):
        await child.supervisor.request(engine.ENGINE_PING, m.EngineEnginePingParams(), timeout_s=0.05)


@pytest.mark.parametrize(
    ("how", "words"), [("sleeps_on", ["told to"]), ("stubborn", ["told to", "killed"]), ("well", [])]
)
async def test_end_takes_the_steps_it_needs(how: str, words: list[str], caplog: pytest.LogCaptureFixture) -> None:
    child = await launch("problem", [sys.executable, str(PROBLEM), how])
    patience = Patience(leave_s=WITHIN_S if how == "well" else 0.5, terminate_s=0.3 if how == "stubborn" else WITHIN_S)
    await child.stream.write('{"jsonrpc":"2.0","id":1,"method":"engine.ping"}')
    assert "result" in (await asyncio.wait_for(child.stream.read(), WITHIN_S) or "")
    returncode = await asyncio.wait_for(child.end(patience), 2 * WITHIN_S)
    assert returncode == {"sleeps_on": -15, "stubborn": -9, "well": 0}[how]
    said = [record.getMessage() for record in caplog.records if record.name == "elsipo.supervisor.child"]
    assert len(said) == len(words)
    assert all(word in line for word, line in zip(words, said, strict=True))
    assert not is_alive(child.pid)


async def test_grandchild_that_holds_the_pipes_does_not_hide_a_death(supervise: Supervise) -> None:
    child = await supervise("leaves_a_child")
    first = await child.runs()
    with pytest.raises(EngineUnavailableError):
        await child.echo("exit 4")
    assert (await child.reaches("restarting")).detail == "It ended with exit code 4."
    await child.runs()
    assert not is_alive(first)


async def test_child_that_hangs_says_where_before_it_is_killed(supervise: Supervise) -> None:
    deaths: list[Death] = []
    child = await supervise("traced", timing=dataclasses.replace(QUICK, ping_s=0.5), on_death=deaths.append)
    await child.runs()
    with pytest.raises(EngineUnavailableError):
        await child.echo("hang")
    await child.reaches("restarting")
    (death,) = deaths
    assert death.reason == "It did not answer within 0.5 s."
    assert death.ran_s > 0.5
    assert any("in for_ever" in line for line in death.log_lines)


async def test_end_that_was_asked_for_is_no_death(supervise: Supervise) -> None:
    deaths: list[Death] = []
    child = await supervise("well", on_death=deaths.append)
    await child.runs()
    await child.supervisor.restart()
    await child.runs()
    await child.supervisor.stop()
    assert deaths == []
