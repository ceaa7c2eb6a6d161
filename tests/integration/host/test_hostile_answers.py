"""What a provider, or somebody who pretends to be it, may answer to a question: nothing of it does harm."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import ProviderAnswerError
from peers.sip import RawUserAgent
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from peers.sip import SipMessage

DOMAIN = "provider-a.test"


class Provider:
    """A registrar that takes everything, and answers questions with whatever the test wants.

    Attributes:
        agent: Its socket.
        page: Alice's page.
    """

    def __init__(self, agent: RawUserAgent, page: Document) -> None:
        self.agent = agent
        self.page = page

    def ask(self, service: str = "balance") -> asyncio.Task[m.ServiceAnswer]:
        """The page asks."""
        asked = self.page.ask(bridge.SERVICE_QUERY, m.BridgeServiceQueryParams(service=service))
        return asyncio.create_task(asked)

    async def question(self, service: str = "balance") -> SipMessage:
        """What arrived of it."""
        return await self.agent.wait_for(
            lambda came: came.method == "MESSAGE" and came.start_line.startswith(f"MESSAGE sip:elsipo-{service}@")
        )

    def answer(
        self,
        question: SipMessage,
        body: str,
        *,
        by: RawUserAgent | None = None,
        domain: str = DOMAIN,
        content_type: str = "application/json",
    ) -> None:
        """Send a MESSAGE that says that it answers."""
        agent, octets = by or self.agent, body.encode()
        lines = [
            f"MESSAGE sip:alice@{question.source[0]}:{question.source[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{agent.port};branch=z9hG4bK{secrets.token_hex(8)};rport",
            "Max-Forwards: 70",
            f"From: <sip:elsipo-balance@{domain}>;tag={secrets.token_hex(4)}",
            f"To: <sip:alice@{DOMAIN}>",
            f"Call-ID: {secrets.token_hex(8)}",
            "CSeq: 1 MESSAGE",
            f"Elsipo-In-Reply-To: {question.header('elsipo-message-id')}",
            f"Content-Type: {content_type}",
            f"Content-Length: {len(octets)}",
        ]
        agent.send("\r\n".join(lines).encode() + b"\r\n\r\n" + octets, question.source)


@pytest.fixture
async def provider_of_any_answer(tmp_path: Path) -> AsyncIterator[Provider]:
    """Alice is registered at it."""
    host = Host(Folders.below(tmp_path / "alice"), audio="null", use_keyring=False)
    async with RawUserAgent.opened() as agent:
        record = host.book.add(f"alice@{DOMAIN}", server=f"127.0.0.1:{agent.port}")
        host.credentials.keep(record.account_id, "alicepw", allow_file=True)
        async with started(host), Document.chrome(host) as chrome, chrome.page(host) as page:
            await chrome.registered()
            yield Provider(agent, page)


GOOD = '{"amount": "1.00", "currency": "EUR", "at_s": 1, "unknown": ["is", "overlooked"]}'


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[" * 1500,
        "NaN",
        "[]",
        '{"amount": 12.5, "currency": "EUR", "at_s": 1}',
        '{"amount": "12,50", "currency": "EUR", "at_s": 1}',
        '{"amount": "1.00", "currency": "<b>", "at_s": 1}',
        '{"amount": "1.00", "currency": "EUR", "at_s": -1}',
        '{"amount": "1.00", "currency": "EUR", "at_s": true}',
        '{"currency": "EUR", "at_s": 1}',
    ],
)
async def test_an_answer_that_does_not_fit_is_refused_with_a_reason(
    provider_of_any_answer: Provider, body: str
) -> None:
    asking = provider_of_any_answer.ask()
    provider_of_any_answer.answer(await provider_of_any_answer.question(), body)
    with pytest.raises(ProviderAnswerError) as refusal:
        await asking
    assert refusal.value.data["reason"]


async def test_an_answer_of_a_stranger_or_another_domain_waits_for_the_true_one(
    provider_of_any_answer: Provider,
) -> None:
    provider = provider_of_any_answer
    asking = provider.ask()
    question = await provider.question()
    async with RawUserAgent.opened() as stranger:
        provider.answer(question, GOOD.replace("1.00", "666.00"), by=stranger)
        await stranger.wait_for(lambda came: came.status == 200)
    provider.answer(question, GOOD.replace("1.00", "667.00"), domain="evil.test")
    provider.answer(question, GOOD)
    provider.answer(question, GOOD.replace("1.00", "668.00"))
    balance = (await asking).balance
    assert balance is not None
    assert balance.amount == "1.00"
    # Neither forgery nor repetition is a message of somebody.
    asking = provider.ask("lunch")
    provider.answer(await provider.question("lunch"), "{}")
    await asking
    assert (await provider.page.ask(bridge.CONVERSATION_LIST, m.BridgeConversationListParams())).conversations == []


async def test_markup_control_characters_and_emoji_are_text_of_bounded_length(
    provider_of_any_answer: Provider,
) -> None:
    provider = provider_of_any_answer
    asking = provider.ask("lunch")
    body = (
        '{"<script>alert(1)</script>": "\\u202e\\u0007<img src=x onerror=alert(1)>\\ud800", "e": "' + "🍕" * 600 + '"}'
    )
    provider.answer(await provider.question("lunch"), body)
    values = (await asking).values or []
    assert values[0].label == "<script>alert(1)</script>"
    assert values[0].value == "<img src=x onerror=alert(1)>?"
    assert values[1].value == "🍕" * 600


async def test_an_answer_of_three_kilobytes_is_whole(provider_of_any_answer: Provider) -> None:
    provider = provider_of_any_answer
    asking = provider.ask("lunch")
    provider.answer(await provider.question("lunch"), "x" * 3000, content_type="text/plain")
    assert (await asking).text == "x" * 3000


async def test_an_answer_that_was_cut_is_not_taken_for_whole(provider_of_any_answer: Provider) -> None:
    provider = provider_of_any_answer
    asking = provider.ask("lunch")
    provider.answer(await provider.question("lunch"), "x" * 6000, content_type="text/plain")
    with pytest.raises(ProviderAnswerError, match="cut"):
        await asking
