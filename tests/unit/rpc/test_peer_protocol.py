"""JSON-RPC 2.0 to the letter, spoken by hand from the far end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.rpc._generated import engine
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import InternalError, InvalidAddressError
from elsipo.rpc.handlers import Handlers
from elsipo.rpc.peer import MAX_BATCH
from unit.rpc.conftest import soon

if TYPE_CHECKING:
    from unit.rpc.conftest import Link

PARSE_ERROR, INVALID_REQUEST, NOT_FOUND, INVALID_PARAMS, RATE_LIMITED = -32700, -32600, -32601, -32602, -32003


def request(number: Any, text: Any = "x") -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "engine.echo", "params": {"text": text}}


def handlers() -> Handlers:
    async def echo(params: m.EngineEngineEchoParams) -> str:
        return params.text

    table = Handlers()
    table.on(engine.ENGINE_ECHO, echo)
    return table


async def refusal(link: Link, message: Any) -> tuple[Any, int]:
    """Say something, return the id and code of the error, and see that the connection goes on."""
    async with link.serving(handlers()):
        await link.say(message)
        answer = await link.hear()
        assert answer["jsonrpc"] == "2.0"
        assert answer["error"].keys() <= {"code", "message", "data"}
        await link.say(request("still here"))
        assert (await link.hear())["id"] == "still here"
    return answer["id"], answer["error"]["code"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "nonsense", '{"jsonrpc": "2.0", "id": NaN}', "[" * 100_000, "1" * 10_000],
    ids=["empty", "cut", "garbage", "NaN", "deep", "long number"],
)
async def test_text_that_is_no_json_is_answered_with_a_parse_error(link: Link, text: str) -> None:
    assert await refusal(link, text) == (None, PARSE_ERROR)


@pytest.mark.parametrize(
    "message",
    [
        1,
        "text",
        None,
        {},
        [],
        {"method": "engine.echo", "id": 1.5, "params": {}},
        {"jsonrpc": "1.0", "method": "engine.echo", "id": 1},
        {"jsonrpc": "2.0", "method": 7, "id": 1},
        {"jsonrpc": "2.0", "method": "engine.echo", "id": 1, "params": "text"},
        {"jsonrpc": "2.0", "method": "engine.echo", "id": 1, "params": None},
        {"jsonrpc": "2.0", "method": "engine.echo", "id": 1, "extra": 1},
        {"jsonrpc": "2.0", "method": "engine.echo", "id": None},
        {"jsonrpc": "2.0", "method": "engine.echo", "id": True},
        {"jsonrpc": "2.0", "method": "engine.echo", "id": [1]},
        {"jsonrpc": "2.0", "method": "engine.echo", "id": "x" * 129},
        {"jsonrpc": "2.0", "id": 1},
    ],
)
async def test_value_that_is_no_request_is_answered_with_invalid_request(link: Link, message: Any) -> None:
    text = "null" if message is None else '"text"' if message == "text" else message
    request_id = message.get("id") if isinstance(message, dict) else None
    known = request_id if request_id in (1, 1.5) and request_id is not True else None
    assert await refusal(link, text) == (known, INVALID_REQUEST)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"text": 5}, INVALID_PARAMS),
        ({}, INVALID_PARAMS),
        (["x"], INVALID_PARAMS),
        ({"text": "x", "y": 1}, INVALID_PARAMS),
    ],
)
async def test_parameters_that_do_not_fit_are_refused(link: Link, params: Any, code: int) -> None:
    message = {"jsonrpc": "2.0", "id": "a", "method": "engine.echo", "params": params}
    assert await refusal(link, message) == ("a", code)


async def test_notification_cannot_be_called_and_a_method_cannot_be_told(link: Link) -> None:
    assert await refusal(link, {"jsonrpc": "2.0", "id": 1, "method": "audio.changed"}) == (1, NOT_FOUND)


async def test_nothing_is_answered_to_what_was_only_told(link: Link) -> None:
    async with link.serving(handlers()):
        for method, params in (("engine.echo", {"text": "x"}), ("no.such", {}), ("audio.changed", {"wrong": 1})):
            await link.say({"jsonrpc": "2.0", "method": method, "params": params})
        await link.say(request(1))
        assert (await link.hear())["id"] == 1


async def test_batch_is_answered_with_one_batch(link: Link) -> None:
    async with link.serving(handlers()):
        told = {"jsonrpc": "2.0", "method": "audio.changed"}
        await link.say([request(1, "a"), told, 7, request(2, 5), {"jsonrpc": "2.0", "id": 3, "method": "no.such"}])
        answers = await link.hear()
        assert isinstance(answers, list)
        found = {answer["id"]: answer.get("result", answer.get("error", {})) for answer in answers}
        assert found.keys() == {1, 2, 3, None}
        assert found[1] == "a"
        assert found[2]["code"] == INVALID_PARAMS
        assert found[3]["code"] == NOT_FOUND
        assert found[None]["code"] == INVALID_REQUEST


async def test_batch_of_notifications_is_not_answered(link: Link) -> None:
    async with link.serving(handlers()):
        await link.say([{"jsonrpc": "2.0", "method": "audio.changed"}] * 3)
        await link.say(request(1))
        assert (await link.hear())["id"] == 1


async def test_batch_of_wrong_values_is_answered_for_each(link: Link) -> None:
    async with link.serving(handlers()):
        await link.say([1, 2, 3])
        assert [answer["error"]["code"] for answer in await link.hear()] == [INVALID_REQUEST] * 3


async def test_batch_that_is_too_long_is_refused_as_a_whole(link: Link) -> None:
    assert await refusal(link, [request(number) for number in range(MAX_BATCH + 1)]) == (None, INVALID_REQUEST)


async def test_batch_counts_each_of_its_requests(link: Link) -> None:
    async with link.serving(handlers(), max_in_flight=2):
        await link.say([request(number) for number in range(5)])
        answers = await link.hear()
        assert sum("result" in answer for answer in answers) == 2
        assert sum(answer.get("error", {}).get("code") == RATE_LIMITED for answer in answers) == 3


@pytest.mark.parametrize(
    "answer",
    [
        {"jsonrpc": "2.0", "id": 999, "result": {}},
        {"jsonrpc": "2.0", "id": "1", "result": {}},
        {"jsonrpc": "2.0", "id": True, "result": {}},
        {"jsonrpc": "2.0", "id": [], "error": {"code": -32603, "message": "x"}},
        {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "x"}},
        {"jsonrpc": "2.0", "id": None, "error": "text"},
    ],
)
async def test_answer_that_nobody_waits_for_is_dropped_and_never_answered(link: Link, answer: dict[str, Any]) -> None:
    async with link.serving(handlers()) as peer:
        asking = asyncio.create_task(peer.request(engine.ENGINE_PING, m.EngineEnginePingParams()))
        asked = await link.hear()
        await link.say(answer)
        await link.say([answer, answer])
        await link.say(request(1))
        assert (await link.hear())["id"] == 1
        assert not asking.done()
        await link.say({"jsonrpc": "2.0", "id": asked["id"], "result": {}})
        await soon(asking)


async def test_answers_are_taken_from_a_batch_too(link: Link) -> None:
    async with link.serving() as peer:
        params = m.EngineEnginePingParams()
        asking = [asyncio.create_task(peer.request(engine.ENGINE_PING, params)) for _ in range(2)]
        numbers = [(await link.hear())["id"] for _ in asking]
        await link.say([{"jsonrpc": "2.0", "id": number, "result": {}} for number in reversed(numbers)])
        assert await soon(asyncio.gather(*asking)) == [m.Empty(), m.Empty()]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": -32013, "message": "No."}, InvalidAddressError),
        ({"code": -32013, "message": "No.", "data": {"surprise": 1}}, InternalError),
        ("text", InternalError),
        ({"code": "x"}, InternalError),
    ],
)
async def test_errors_are_read_as_the_contract_says(link: Link, error: Any, kind: type[Exception]) -> None:
    async with link.serving() as peer:
        asking = asyncio.create_task(peer.request(engine.ENGINE_PING, m.EngineEnginePingParams()))
        await link.say({"jsonrpc": "2.0", "id": (await link.hear())["id"], "error": error})
        with pytest.raises(kind):
            await soon(asking)


async def test_half_a_surrogate_pair_passes_and_breaks_nothing(link: Link) -> None:
    async with link.serving(handlers()):
        await link.say('{"jsonrpc":"2.0","id":"\\ud800","method":"no.such\\ud800"}')
        answer = await link.hear()
        assert (answer["id"], answer["error"]["code"]) == ("\ud800", NOT_FOUND)
        await link.say('{"jsonrpc":"2.0","id":1,"method":"engine.echo","params":{"text":"\\ud800"}}')
        assert (await link.hear())["error"]["code"] == INVALID_PARAMS
