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
from typing import TYPE_CHECKING

import nh3

from elsipo.host.addresses import user_and_domain
from elsipo.host.external_content import is_external, reference
from elsipo.host.fragments import Fragments
from elsipo.host.messages import header_of
from elsipo.rpc.errors import ExternalContentError

if TYPE_CHECKING:
    from elsipo.host.events import Ties
    from elsipo.host.external_content import ExternalContent
    from elsipo.host.questions import Questions
    from elsipo.rpc._generated.models import Fragment, IncomingMessage

_log = logging.getLogger(__name__)

_FRAGMENT_USER = re.compile(r"\Aid-([A-Za-z0-9_.-]{1,64})\Z")
_SAY_EVERY_S = 1.0
_MAX_HTML = 262_144
_MOST_AWAITED = 4
# The library's own allow-list, but no images: loading one would tell somebody that, and when, it was seen.
_TAGS = nh3.ALLOWED_TAGS - {"area", "img", "map"}
_SCHEMES = {"https", "http", "sip", "sips", "tel"}


class Provider:
    """The provider of one account.

    Args:
        ties: The account, its engine and its windows.
        questions: What asks the provider.
        external: Has what a fragment refers to.
    """

    def __init__(self, ties: Ties, questions: Questions, external: ExternalContent) -> None:
        self._domain = ties.domain
        self._questions = questions
        self._external = external
        self._fragments = Fragments(ties.emit)
        self._awaited: dict[str, asyncio.Task[None]] = {}
        self._dropped = 0
        self._said_at = float("-inf")

    async def ask(self, service: str, element_id: str) -> None:
        """Ask a service to answer into an element; returns when the provider took the question.

        Raises:
            SipFailureError: the provider refused.
            RequestTimeoutError: it did not answer.
            EngineUnavailableError: the engine is starting.
            RateLimitedError: too many questions are open.

        Wire: service.request
        Spec: RFC 3428 §4
        """
        await self._questions.tell(f"sip:elsipo-{service}@{self._domain}", body=f"id-{element_id}")

    def receive(self, incoming: IncomingMessage) -> bool:
        """Whether this was content for an element of the page, and so is no message for the user.

        Spec: RFC 3428; a From is worth something only on the registered flow (RFC 3261 §26.1.2).
        """
        user, domain = user_and_domain(incoming.from_uri)
        named = _FRAGMENT_USER.match(user)
        if named is None or domain != self._domain:
            return False
        if not incoming.from_registrar:
            self._drop(f"{incoming.source_address} is not our registrar")
            return True
        # No coding is understood, so that nothing small unpacks to something large (RFC 3261 §20.12).
        is_coded = (header_of(incoming, "Content-Encoding") or "identity").strip().lower() != "identity"
        if incoming.truncated or is_coded:
            self._drop("cut on the way, or coded")
        elif is_external(incoming.content_type):
            self._fetch_soon(named.group(1), incoming)
        else:
            self._put(named.group(1), incoming.content_type, incoming.body)
        return True

    def fragments(self) -> list[Fragment]:
        """The newest content of each element. Wire: fragment.list."""
        return self._fragments.all()

    async def stop(self) -> None:
        """Fetch nothing more."""
        awaited = list(self._awaited.values())
        for task in awaited:
            task.cancel()
        await asyncio.gather(*awaited, return_exceptions=True)

    def _put(self, element_id: str, content_type: str, body: str) -> None:
        """An element has new content, which what is still awaited for it is older than."""
        content = sanitized(content_type, body)
        if content is None or len(content) > _MAX_HTML:
            self._drop("too large, or no text")
            return
        self._forget_awaited(element_id)
        self._fragments.put(element_id, content)

    def _fetch_soon(self, element_id: str, incoming: IncomingMessage) -> None:
        self._forget_awaited(element_id)
        if len(self._awaited) >= _MOST_AWAITED:
            self._drop("too much of it is fetched from the web already")
            return
        task = asyncio.create_task(self._fetch(element_id, incoming), name=f"content for {element_id}")
        self._awaited[element_id] = task

    async def _fetch(self, element_id: str, incoming: IncomingMessage) -> None:
        """Get what a fragment refers to. Spec: RFC 4483."""
        task = self._awaited[element_id]
        try:
            content = reference(header_of(incoming, "Content-Type") or incoming.content_type, incoming.body)
            body = await self._external.get(content)
        except ExternalContentError as error:
            self._drop(error.message)
            return
        finally:
            if self._awaited.get(element_id) is task:
                del self._awaited[element_id]
        self._put(element_id, content.content_type, body)

    def _forget_awaited(self, element_id: str) -> None:
        if (task := self._awaited.pop(element_id, None)) is not None:
            task.cancel()

    def _drop(self, why: str) -> None:
        """Say so, but not a thousand times a second."""
        self._dropped += 1
        if time.monotonic() - self._said_at >= _SAY_EVERY_S:
            _log.warning("Content for the page was dropped (%d so far): %s", self._dropped, why)
            self._said_at = time.monotonic()


def sanitized(content_type: str, body: str) -> str | None:
    """Content that is safe to assign to innerHTML: text is escaped, HTML cleaned; None for what is neither."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "text/html":
        return nh3.clean(body, tags=_TAGS, url_schemes=_SCHEMES)
    if media_type.startswith("text/") or not media_type:
        return html.escape(body).replace("\r\n", "\n").replace("\n", "<br>")
    return None
