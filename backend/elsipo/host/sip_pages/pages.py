"""The pages over SIP of one account: asks for them, holds what came, and remembers which were visited or are kept.

    typed or followed → asked (MESSAGE) → answered (MESSAGE) → held, until newer ones need the room → shown
                                              ↘ refers to the web → fetched ↗

A page is the provider's content and nothing of it is believed: what holds it is the place where it is shown (`place`).
"""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlencode

from elsipo.host.external_content import is_external, reference
from elsipo.host.messages import header_of
from elsipo.host.sip_pages.links import page_address
from elsipo.host.sip_pages.markup import ACCEPT, Document, document
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated.models import (
    BridgeBookmarkListChangedParams,
    BridgeSipPageHistoryChangedParams,
    KnownPageList,
    SipPage,
)
from elsipo.rpc.errors import ContentRefusedError, ExternalContentError, NotFoundError

if TYPE_CHECKING:
    from elsipo.host.events import Ties
    from elsipo.host.external_content import ExternalContent
    from elsipo.host.questions import Questions
    from elsipo.host.store.pages import PageTable
    from elsipo.rpc._generated.models import FormField, IncomingMessage

_log = logging.getLogger(__name__)

# A question that was taken is answered at once, or the provider has forgotten it.
ANSWER_WITHIN_S: Final = 20.0
_MOST_HELD: Final = 32
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class HeldPage:
    """A page that came, as it came.

    Attributes:
        page: What the window knows of it.
        document: What is shown.
        is_answer_to_form: Asking again for it would do again what the form did.
    """

    page: SipPage
    document: Document
    is_answer_to_form: bool


class SipPages:
    """Pages over SIP, for one account.

    Args:
        ties: The account, its engine and its windows.
        questions: Who asks.
        table: What was visited and is kept.
        external: Has what an answer refers to.
    """

    def __init__(self, ties: Ties, questions: Questions, table: PageTable, external: ExternalContent) -> None:
        self._account_id = ties.account_id
        self._domain = ties.domain
        self._emit = ties.emit
        self._questions = questions
        self._table = table
        self._external = external
        self._held: OrderedDict[str, HeldPage] = OrderedDict()
        self.answer_within_s = ANSWER_WITHIN_S

    async def ask(self, target: str, fields: list[FormField] | None) -> SipPage:
        """Ask for a page.

        Args:
            target: A typed address.
            fields: What a form sends; None where nothing was filled in.

        Raises:
            InvalidAddressError: `target` is no address of a page.
            SipFailureError: the provider refused.
            RequestTimeoutError: it does not answer.
            EngineUnavailableError, RateLimitedError, BodyTooLargeError: the question could not be asked.
            ContentRefusedError: the answer is nothing that can be shown.
            ExternalContentError: it refers to something on the web that cannot be.

        Wire: sip_page.ask
        Spec: RFC 3428 §4, RFC 4483
        """
        address = page_address(target, self._domain)
        answer = await self._questions.ask(
            address.uri,
            accept=ACCEPT,
            body="" if fields is None else urlencode([(field.name, field.value) for field in fields]),
            content_type="text/plain" if fields is None else _FORM,
            timeout_s=self.answer_within_s,
        )
        if answer.truncated:
            raise ContentRefusedError("The page is too large for a message, and came cut.")
        shown = document(*await self._content(answer), unquote(address.user))
        page = SipPage(page_id=secrets.token_hex(16), uri=address.uri, title=shown.title)
        self._held[page.page_id] = HeldPage(page, shown, is_answer_to_form=fields is not None)
        while len(self._held) > _MOST_HELD:
            self._held.popitem(last=False)
        return page

    async def _content(self, answer: IncomingMessage) -> tuple[str, str]:
        """Type and text of what was answered, wherever it is."""
        if not is_external(answer.content_type):
            return answer.content_type, answer.body
        # The header itself: the answer's own content type has room for no address.
        try:
            content = reference(header_of(answer, "Content-Type") or answer.content_type, answer.body)
            return content.content_type, await self._external.get(content)
        except ExternalContentError as error:
            _log.warning("A page that is elsewhere is not shown (%s): %s", error.data["reason"], error.message)
            raise

    def visit(self, page_id: str) -> HeldPage:
        """A page that is about to be shown; from now on it was visited, unless it is what a form was answered with.

        Raises:
            NotFoundError: newer ones took its room.

        Wire: sip_page.show
        """
        held = self.held(page_id)
        if not held.is_answer_to_form:
            self._table.put(self._account_id, "visited", held.page.uri, held.page.title)
            self._tell_history()
        return held

    def held(self, page_id: str) -> HeldPage:
        """A page that came, as it came.

        Raises:
            NotFoundError: newer ones took its room.
        """
        try:
            self._held.move_to_end(page_id)
            return self._held[page_id]
        except KeyError:
            raise NotFoundError("That page is no longer here.") from None

    def history(self) -> KnownPageList:
        """Pages that were visited. Wire: sip_page.history."""
        return KnownPageList(pages=self._table.all(self._account_id, "visited"))

    def forget_history(self) -> None:
        """Forget them. Wire: sip_page.forget_history."""
        self._table.clear(self._account_id, "visited")
        self._tell_history()

    def bookmarks(self) -> KnownPageList:
        """Pages that the person keeps. Wire: bookmark.list."""
        return KnownPageList(pages=self._table.all(self._account_id, "kept"))

    def keep(self, uri: str, title: str) -> None:
        """Keep a page.

        Raises:
            InvalidAddressError: `uri` is no address of a page.

        Wire: bookmark.add
        """
        self._table.put(self._account_id, "kept", page_address(uri, self._domain).uri, title)
        self._tell_bookmarks()

    def discard(self, uri: str) -> None:
        """Keep it no longer. Wire: bookmark.remove."""
        self._table.remove(self._account_id, "kept", uri)
        self._tell_bookmarks()

    def _tell_history(self) -> None:
        self._emit(bridge.SIP_PAGE_HISTORY_CHANGED, BridgeSipPageHistoryChangedParams(list=self.history()))

    def _tell_bookmarks(self) -> None:
        self._emit(bridge.BOOKMARK_LIST_CHANGED, BridgeBookmarkListChangedParams(list=self.bookmarks()))
