"""How a connection ends, and that nobody waits for it afterwards."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import engine
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import ConnectionLostError
from elsipo.rpc.handlers import Handlers
from elsipo.rpc.outbox import Outbox
from elsipo.rpc.peer import Peer
from elsipo.rpc.stream import MAX_LINE_BYTES
from unit.rpc.conftest import soon

if TYPE_CHECKING:
    from unit.rpc.conftest import Link

PING = m.EngineEnginePingParams()
REQUEST = {"jsonrpc": "2.0", "id": 1, "method": "engine.echo", "params": {"text": "x"}}
SOUND = m.EngineAudioChangedParams(
    audio=m.AudioStatus(backend="null", input_device="", output_device="", detail="x" * 400)
)


async def test_requests_fail_at_once_when_the_other_side_leaves(link: Link) -> None:
    peer = Peer(link.near, Handlers(), name="far")
    run = asyncio.create_task(peer.run())
    asking = [asyncio.create_task(peer.request(engine.ENGINE_PING, PING, timeout_s=3600)) for _ in range(3)]
    await link.hear()
    await link.far.close()
    results = await soon(asyncio.gather(*asking, return_exceptions=True))
    assert [type(result) for result in results] == [ConnectionLostError] * 3
    await soon(run)
    assert peer.ended


async def test_requests_fail_at_once_when_this_side_closes(link: Link) -> None:
    async with link.serving() as peer:
        asking = asyncio.create_task(peer.request(engine.ENGINE_PING, PING, timeout_s=3600))
        await link.hear()
        await soon(peer.close())
        with pytest.raises(ConnectionLostError):
            await soon(asking)
    assert await soon(link.far.read()) is None


async def test_cancelled_run_fails_requests_and_ends_the_stream(link: Link) -> None:
    peer = Peer(link.near, Handlers(), name="far")
    run = asyncio.create_task(peer.run())
    asking = asyncio.create_task(peer.request(engine.ENGINE_PING, PING, timeout_s=3600))
    await link.hear()
    run.cancel()
    await asyncio.wait({run}, timeout=10)
    assert run.cancelled()
    with pytest.raises(ConnectionLostError):
        await soon(asking)
    assert await soon(link.far.read()) is None


async def test_closing_writes_what_is_queued_and_answers_what_is_served(link: Link) -> None:
    begun, release = asyncio.Event(), asyncio.Event()

    async def wait(params: m.EngineEngineEchoParams) -> str:
        begun.set()
        await release.wait()
        return params.text

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, wait)
    async with link.serving(handlers) as peer:
        await link.say(REQUEST)
        await soon(begun.wait())
        for _ in range(20):
            peer.notify(engine.AUDIO_CHANGED, SOUND)
        closing = asyncio.create_task(peer.close())
        release.set()
        heard = [await link.hear() for _ in range(21)]
        assert heard[-1]["result"] == "x"
        assert await soon(link.far.read()) is None
        await soon(closing)


async def test_handler_may_close_its_own_connection(link: Link) -> None:
    async def leave(params: m.EngineEngineEchoParams) -> str:
        await peer.close()
        return params.text

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, leave)
    peer = Peer(link.near, handlers, name="far")
    run = asyncio.create_task(peer.run())
    await link.say(REQUEST)
    assert await soon(link.far.read()) is None
    await soon(run)


async def test_handler_that_does_not_end_is_cancelled_after_the_connection(link: Link) -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def linger(_: m.EngineEngineEchoParams) -> str:
        begun.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            cancelled.set()
        return ""

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, linger)
    peer = Peer(link.near, handlers, name="far")
    run = asyncio.create_task(peer.run())
    await link.say(REQUEST)
    await soon(begun.wait())
    await link.far.close()
    await soon(run)
    assert cancelled.is_set()


async def test_handler_at_work_finishes_although_the_asker_left(link: Link) -> None:
    begun, release, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work(params: m.EngineEngineEchoParams) -> str:
        begun.set()
        await release.wait()
        finished.set()
        return params.text

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, work)
    peer = Peer(link.near, handlers, name="far")
    run = asyncio.create_task(peer.run())
    await link.say(REQUEST)
    await soon(begun.wait())
    asking = asyncio.create_task(peer.request(engine.ENGINE_PING, PING))
    await link.hear()
    await link.far.close()
    await asyncio.wait({asking}, timeout=10)
    release.set()
    await soon(run)
    assert finished.is_set()
    assert isinstance(asking.exception(), ConnectionLostError)


@pytest.mark.parametrize("outbox", [{"max_texts": 50}, {"max_bytes": 20_000}, {}], ids=["count", "size", "default"])
async def test_receiver_that_does_not_read_loses_the_connection(
    link: Link, outbox: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    peer = Peer(link.near, Handlers(), name="far", outbox=Outbox(**outbox))
    run = asyncio.create_task(peer.run())
    asking = asyncio.create_task(peer.request(engine.ENGINE_PING, PING, timeout_s=3600))
    await link.hear()
    told = 0
    while not peer.ended and told < 200_000:  # what the system itself holds is megabytes
        peer.notify(engine.AUDIO_CHANGED, SOUND)
        told += 1
    assert peer.ended
    with pytest.raises(ConnectionLostError):
        await soon(asking)
    await soon(run)
    assert "does not read" in caplog.text


async def test_text_that_is_too_long_ends_the_connection(link: Link, caplog: pytest.LogCaptureFixture) -> None:
    peer = Peer(link.near, Handlers(), name="far")
    run = asyncio.create_task(peer.run())
    saying = asyncio.create_task(link.say("x" * (MAX_LINE_BYTES + 2)))
    await soon(run)
    await asyncio.gather(saying, return_exceptions=True)
    assert peer.ended
    assert "too long" in caplog.text
    assert await soon(link.far.read()) is None


async def test_text_as_long_as_allowed_is_read(link: Link) -> None:
    async with link.serving() as peer:
        await link.say("x" * MAX_LINE_BYTES)
        assert (await link.hear())["error"]["code"] == -32700
        assert not peer.ended


async def test_closed_peer_does_not_run(link: Link) -> None:
    peer = Peer(link.near, Handlers(), name="far")
    await soon(peer.close())
    await soon(peer.run())
    assert await soon(link.far.read()) is None
