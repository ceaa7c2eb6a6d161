"""Somebody at the provider whose pages over SIP are written by a test: bob, whose address answers questions."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self

from peers.sip import RawUserAgent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.demo.provider import DemoProvider

    from peers.sip import SipMessage

_LOGIN = ("bob", "bobpw")


class PageAuthor:
    """Bob, registered by hand; every question for a page waits until the test answers it.

    Attributes:
        uri: Where his pages are.
    """

    def __init__(self, agent: RawUserAgent, provider: DemoProvider) -> None:
        self._agent = agent
        self._server = ("127.0.0.1", provider.udp_port)
        self._domain = provider.domain
        self._answered: set[str] = set()
        self.uri = f"sip:bob@{provider.domain}"

    @classmethod
    @contextlib.asynccontextmanager
    async def registered(cls, provider: DemoProvider) -> AsyncIterator[Self]:
        """Bob at his provider."""
        async with RawUserAgent.opened() as agent:
            author = cls(agent, provider)
            assert (await agent.register(author._server, provider.domain, _LOGIN)).status == 200
            yield author

    async def asked(self) -> SipMessage:
        """The next question that was not answered yet."""

        def is_new(came: SipMessage) -> bool:
            question = came.header("elsipo-message-id")
            return not came.status and question != "" and question not in self._answered

        question = await self._agent.wait_for(is_new, timeout_s=20, what="a question for a page")
        self._answered.add(question.header("elsipo-message-id"))
        return question

    async def gives(self, body: str, content_type: str = "text/html;charset=utf-8") -> SipMessage:
        """Answer the next question with a page; returns the question."""
        question = await self.asked()
        await self.answers(question, body, content_type)
        return question

    async def answers(
        self,
        question: SipMessage,
        body: str,
        content_type: str = "text/html;charset=utf-8",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Answer a question."""
        asker = question.header("from").partition("<")[2].partition(">")[0]
        fields = {"Content-Type": content_type, "Elsipo-In-Reply-To": question.header("elsipo-message-id")}
        taken = await self._agent.request(
            "MESSAGE", asker, self._server, sender=self.uri, body=body, headers=fields | (headers or {}), login=_LOGIN
        )
        assert taken.status == 200

    async def says(self, user: str, body: str, content_type: str = "text/html;charset=utf-8") -> int:
        """Write to somebody without being asked; the provider's answer."""
        uri = f"sip:{user}@{self._domain}"
        fields = {"Content-Type": content_type}
        taken = await self._agent.request(
            "MESSAGE", uri, self._server, sender=self.uri, body=body, headers=fields, login=_LOGIN
        )
        return taken.status
