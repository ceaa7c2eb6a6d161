"""Fetches a provider's UI: the manifest, and what it lists. All of it or nothing, and a reason where it is nothing.

Where a manifest is refused, its name and colours are still taken if they are in order: see `RefusedError.salvaged`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urljoin

from msgspec import structs

from elsipo.host.fetch import FetchError, Limits
from elsipo.host.provider_ui.bundle import LOGO_TYPES, Bundle
from elsipo.host.ui.files import media_type_of
from elsipo.rpc._generated.models import Manifest
from elsipo.rpc.errors import InvalidParamsError

if TYPE_CHECKING:
    from elsipo.host.fetch import Fetched

MANIFEST_LIMITS: Final = Limits(max_bytes=64 * 1024, within_s=8)
_LOGO_LIMITS: Final = Limits(max_bytes=64 * 1024, within_s=8)
_FILE_LIMITS: Final = Limits(max_bytes=1024 * 1024, within_s=15)
_MAX_PAGE_BYTES: Final = 4 * 1024 * 1024
_AT_ONCE: Final = 6
_GOOD_FOR_S: Final = range(60, 7 * 86_400)
_GOOD_UNLESS_SAID_S: Final = 3600
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_NOT_SAID: Final = "0"


class Source(Protocol):
    """Where a UI is fetched from: the web (`Fetcher`), or a folder of who writes it (`elsipo ui serve`)."""

    async def get(self, url: str, limits: Limits, *, accept: str = "*/*", etag: str = "") -> Fetched:
        """Fetch a thing. Raises FetchError."""
        ...


class RefusedError(Exception):
    """A UI was not taken.

    Attributes:
        text: Why, for the person and the provider.
        absent: Nobody was reached, rather than a bad one found.
        gone: The server says that there is none.
        salvaged: Name and colours of it, where those were fine.
    """

    def __init__(
        self, text: str, *, absent: bool = False, gone: bool = False, salvaged: Manifest | None = None
    ) -> None:
        self.text = text
        self.absent = absent
        self.gone = gone
        self.salvaged = salvaged
        super().__init__(text)


async def download(fetcher: Source, url: str, known: Bundle | None) -> Bundle:
    """Fetch the UI at an address.

    Args:
        fetcher: Where from; the account's own.
        url: Of the manifest.
        known: What is kept of it; its files are taken over where the manifest is the same.

    Raises:
        RefusedError: with a reason.
    """
    etag = known.etag if known is not None and known.asked == url else ""
    try:
        got = await fetcher.get(url, MANIFEST_LIMITS, accept="application/json", etag=etag)
    except FetchError as error:
        absent = error.reason in {"unknown_host", "unreachable", "bad_status"}
        text = f"The provider's UI was not fetched. {error.text}"
        raise RefusedError(text, absent=absent, gone=error.reason == "not_found") from error
    until = _now_ms() + 1000 * _good_for_s(got)
    if got.not_modified and known is not None:
        return structs.replace(known, good_until_ms=until)
    manifest = read_manifest(got.body)
    files = await _files(fetcher, got.url, manifest)
    return Bundle(asked=url, source=got.url, manifest=manifest, etag=got.etag, good_until_ms=until, files=files)


def read_manifest(body: bytes) -> Manifest:
    """Take a manifest apart.

    Raises:
        RefusedError: it is not one; what of its look was fine is salvaged.
    """
    try:
        wire = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError("The provider's manifest is not JSON.") from None
    try:
        manifest = Manifest.from_wire(wire)
    except InvalidParamsError as error:
        field = error.data.get("field") or "the whole"
        text = f"The provider's manifest breaks the contract at {str(field)[:100]!r}."
        raise RefusedError(text, salvaged=_salvage(wire)) from None
    page = manifest.page
    if page is not None and media_type_of(page.entry) not in _PAGES:
        raise RefusedError("The provider's page is not an HTML file.", salvaged=_salvage(wire))
    if manifest.logo is not None and media_type_of(manifest.logo) not in LOGO_TYPES:
        raise RefusedError("The provider's logo is neither PNG, JPEG nor SVG.", salvaged=_salvage(wire))
    return manifest


async def _files(fetcher: Source, source: str, manifest: Manifest) -> dict[str, str]:
    wanted = dict.fromkeys([manifest.page.entry, *manifest.page.files] if manifest.page else [], _FILE_LIMITS)
    if manifest.logo is not None:
        wanted[manifest.logo] = _LOGO_LIMITS
    gate = asyncio.Semaphore(_AT_ONCE)
    total = 0

    async def one(path: str, limits: Limits) -> tuple[str, str]:
        nonlocal total
        async with gate:
            got = await fetcher.get(urljoin(source, path), limits)
        total += len(got.body)
        if total > _MAX_PAGE_BYTES:
            raise FetchError("too_large", f"The provider's page is larger than {_MAX_PAGE_BYTES} bytes.")
        return path, base64.b64encode(got.body).decode("ascii")

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(path, limits)) for path, limits in wanted.items()]
    except ExceptionGroup as errors:
        failed, others = errors.split(FetchError)
        if others is not None or failed is None:
            raise
        text = f"The provider's UI is not complete. {failed.exceptions[0]}"
        raise RefusedError(text, salvaged=_salvage(manifest.to_wire())) from failed
    return dict(task.result() for task in tasks)


def _salvage(wire: Any) -> Manifest | None:
    """Name, colours and services of a manifest that was refused, each only where it is in order."""
    if not isinstance(wire, dict) or not isinstance(wire.get("name"), str):
        return None
    kept: dict[str, Any] = {"elsipo": 1, "version": _NOT_SAID, "name": wire["name"]}
    try:
        manifest = Manifest.from_wire(kept)
        for name in ("colours", "services"):
            if name in wire:
                try:
                    manifest = Manifest.from_wire({**kept, name: wire[name]})
                    kept[name] = wire[name]
                except InvalidParamsError:
                    continue
    except InvalidParamsError:
        return None
    return manifest


def _good_for_s(got: Fetched) -> int:
    said = _GOOD_UNLESS_SAID_S if got.max_age_s is None else got.max_age_s
    return max(_GOOD_FOR_S.start, min(said, _GOOD_FOR_S.stop))


def _now_ms() -> int:
    return int(time.time() * 1000)
