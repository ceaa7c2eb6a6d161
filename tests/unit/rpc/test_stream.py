"""What is particular to each kind of stream."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc.errors import ConnectionLostError
from elsipo.rpc.stream import LineStream, stdio_stream
from elsipo.rpc.websocket_stream import WebSocketStream
from unit.rpc.conftest import soon

if TYPE_CHECKING:
    from unit.rpc.conftest import Link

PROBLEM = Path(__file__).parents[2] / "fixtures" / "problem_engine.py"
GREETING = '{"jsonrpc":"2.0","id":1,"method":"engine.hello","params":{"protocol_version":1}}\n'


async def line_stream_over(end: socket.socket) -> LineStream:
    reader, writer = await asyncio.open_connection(sock=end)
    return LineStream(reader, writer, name="far")


async def test_write_after_the_end_says_so(link: Link) -> None:
    await link.near.close()
    with pytest.raises(ConnectionLostError):
        await link.near.write("{}")
    await link.near.close()
    assert await link.near.read() is None


async def test_unfinished_line_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    near, far = socket.socketpair()
    stream = await line_stream_over(near)
    far.sendall(b'{"whole": 1}\n{"half":')
    far.close()
    assert await soon(stream.read()) == '{"whole": 1}'
    assert await soon(stream.read()) is None
    assert await soon(stream.read()) is None
    assert "within a line" in caplog.text
    await stream.close()


async def test_reset_connection_is_an_end() -> None:
    near, far = socket.socketpair()
    stream = await line_stream_over(near)
    await stream.write("unread")
    far.close()  # With unread data this is a reset, not an end.
    assert await soon(stream.read()) is None
    await stream.close()


async def test_line_that_is_no_utf8_is_no_json() -> None:
    near, far = socket.socketpair()
    stream = await line_stream_over(near)
    far.sendall(b'"\xff"\n"\xc3\xbc"\n')
    assert await soon(stream.read()) == ""
    assert await soon(stream.read()) == '"ü"'
    far.close()
    await stream.close()


async def test_close_does_not_wait_for_who_does_not_read() -> None:
    near, far = socket.socketpair()
    stream = await line_stream_over(near)
    writing = asyncio.create_task(stream.write("x" * 8_000_000))
    await asyncio.wait({writing}, timeout=0.05)
    assert not writing.done()
    await soon(stream.close())
    with pytest.raises(ConnectionLostError):
        await soon(writing)
    far.close()


@pytest.mark.parametrize("rounds", [1, 2])
async def test_what_comes_while_stdin_is_closed_is_not_read_from_a_closed_file(rounds: int) -> None:
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    stdin, far_writes = os.pipe()
    far_reads, stdout = os.pipe()
    stream = await stdio_stream((os.fdopen(stdin, "rb", buffering=0), os.fdopen(stdout, "wb", buffering=0)))
    closing: asyncio.Task[None] | None = None
    while closing is None or not closing.done():  # there is something to read in every other round of the loop
        with contextlib.suppress(BrokenPipeError):
            os.write(far_writes, b"x")
        if rounds == 0:
            closing = asyncio.create_task(stream.close())
        rounds -= 1
        await asyncio.sleep(0)
    await closing
    await asyncio.sleep(0)
    os.close(far_writes)
    os.close(far_reads)
    assert complaints == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(stdin)


async def test_binary_frame_ends_the_connection(link: Link) -> None:
    if isinstance(link.near, LineStream):
        return  # Lines have no frames.
    assert isinstance(link.near, WebSocketStream)
    assert isinstance(link.far, WebSocketStream)
    await link.far._connection.send(b"{}")
    assert await soon(link.near.read()) is None
    assert await soon(link.far.read()) is None
    assert link.far._connection.close_code == 1003


def ask_child(how: str, *lines: str, **variables: str) -> tuple[list[str], str]:
    """Run a problem engine, ask it line by line, and return its answers and its log once it has left."""
    child = subprocess.Popen(
        [sys.executable, "-X", "dev", PROBLEM, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    )
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        answers = []
        for line in lines:
            child.stdin.write(line)
            child.stdin.flush()
            answers.append(child.stdout.readline())
        rest, log = child.communicate(timeout=30)
    assert child.returncode == 0
    return answers + rest.splitlines(), log


def test_stray_prints_go_to_the_log_and_stdout_is_the_contract_alone() -> None:
    (answer,), log = ask_child("prints", GREETING)
    assert '"result"' in answer
    assert log.splitlines() == ["a stray print", "a stray write"]


def test_child_leaves_when_its_stdin_ends() -> None:
    assert ask_child("well") == ([], "")


def test_methods_used_are_noted_where_asked_for(tmp_path: Path) -> None:
    echo = '{"jsonrpc":"2.0","id":2,"method":"engine.echo","params":{"text":"x"}}\n'
    ask_child("well", GREETING, echo, echo, ELSIPO_RPC_COVERAGE=str(tmp_path))
    (file,) = tmp_path.iterdir()
    assert file.name.removesuffix(".txt").isdecimal()
    assert file.read_text().splitlines() == ["engine engine.hello", "engine engine.echo"]
