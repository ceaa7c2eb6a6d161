"""The pages of the running calls of one account: offered by applications, opened by the person, gone with their calls.

    REFER → offered, where the address may be gone to → open (the person agreed) → closed
                     ↘ 403                            ↘ 603 (refused), 480 (nobody answered)

Trust: whoever is at the other end of a call may offer, so the address is held to the rules of every fetch, and nothing
of it is loaded before the person has agreed. Knows no window.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec import structs

from elsipo.host.fetch import FetchError
from elsipo.host.ui.where import origin_of
from elsipo.rpc._generated import bridge, engine
from elsipo.rpc._generated.models import (
    BridgeCallPageListChangedParams,
    CallPage,
    CallPageList,
    EngineCallAnswerOfferParams,
)
from elsipo.rpc.errors import ElsipoError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Literal

    from elsipo.host.events import Ties
    from elsipo.host.fetch import Fetcher
    from elsipo.rpc._generated.models import EngineCallPageOfferedParams

_log = logging.getLogger(__name__)

_OPENED: Final = 200
_FORBIDDEN: Final = 403
_UNANSWERED: Final = 480
_REFUSED: Final = 603
DECIDE_WITHIN_S: Final = 60.0
# It becomes a word of a policy: whatever a host's name cannot have would end that word.
_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?=[/?#]|\Z)", re.IGNORECASE)


@dataclass(frozen=True)
class OpenPage:
    """A page that the person let be shown.

    Attributes:
        page_id: For its place; nobody can guess it.
        page: What the window knows of it.
    """

    page_id: str
    page: CallPage


class CallPages:
    """Pages of calls, for one account.

    Args:
        ties: The account, its engine and its windows.
        is_running: Whether there is such a call.
        fetcher: Gives who knows where one may go, by what the person allows now.
        frame_url: Where the page of this id is framed.
        is_sandboxed: Whether Chromium's sandbox holds what a page might break.
    """

    def __init__(
        self,
        ties: Ties,
        *,
        is_running: Callable[[str], bool],
        fetcher: Callable[[], Fetcher],
        frame_url: Callable[[str], str],
        is_sandboxed: Callable[[], bool],
    ) -> None:
        self._engine = ties.engine
        self._emit = ties.emit
        self._is_running = is_running
        self._fetcher = fetcher
        self._frame_url = frame_url
        self._is_sandboxed = is_sandboxed
        self._offered: dict[str, CallPage] = {}
        self._open: dict[str, OpenPage] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.decide_within_s = DECIDE_WITHIN_S

    def offered(self, params: EngineCallPageOfferedParams) -> None:
        """An application offers a page. Wire: call.page_offered."""
        self._soon(self._offer(params))

    def list(self) -> CallPageList:
        """Pages that are offered or open. Wire: call_page.list."""
        opened = [page.page for page in self._open.values()]
        return CallPageList(pages=sorted([*self._offered.values(), *opened], key=lambda page: page.offer_id))

    def open_page(self, page_id: str) -> OpenPage | None:
        """A page that is open; None where there is none."""
        return next((page for page in self._open.values() if page.page_id == page_id), None)

    def shows_from(self, origin: str) -> bool:
        """Whether a page is open whose address is at an origin."""
        return any(origin_of(page.page.url) == origin for page in self._open.values())

    async def decide(self, call_id: str, offer_id: int, *, allowed: bool) -> None:
        """The person has said whether a page is shown; it takes the place of the one that its call has open.

        Raises:
            NotFoundError: it is offered no more.

        Wire: call_page.decide
        """
        page = self._offered.get(call_id)
        if page is None or page.offer_id != offer_id:
            raise NotFoundError("That page is not offered any more.")
        del self._offered[call_id]
        if allowed:
            page_id = secrets.token_hex(16)
            shown = structs.replace(page, state="open", frame_url=self._frame_url(page_id))
            self._open[call_id] = OpenPage(page_id, shown)
        self._tell()
        await self._answer(page, _OPENED if allowed else _REFUSED)

    def close(self, call_id: str) -> None:
        """Show the page of a call no longer.

        Raises:
            NotFoundError: it has none.

        Wire: call_page.close
        """
        if self._open.pop(call_id, None) is None:
            raise NotFoundError("There is no page in that call.")
        self._tell()

    def call_over(self, call_id: str) -> None:
        """With a call its pages go."""
        offered, opened = self._offered.pop(call_id, None), self._open.pop(call_id, None)
        if offered is not None or opened is not None:
            self._tell()

    def engine_lost(self) -> None:
        """Nobody waits for an answer to an offer any more. Pages that are open stay as long as their calls."""
        if self._offered:
            self._offered.clear()
            self._tell()

    async def stop(self) -> None:
        """Decide nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _offer(self, params: EngineCallPageOfferedParams) -> None:
        found = _ORIGIN.match(params.url)
        origin = found[0].lower() if found else params.url
        page = CallPage(
            call_id=params.call_id,
            offer_id=params.offer_id,
            url=params.url,
            origin=origin,
            state="offered",
            is_sandboxed=self._is_sandboxed(),
        )
        try:
            if found is None:
                raise FetchError("bad_url", "That is not a web address.")  # noqa: TRY301 - told like the others
            await self._fetcher().check(params.url)
        except FetchError as error:
            _log.warning("A page that was offered in a call is not shown (%s): %s", error.reason, error.text)
            await self._answer(page, _FORBIDDEN)
            return
        if not self._is_running(page.call_id):
            return
        self._offered[page.call_id] = page
        self._tell()
        await asyncio.sleep(self.decide_within_s)
        if self._offered.get(page.call_id) is page:
            del self._offered[page.call_id]
            self._tell()
            await self._answer(page, _UNANSWERED)

    async def _answer(self, page: CallPage, sip_status: Literal[200, 403, 480, 603]) -> None:
        params = EngineCallAnswerOfferParams(call_id=page.call_id, offer_id=page.offer_id, sip_status=sip_status)
        try:
            await self._engine.request(engine.CALL_ANSWER_OFFER, params)
        except ElsipoError as error:
            _log.info("The application was not told what became of its page: %s", error.message)

    def _tell(self) -> None:
        self._emit(bridge.CALL_PAGE_LIST_CHANGED, BridgeCallPageListChangedParams(list=self.list()))

    def _soon(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name="page of a call")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
