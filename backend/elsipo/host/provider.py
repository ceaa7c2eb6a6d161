"""What the provider does beyond calls and messages: content for elements of the page, and services asked by MESSAGE.

Trust: a fragment counts only when it came over the registered flow, from the account's own domain, and its HTML went
through an allow-list (nh3). Knows nothing of who shows it.
"""

from __future__ import annotations

import asyncio
import html
import logging
import re
import time
import uuid
from typing import TYPE_CHECKING

import nh3

from elsipo.host.addresses import user_and_domain
from elsipo.rpc._generated import bridge, engine
from elsipo.rpc._generated.models import (
    BridgeFragmentReceivedParams,
    EngineMessageSendParams,
    Fragment,
    FragmentList,
    IncomingMessage,
    MessageStatus,
)
from elsipo.rpc.errors import RequestTimeoutError, SipFailureError

if TYPE_CHECKING:
    from elsipo.host.events import Ties

_log = logging.getLogger(__name__)

_FRAGMENT_USER = re.compile(r"\Aid-([A-Za-z0-9_.-]{1,64})\Z")
_MAX_FRAGMENTS = 256
_MAX_HTML = 262_144
# Longer than a non-INVITE transaction lasts (64·T1, RFC 3261 §17.1.2.2), so that SIP's own 408 comes first.
_SERVICE_TIMEOUT_S = 35.0
# The library's own allow-list, but no images: loading one would tell somebody that, and when, it was seen.
_TAGS = nh3.ALLOWED_TAGS - {"area", "img", "map"}
_SCHEMES = {"https", "http", "sip", "sips", "tel"}


class Provider:
    """The provider of one account.

    Args:
        ties: The account, its engine and its windows.
    """

    def __init__(self, ties: Ties) -> None:
        self._domain = ties.domain
        self._engine = ties.engine
        self._emit = ties.emit
        self._fragments: dict[str, Fragment] = {}
        self._questions: dict[str, asyncio.Future[MessageStatus]] = {}

    async def ask(self, service: str, element_id: str) -> None:
        """Ask a service to answer into an element; returns when the provider took the question.

        Raises:
            SipFailureError: the provider refused.
            RequestTimeoutError: it did not answer.
            EngineUnavailableError: the engine is starting.

        Wire: service.request
        Spec: RFC 3428 §4
        """
        question_id = uuid.uuid4().hex
        taken = asyncio.get_running_loop().create_future()
        self._questions[question_id] = taken
        params = EngineMessageSendParams(
            message_id=question_id,
            to=f"sip:elsipo-{service}@{self._domain}",
            content_type="text/plain",
            body=f"id-{element_id}",
            headers=[],
        )
        try:
            async with asyncio.timeout(_SERVICE_TIMEOUT_S):
                await self._engine.request(engine.MESSAGE_SEND, params)
                status = await taken
        except TimeoutError:
            raise RequestTimeoutError("The provider does not answer.") from None
        finally:
            self._questions.pop(question_id, None)
        if status.state != "sent":
            raise SipFailureError(
                f"The provider answered {status.sip_status} {status.reason_phrase}.",
                sip_status=status.sip_status,
                reason_phrase=status.reason_phrase,
            )

    def observe_status(self, status: MessageStatus) -> bool:
        """Whether this was the fate of a question of ours."""
        question = self._questions.get(status.message_id)
        if question is None:
            return False
        if not question.done():
            question.set_result(status)
        return True

    def engine_lost(self) -> None:
        """Nobody will tell the fate of these questions any more."""
        for question_id, question in self._questions.items():
            if not question.done():
                lost = MessageStatus(
                    message_id=question_id, state="failed", sip_status=0, reason_phrase="The telephone engine stopped"
                )
                question.set_result(lost)

    def receive(self, incoming: IncomingMessage) -> bool:
        """Whether this was content for an element of the page, and so is no message for the user.

        Spec: RFC 3428; a From is worth something only on the registered flow (RFC 3261 §26.1.2).
        """
        user, domain = user_and_domain(incoming.from_uri)
        named = _FRAGMENT_USER.match(user)
        if named is None or domain != self._domain:
            return False
        if not incoming.from_registrar:
            _log.warning("Content for the page from %s was dropped: that is not our registrar", incoming.source_address)
            return True
        content = sanitized(incoming.content_type, incoming.body)
        if incoming.truncated or content is None or len(content) > _MAX_HTML:
            _log.warning("Content for the page was dropped: cut on the way, too large, or no text")
            return True
        element_id = named.group(1)
        fragment = Fragment(element_id=element_id, html=content, received_at_ms=time.time_ns() // 1_000_000)
        self._fragments.pop(element_id, None)
        self._fragments[element_id] = fragment
        while len(self._fragments) > _MAX_FRAGMENTS:
            del self._fragments[next(iter(self._fragments))]
        self._emit(bridge.FRAGMENT_RECEIVED, BridgeFragmentReceivedParams(fragment=fragment))
        return True

    def fragments(self) -> FragmentList:
        """The latest content of each element. Wire: fragment.list."""
        return FragmentList(fragments=list(self._fragments.values()))


def sanitized(content_type: str, body: str) -> str | None:
    """Content that is safe to assign to innerHTML: text is escaped, HTML cleaned; None for what is neither."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "text/html":
        return nh3.clean(body, tags=_TAGS, url_schemes=_SCHEMES)
    if media_type.startswith("text/") or not media_type:
        return html.escape(body).replace("\r\n", "\n").replace("\n", "<br>")
    return None
