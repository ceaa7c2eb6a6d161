"""Questions to the provider over SIP: a MESSAGE asks, another one answers, and a header says which belongs to which.

    asked → taken (2xx) → answered          a refusal, silence or the engine's death end it with an error

Trust: an answer counts only from the account's own domain and over the registered flow, for a question that is open,
and once. Knows nothing of what is asked or what an answer means.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from elsipo.host.addresses import user_and_domain
from elsipo.host.messages import MESSAGE_ID_HEADER, header_of
from elsipo.rpc._generated import engine
from elsipo.rpc._generated.models import EngineMessageSendParams, SipHeader
from elsipo.rpc.errors import EngineUnavailableError, RateLimitedError, RequestTimeoutError, SipFailureError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.host.events import Ties
    from elsipo.rpc._generated.models import IncomingMessage, MessageStatus

_log = logging.getLogger(__name__)

IN_REPLY_TO_HEADER: Final = "Elsipo-In-Reply-To"
"""Carries the `Elsipo-Message-ID` of the question that a MESSAGE answers."""

# Longer than a non-INVITE transaction lasts (64·T1, RFC 3261 §17.1.2.2), so that SIP's own 408 comes first.
TIMEOUT_S: Final = 35.0
_MOST_OPEN: Final = 16


class _Question:
    """One that is open: whether it was taken, and the answer, which may overtake that."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.taken: asyncio.Future[None] = loop.create_future()
        self.answer: asyncio.Future[IncomingMessage] = loop.create_future()

    def fail(self, error: Exception) -> None:
        for future in (self.taken, self.answer):
            if not future.done():
                future.set_exception(error)
                future.exception()  # Only one of the two is waited for.


class Questions:
    """The open questions of one account.

    Args:
        ties: The account, its engine and its windows.
    """

    def __init__(self, ties: Ties) -> None:
        self._domain = ties.domain
        self._engine = ties.engine
        self._open: dict[str, _Question] = {}

    async def ask(
        self,
        to: str,
        *,
        accept: str,
        body: str = "",
        content_type: str = "text/plain",
        timeout_s: float = TIMEOUT_S,
    ) -> IncomingMessage:
        """Ask, and wait for the answer.

        Args:
            to: SIP URI of whoever should answer.
            accept: Media types that the answer may have, as in the Accept header.
            body: What is asked.
            content_type: What the body is.
            timeout_s: Seconds until the answer must be here.

        Returns:
            The answer, as the engine read it off the wire; it may have been cut (`truncated`).

        Raises:
            SipFailureError: the provider refused.
            RequestTimeoutError: no answer came in time.
            EngineUnavailableError: the engine is starting, or died meanwhile.
            RateLimitedError: too many questions are open.
            BodyTooLargeError: no packet of the stack holds the question.

        Spec: RFC 3428 §4, RFC 3261 §20.1 (Accept)
        """
        headers = [SipHeader(name="Accept", value=accept)]
        async with self._asked(to, body, content_type, headers, timeout_s) as question:
            return await question.answer

    async def tell(self, to: str, *, body: str, content_type: str = "text/plain", timeout_s: float = TIMEOUT_S) -> None:
        """Ask for something that comes by another way, such as a fragment; returns when the question was taken.

        Args:
            to: SIP URI of whoever should act.
            body: What is asked.
            content_type: What the body is.
            timeout_s: Seconds until it must have been taken.

        Raises:
            SipFailureError: the provider refused.
            RequestTimeoutError: it did not answer.
            EngineUnavailableError: the engine is starting, or died meanwhile.
            RateLimitedError: too many questions are open.
            BodyTooLargeError: no packet of the stack holds the question.

        Spec: RFC 3428 §4
        """
        async with self._asked(to, body, content_type, [], timeout_s) as question:
            await question.taken

    @asynccontextmanager
    async def _asked(
        self, to: str, body: str, content_type: str, headers: list[SipHeader], timeout_s: float
    ) -> AsyncIterator[_Question]:
        if len(self._open) >= _MOST_OPEN:
            raise RateLimitedError("Too many questions to the provider are open; wait a moment.")
        question_id = uuid.uuid4().hex
        question = self._open[question_id] = _Question()
        params = EngineMessageSendParams(
            message_id=question_id,
            to=to,
            content_type=content_type,
            body=body,
            headers=[SipHeader(name=MESSAGE_ID_HEADER, value=question_id), *headers],
        )
        try:
            async with asyncio.timeout(timeout_s):
                await self._engine.request(engine.MESSAGE_SEND, params)
                yield question
        except TimeoutError:
            raise RequestTimeoutError("The provider does not answer.") from None
        finally:
            del self._open[question_id]

    def observe_status(self, status: MessageStatus) -> bool:
        """Whether this was the fate of a question of ours."""
        question = self._open.get(status.message_id)
        if question is None:
            return False
        if status.state != "sent":
            text = f"The provider answered {status.sip_status} {status.reason_phrase}."
            question.fail(SipFailureError(text, sip_status=status.sip_status, reason_phrase=status.reason_phrase))
        elif not question.taken.done():
            question.taken.set_result(None)
        return True

    def receive(self, incoming: IncomingMessage) -> bool:
        """Whether this says that it answers a question, and so is no message for the user.

        Spec: a From is worth something only on the registered flow (RFC 3261 §26.1.2, RFC 5626 §5.3).
        """
        question_id = header_of(incoming, IN_REPLY_TO_HEADER)
        if question_id is None:
            return False
        if not incoming.from_registrar or user_and_domain(incoming.from_uri)[1] != self._domain:
            _log.warning("An answer from %s was dropped: that is not our provider", incoming.source_address)
            return True
        question = self._open.get(question_id)
        if question is None or question.answer.done():
            _log.info("An answer was dropped: it came late, twice, or to a question that nobody asked")
            return True
        question.answer.set_result(incoming)
        return True

    def engine_lost(self) -> None:
        """Nobody will tell what becomes of these questions any more."""
        for question in self._open.values():
            question.fail(EngineUnavailableError())
