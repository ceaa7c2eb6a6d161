"""Questions over SIP and their answers: what counts as one, and what ends a question without."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest
from elsipo.host.events import Ties
from elsipo.host.questions import Questions
from elsipo.rpc._generated.models import EngineMessageSendParams, IncomingMessage, MessageStatus, SipHeader
from elsipo.rpc.errors import EngineUnavailableError, RateLimitedError, RequestTimeoutError, SipFailureError

if TYPE_CHECKING:
    from elsipo.rpc.method import Method, Notification
    from elsipo.rpc.model import Model

P = TypeVar("P", bound="Model")
R = TypeVar("R")


class Wire:
    """What would leave for the provider."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[EngineMessageSendParams] = asyncio.Queue()

    async def request(self, method: Method[P, R], params: P, *, timeout_s: float = 10.0) -> R:
        del timeout_s
        assert method.name == "message.send"
        await self.sent.put(cast("EngineMessageSendParams", params))
        return cast("R", None)


def _silent(notification: Notification[P], *several: P) -> None:
    del notification, several


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def questions(wire: Wire) -> Questions:
    return Questions(Ties("alice", "a.test", wire, _silent))


def answer_to(question: EngineMessageSendParams, body: str = "42", **but: Any) -> IncomingMessage:
    asked_id = next(header.value for header in question.headers if header.name == "Elsipo-Message-ID")
    values: dict[str, Any] = {
        "from_uri": "sip:elsipo-balance@a.test",
        "from_display": "",
        "from_header": "<sip:elsipo-balance@a.test>",
        "to_uri": "sip:alice@a.test",
        "sip_call_id": "1",
        "content_type": "application/json",
        "body": body,
        "truncated": False,
        "headers": [SipHeader(name="elsipo-in-reply-to", value=asked_id)],
        "source_address": "192.0.2.1:5060",
        "from_registrar": True,
    }
    return IncomingMessage.of(values | but)


def fate_of(question: EngineMessageSendParams, sip_status: int, reason: str = "") -> MessageStatus:
    state = "sent" if sip_status == 200 else "failed"
    return MessageStatus.of(
        {"message_id": question.message_id, "state": state, "sip_status": sip_status, "reason_phrase": reason}
    )


def ask(questions: Questions, timeout_s: float = 35.0) -> asyncio.Task[IncomingMessage]:
    return asyncio.create_task(
        questions.ask("sip:elsipo-balance@a.test", accept="application/json", timeout_s=timeout_s)
    )


async def test_an_answer_finds_its_question(questions: Questions, wire: Wire) -> None:
    first, second = ask(questions), ask(questions)
    one, two = await wire.sent.get(), await wire.sent.get()
    assert {"Elsipo-Message-ID", "Accept"} == {header.name for header in one.headers}
    assert questions.observe_status(fate_of(one, 200))
    assert questions.receive(answer_to(two, "second"))
    assert questions.receive(answer_to(one, "first"))
    assert ((await first).body, (await second).body) == ("first", "second")


async def test_an_answer_may_overtake_the_final_response(questions: Questions, wire: Wire) -> None:
    asking = ask(questions)
    question = await wire.sent.get()
    assert questions.receive(answer_to(question))
    assert (await asking).body == "42"
    assert not questions.observe_status(fate_of(question, 200))


@pytest.mark.parametrize(
    "forgery",
    [
        {"from_registrar": False},
        {"from_uri": "sip:elsipo-balance@evil.test"},
        {"from_uri": "sip:elsipo-balance@a.test.evil.test"},
        {"headers": [SipHeader(name="Elsipo-In-Reply-To", value="0" * 32)]},
    ],
    ids=["past the registered flow", "another domain", "a longer domain", "a guessed question"],
)
async def test_a_forged_answer_is_dropped_and_the_true_one_counts(
    questions: Questions, wire: Wire, forgery: dict[str, Any]
) -> None:
    asking = ask(questions)
    question = await wire.sent.get()
    assert questions.receive(answer_to(question, "forged", **forgery))
    assert questions.receive(answer_to(question, "true"))
    assert (await asking).body == "true"


async def test_a_second_and_a_late_answer_reach_nobody(questions: Questions, wire: Wire) -> None:
    asking = ask(questions)
    question = await wire.sent.get()
    assert questions.receive(answer_to(question, "first"))
    assert questions.receive(answer_to(question, "second"))
    assert (await asking).body == "first"
    assert questions.receive(answer_to(question, "late"))


async def test_a_message_that_answers_nothing_is_left_to_others(questions: Questions, wire: Wire) -> None:
    asking = ask(questions)
    question = await wire.sent.get()
    assert not questions.receive(answer_to(question, headers=[]))
    assert not questions.observe_status(
        MessageStatus(message_id="somebody-elses", state="sent", sip_status=200, reason_phrase="OK")
    )
    questions.engine_lost()
    with pytest.raises(EngineUnavailableError):
        await asking


async def test_a_refusal_is_told_at_once(questions: Questions, wire: Wire) -> None:
    asking = ask(questions)
    assert questions.observe_status(fate_of(await wire.sent.get(), 404, "No Such Service"))
    with pytest.raises(SipFailureError, match="404 No Such Service") as refusal:
        await asking
    assert refusal.value.data["sip_status"] == 404


async def test_silence_ends_a_question(questions: Questions) -> None:
    with pytest.raises(RequestTimeoutError):
        await ask(questions, timeout_s=0.01)


async def test_too_many_open_questions_are_refused(questions: Questions, wire: Wire) -> None:
    open_ones = [ask(questions) for _ in range(16)]
    for _ in open_ones:
        await wire.sent.get()
    with pytest.raises(RateLimitedError):
        await ask(questions)
    questions.engine_lost()
    ends = await asyncio.gather(*open_ones, return_exceptions=True)
    assert all(isinstance(end, EngineUnavailableError) for end in ends)


async def test_what_comes_by_another_way_waits_for_the_final_response_only(questions: Questions, wire: Wire) -> None:
    telling = asyncio.create_task(questions.tell("sip:elsipo-stats@a.test", body="id-i_infotext"))
    question = await wire.sent.get()
    assert question.body == "id-i_infotext"
    questions.observe_status(fate_of(question, 200))
    await telling
