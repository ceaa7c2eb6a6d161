"""The UI of one account's provider: found after registration, shown from what is kept, renewed, never made worse.

    nothing → current → current + waiting (asks for more) → current …        a bad manifest changes none of these

Spec: bridge_spec/provider/README.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from elsipo.host.fetch import fetcher_of
from elsipo.host.provider_ui.branding import branding_of, plain_branding
from elsipo.host.provider_ui.bundle import Bundle, Shelf
from elsipo.host.provider_ui.download import RefusedError, download
from elsipo.rpc._generated.models import ProviderUi as Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from elsipo.host.account_book import AccountBook
    from elsipo.host.notices import RaiseNotice
    from elsipo.host.provider_ui.grants import GrantLedger
    from elsipo.rpc._generated.models import Branding, Manifest, Registration

_log = logging.getLogger(__name__)

WELL_KNOWN: Final = "https://{domain}/.well-known/elsipo.json"
_NOTICE: Final = "provider-ui"
# Names that no server of the Internet has (RFC 6761, RFC 6762): nobody is asked about them.
_NOWHERE: Final = ("test", "example", "invalid", "local", "localhost")
_RETRY_S: Final = 300.0


class ProviderUi:
    """What an account's provider shows.

    Args:
        account_id: The account.
        book: Its settings.
        ledger: What its pages were granted.
        folder: Where versions are kept.
        notice: Tells the person.
        on_change: Called when look, page or status are others; with whether the page is.
    """

    def __init__(
        self,
        account_id: str,
        *,
        book: AccountBook,
        ledger: GrantLedger,
        folder: Path,
        notice: RaiseNotice,
        on_change: Callable[[bool], None],
    ) -> None:
        self._account_id = account_id
        self._book = book
        self._ledger = ledger
        self._shelf = Shelf(folder)
        self._notice = notice
        self._on_change = on_change
        self._domain = book.get(account_id).domain
        self._named = ""
        self._salvaged: Manifest | None = None
        self._problem = ""
        self._checked_at_ms: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._busy = asyncio.Lock()

    @property
    def current(self) -> Bundle | None:
        """The version that is shown."""
        bundle = self._shelf.current
        # What came from this machine is shown only as long as the person wants that.
        return None if bundle is not None and _is_local(bundle.source) and not self._allow_local else bundle

    @property
    def wanted(self) -> Bundle | None:
        """The version whose questions the person should answer: the one that waits, else the one that is shown."""
        return self._shelf.waiting or self.current

    @property
    def branding(self) -> Branding:
        """The provider's look; what could be salvaged of a bad manifest where nothing better is kept."""
        if (bundle := self.current) is not None:
            return branding_of(bundle.manifest, bundle.logo)
        return branding_of(self._salvaged, None) if self._salvaged else plain_branding(self._domain)

    @property
    def status(self) -> Status:
        """How it stands. Wire: provider.status."""
        bundle, waiting = self.current, self._shelf.waiting
        return Status(
            domain=self._domain,
            source=bundle.source if bundle else self._named,
            version=bundle.manifest.version if bundle else None,
            waiting_version=waiting.manifest.version if waiting else None,
            is_local=bundle is not None and _is_local(bundle.source),
            allow_local=self._allow_local,
            problem=self._problem[:1024],
            checked_at_ms=self._checked_at_ms,
            grants=self._ledger.of_account(self._account_id),
        )

    def observe(self, registration: Registration) -> None:
        """The account's registration changed: the registrar's word says where the UI is."""
        if registration.state != "registered":
            return
        named = registration.ui_url or ""
        bundle = self._shelf.current
        is_good = bundle is not None and bundle.asked == self._source(named) and bundle.good_until_ms > _now_ms()
        if self._task is not None and named == self._named:
            return
        self._named = named
        self._stop()
        self._task = asyncio.create_task(self._keep_fresh(look_now=not is_good), name=f"ui {self._account_id}")

    async def refresh(self) -> None:
        """Look for the manifest now, and take what it says if that is good."""
        async with self._busy:
            await self._refresh()

    async def allow_local(self, *, allowed: bool) -> None:
        """The person lets the UI come from this machine, or no longer; then look for it."""
        before = self.current
        self._book.allow_local_ui(self._account_id, allowed=allowed)
        await self.refresh()
        if (before is None) != (self.current is None):
            self._on_change(True)

    async def decided(self) -> None:
        """The person has answered the questions of the version that waits: it is shown from now on."""
        if self._shelf.waiting is not None:
            await asyncio.to_thread(self._shelf.put, self._shelf.waiting, waits=False)
            self._on_change(True)

    async def stop(self) -> None:
        """Look no more."""
        task = self._task
        self._stop()
        if task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def forget(self) -> None:
        """The account is gone."""
        self._shelf.clear()

    @property
    def _allow_local(self) -> bool:
        return self._book.get(self._account_id).allow_local_ui

    def _source(self, named: str) -> str:
        return named or WELL_KNOWN.format(domain=self._domain)

    async def _keep_fresh(self, *, look_now: bool) -> None:
        while True:
            if look_now:
                await self.refresh()
            look_now = True
            bundle = self._shelf.current
            left_s = (bundle.good_until_ms - _now_ms()) / 1000 if bundle else 0
            await asyncio.sleep(max(_RETRY_S, left_s))

    async def _refresh(self) -> None:
        known = self._shelf.waiting or self._shelf.current
        before = self.branding
        source = self._source(self._named)
        if not self._named and not self._allow_local and _is_nowhere(self._domain):
            return
        fetcher = fetcher_of(self._book.get(self._account_id))
        is_new_page = False
        try:
            bundle = await download(fetcher, source, known)
        except RefusedError as refusal:
            is_new_page = await self._refuse(refusal)
        else:
            self._problem, self._salvaged = "", None
            is_new_page = await self._take(bundle)
        self._checked_at_ms = _now_ms()
        self._on_change(is_new_page)
        if self.branding != before:
            _log.info("%s shows the UI of %s", self._account_id, self.branding.name)

    async def _refuse(self, refusal: RefusedError) -> bool:
        """Say why; tells whether the page that is shown is another now."""
        self._salvaged = refusal.salvaged
        if (refusal.absent or refusal.gone) and not self._named:
            self._problem = ""  # Nobody promised one.
            had_one = refusal.gone and self._shelf.current is not None
            if had_one:
                await asyncio.to_thread(self._shelf.clear)
            return had_one
        self._problem = refusal.text
        _log.warning("%s: %s", self._account_id, refusal.text)
        kept = "The last good version is shown." if self.current else "Elsipo's own page is shown."
        self._notice(_NOTICE, "info" if refusal.absent else "warning", f"{refusal.text} {kept}"[:1024])
        return False

    async def _take(self, bundle: Bundle) -> bool:
        """Keep a version; tells whether the page that is shown is another now."""
        shown = self._shelf.current
        waits = shown is not None and shown.manifest.page is not None and self._asks_for_more(bundle, shown)
        await asyncio.to_thread(self._shelf.put, bundle, waits=waits)
        if waits:
            return False
        if shown is None:
            return True
        return (shown.source, shown.manifest, shown.files) != (bundle.source, bundle.manifest, bundle.files)

    def _asks_for_more(self, bundle: Bundle, shown: Bundle) -> bool:
        undecided = self._ledger.undecided(self._account_id, bundle.origin, bundle.asks)
        same = {ask.capability for ask in shown.asks} if shown.origin == bundle.origin else set()
        return any(ask.capability not in same for ask in undecided)

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_nowhere(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain.strip("[]"))
    except ValueError:
        return "." not in domain or domain.rpartition(".")[2] in _NOWHERE
    return True


def _now_ms() -> int:
    return int(time.time() * 1000)
