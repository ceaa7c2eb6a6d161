"""Two peers and the contract's methods between them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import engine
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import (
    BodyTooLargeError,
    ConnectionLostError,
    InternalError,
    InvalidParamsError,
    MethodNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestTimeoutError,
)
from elsipo.rpc.handlers import Handlers
from msgspec import structs
from unit.rpc.conftest import soon

if TYPE_CHECKING:
    from unit.rpc.conftest import Link

PING = m.EngineEnginePingParams()
SOUND = m.AudioStatus(backend="null", input_device="", output_device="", detail="")


def echo_of(text: str) -> m.EngineEngineEchoParams:
    return m.EngineEngineEchoParams(text=text)


def sound_of(detail: str) -> m.EngineAudioChangedParams:
    return m.EngineAudioChangedParams(audio=structs.replace(SOUND, detail=detail))


async def echo(params: m.EngineEngineEchoParams) -> str:
    return params.text


async def test_request_brings_the_result(link: Link) -> None:
    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, echo)
    async with link.both(handlers) as peer:
        assert await peer.request(engine.ENGINE_ECHO, echo_of("Zażółć 🕊")) == "Zażółć 🕊"


async def test_error_of_a_handler_arrives_as_itself(link: Link) -> None:
    async def refuse(_: m.EngineEngineEchoParams) -> str:
        raise BodyTooLargeError("Too much.", limit_bytes=3200)

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, refuse)
    async with link.both(handlers) as peer:
        with pytest.raises(BodyTooLargeError, match=r"^Too much\.$") as caught:
            await peer.request(engine.ENGINE_ECHO, echo_of("x"))
        assert caught.value.data == {"limit_bytes": 3200}


async def test_unexpected_exception_is_logged_and_its_text_stays_here(
    link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: m.EngineEngineEchoParams) -> str:
        raise RuntimeError("hunter2")

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, fail)
    async with link.both(handlers) as peer:
        with pytest.raises(InternalError) as caught:
            await peer.request(engine.ENGINE_ECHO, echo_of("x"))
    assert "hunter2" not in str(caught.value.to_wire())
    assert caught.value.data == {}
    assert "hunter2" in caplog.text


async def test_result_that_breaks_the_contract_is_an_internal_error(link: Link) -> None:
    async def lie(_: m.EngineEngineEchoParams) -> str:
        return "x" * 5000

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, lie)
    async with link.both(handlers) as peer:
        with pytest.raises(InternalError):
            await peer.request(engine.ENGINE_ECHO, echo_of("x"))


async def test_unserved_method_is_not_found(link: Link) -> None:
    async with link.both(Handlers()) as peer:
        with pytest.raises(MethodNotFoundError):
            await peer.request(engine.ENGINE_PING, PING)


async def test_silence_ends_in_a_timeout_and_the_late_answer_is_dropped(link: Link) -> None:
    answer, answered = asyncio.Event(), asyncio.Event()

    async def dawdle(params: m.EngineEngineEchoParams) -> str:
        if params.text == "slow":
            await answer.wait()
            answered.set()
        return params.text

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, dawdle)
    async with link.both(handlers) as peer:
        with pytest.raises(RequestTimeoutError):
            await peer.request(engine.ENGINE_ECHO, echo_of("slow"), timeout_s=0.01)
        answer.set()
        await soon(answered.wait())
        assert await peer.request(engine.ENGINE_ECHO, echo_of("next")) == "next"


async def test_slow_request_does_not_hold_up_the_next(link: Link) -> None:
    release = asyncio.Event()

    async def serve(params: m.EngineEngineEchoParams) -> str:
        if params.text == "slow":
            await release.wait()
        return params.text

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, serve)
    async with link.both(handlers) as peer:
        slow = asyncio.create_task(peer.request(engine.ENGINE_ECHO, echo_of("slow")))
        assert await peer.request(engine.ENGINE_ECHO, echo_of("quick")) == "quick"
        assert not slow.done()
        release.set()
        assert await slow == "slow"


async def test_one_request_too_many_is_refused_at_once_and_the_others_go_on(link: Link) -> None:
    release, begun = asyncio.Event(), asyncio.Semaphore(0)

    async def wait(params: m.EngineEngineEchoParams) -> str:
        begun.release()
        await release.wait()
        return params.text

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, wait)
    async with link.serving(handlers, max_in_flight=2):
        for number in (1, 2):
            await link.say({"jsonrpc": "2.0", "id": number, "method": "engine.echo", "params": {"text": "x"}})
            await soon(begun.acquire())
        await link.say({"jsonrpc": "2.0", "id": 3, "method": "engine.echo", "params": {"text": "x"}})
        refused = await link.hear()
        assert (refused["id"], refused["error"]["code"]) == (3, RateLimitedError.code)
        release.set()
        assert {(await link.hear())["id"], (await link.hear())["id"]} == {1, 2}
        await link.say({"jsonrpc": "2.0", "id": 4, "method": "engine.echo", "params": {"text": "x"}})
        assert (await link.hear())["result"] == "x"


async def test_notifications_come_in_order_and_before_a_later_response(link: Link) -> None:
    seen: list[str] = []
    handlers = Handlers()
    handlers.on_notification(engine.AUDIO_CHANGED, lambda params: seen.append(params.audio.detail))
    async with link.serving(handlers) as peer:
        asking = asyncio.create_task(peer.request(engine.ENGINE_PING, PING))
        asked = await link.hear()
        for number in range(100):
            params = sound_of(str(number)).to_wire()
            await link.say({"jsonrpc": "2.0", "method": "audio.changed", "params": params})
        await link.say({"jsonrpc": "2.0", "id": asked["id"], "result": {}})
        await soon(asking)
        assert seen == [str(number) for number in range(100)]


async def test_what_a_handler_tells_arrives_before_its_answer(link: Link) -> None:
    async def tell(params: m.EngineEngineEchoParams) -> str:
        peer.notify(engine.AUDIO_CHANGED, sound_of("told"))
        return params.text

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, tell)
    async with link.serving(handlers) as peer:
        await link.say({"jsonrpc": "2.0", "id": 1, "method": "engine.echo", "params": {"text": "x"}})
        assert (await link.hear())["method"] == "audio.changed"
        assert (await link.hear())["id"] == 1


async def test_failing_notification_handler_does_not_end_the_connection(
    link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: m.EngineAudioChangedParams) -> None:
        raise RuntimeError("a bug")

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, echo)
    handlers.on_notification(engine.AUDIO_CHANGED, fail)
    async with link.serving(handlers):
        await link.say({"jsonrpc": "2.0", "method": "audio.changed", "params": sound_of("x").to_wire()})
        await link.say({"jsonrpc": "2.0", "id": 1, "method": "engine.echo", "params": {"text": "on"}})
        assert (await link.hear())["result"] == "on"
    assert "a bug" in caplog.text


async def test_authorize_decides_by_method_and_by_notification(link: Link) -> None:
    asked: list[str] = []
    seen: list[str] = []

    def authorize(method: object) -> None:
        asked.append(getattr(method, "name", ""))
        if method in (engine.ENGINE_ECHO, engine.AUDIO_CHANGED):
            raise PermissionDeniedError(capability="call.place")

    async def pong(_: m.EngineEnginePingParams) -> m.Empty:
        return m.Empty()

    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, echo)
    handlers.on(engine.ENGINE_PING, pong)
    handlers.on_notification(engine.AUDIO_CHANGED, lambda params: seen.append(params.audio.detail))
    async with link.serving(handlers, authorize=authorize):
        await link.say({"jsonrpc": "2.0", "method": "audio.changed", "params": sound_of("x").to_wire()})
        await link.say({"jsonrpc": "2.0", "id": 1, "method": "engine.echo", "params": {"text": 5}})
        refused = await link.hear()
        assert refused["error"]["code"] == PermissionDeniedError.code
        assert refused["error"]["data"] == {"capability": "call.place"}
        await link.say({"jsonrpc": "2.0", "id": 2, "method": "engine.ping"})
        assert (await link.hear())["result"] == {}
    assert asked == ["audio.changed", "engine.echo", "engine.ping"]
    assert seen == []


async def test_answer_that_breaks_the_contract_is_an_internal_error(link: Link) -> None:
    async with link.serving() as peer:
        asking = asyncio.create_task(peer.request(engine.ENGINE_PING, PING))
        await link.say({"jsonrpc": "2.0", "id": (await link.hear())["id"], "result": {"surprise": 1}})
        with pytest.raises(InternalError):
            await soon(asking)


async def test_request_longer_than_the_stream_carries_is_refused_here(link: Link) -> None:
    link.near.max_send_bytes = 100
    async with link.serving() as peer:
        with pytest.raises(InvalidParamsError):
            await peer.request(engine.ENGINE_ECHO, echo_of("x" * 200))
        assert not peer.ended


async def test_answer_longer_than_the_stream_carries_becomes_an_error(link: Link) -> None:
    link.near.max_send_bytes = 200
    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, echo)
    async with link.serving(handlers):
        await link.say({"jsonrpc": "2.0", "id": 1, "method": "engine.echo", "params": {"text": "x" * 300}})
        answer = await link.hear()
        assert (answer["id"], answer["error"]["code"]) == (1, InternalError.code)


async def test_request_after_the_end_fails_at_once(link: Link) -> None:
    async with link.serving() as peer:
        await soon(peer.close())
        with pytest.raises(ConnectionLostError):
            await peer.request(engine.ENGINE_PING, PING)
        peer.notify(engine.AUDIO_CHANGED, sound_of("nobody hears"))


def test_method_has_one_handler() -> None:
    handlers = Handlers()
    handlers.on(engine.ENGINE_ECHO, echo)
    with pytest.raises(ValueError, match=r"engine\.echo"):
        handlers.on(engine.ENGINE_ECHO, echo)
    handlers.on_notification(engine.AUDIO_CHANGED, lambda _: None)
    with pytest.raises(ValueError, match=r"audio\.changed"):
        handlers.on_notification(engine.AUDIO_CHANGED, lambda _: None)


async def test_several_notifications_travel_as_one_batch_and_keep_their_order(link: Link) -> None:
    seen: list[str] = []
    complete = asyncio.Event()

    def note(params: m.EngineAudioChangedParams) -> None:
        seen.append(params.audio.detail)
        if len(seen) == 164:
            complete.set()

    handlers = Handlers()
    handlers.on_notification(engine.AUDIO_CHANGED, note)
    async with link.both(handlers) as peer:
        peer.notify(engine.AUDIO_CHANGED, *(sound_of(str(number)) for number in range(64)))
        peer.notify(engine.AUDIO_CHANGED)
        peer.notify(engine.AUDIO_CHANGED, *(sound_of(str(number)) for number in range(64, 164)))
        await soon(complete.wait())
    assert seen == [str(number) for number in range(164)]
