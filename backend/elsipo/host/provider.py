"""What the provider does beyond calls and messages: content for elements of the page, and services asked by MESSAGE.

Trust: a fragment counts only when it came over the registered flow, from the account's own domain, and its HTML went
through an allow-list (nh3). Knows nothing of who shows it.
"""

from __future__ import annotations

import html
import logging
import re
import time
from typing import TYPE_CHECKING

import nh3

from elsipo.host.addresses import user_and_domain
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated.models import (
    BridgeFragmentReceivedParams,
    Fragment,
    FragmentList,
    IncomingMessage,
)

if TYPE_CHECKING:
    from elsipo.host.events import Ties
    from elsipo.host.questions import Questions

_log = logging.getLogger(__name__)

_FRAGMENT_USER = re.compile(r"\Aid-([A-Za-z0-9_.-]{1,64})\Z")
_MAX_FRAGMENTS = 256
_MAX_HTML = 262_144
# The library's own allow-list, but no images: loading one would tell somebody that, and when, it was seen.
_TAGS = nh3.ALLOWED_TAGS - {"area", "img", "map"}
_SCHEMES = {"https", "http", "sip", "sips", "tel"}


class Provider:
    """The provider of one account.

    Args:
        ties: The account, its engine and its windows.
        questions: What asks the provider.
    """

    def __init__(self, ties: Ties, questions: Questions) -> None:
        self._domain = ties.domain
        self._emit = ties.emit
        self._questions = questions
        self._fragments: dict[str, Fragment] = {}

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
