"""What a page is made of: its text to be read, and its files to be copied, wherever it is from.

Home and the provider's page are taken as they are kept here, a page of this machine from its folder, one from the web
by the host's own fetch.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from elsipo.host.fetch import FetchError, Limits
from elsipo.host.ui.files import HTML_TYPES, NoUiError, files_of, media_type_of, names_in, start_page
from elsipo.host.ui.where import LocalUi, RemoteUi, origin_of

if TYPE_CHECKING:
    from pathlib import Path

    from elsipo.host.fetch import Fetched, Fetcher
    from elsipo.host.provider_ui.bundle import Bundle

MAX_FILES: Final = 256
MAX_BYTES: Final = 16 * 1024 * 1024
_ENTRY_LIMITS: Final = Limits(max_bytes=1024 * 1024, within_s=4)
_FILE_LIMITS: Final = Limits(max_bytes=1024 * 1024, within_s=4)
_FILES_WITHIN_S: Final = 5.0  # all of them: the chrome waits for 10 s
_MAX_NAMED: Final = 64
_MAX_TAGS: Final = 1024  # that are looked at
_AT_ONCE: Final = 16
# Read with bounded patterns, in linear time: whoever wrote the page may wish the host ill. At worst a file is missed.
_TAG: Final = re.compile(r"<(?:script|link|img|base)\s([^<>]{1,2048})>", re.IGNORECASE)
_NAMES: Final = re.compile(r"(?:^|\s)(?:src|href)\s{0,8}=\s{0,8}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)


@dataclass(frozen=True)
class Site:
    """A page and its files.

    Attributes:
        name: What to call it.
        start: Path of the start page.
        files: By path.
        left_out: How many files the page names that are not among them.
    """

    name: str
    start: str
    files: dict[str, bytes]
    left_out: int = 0


async def text_of(ui: LocalUi | RemoteUi | Bundle | None, dist: Path, fetcher: Fetcher) -> tuple[str, bytes]:
    """A page as its author wrote it: where it is from, and its bytes.

    Args:
        ui: The page; None is home.
        dist: The built frontend.
        fetcher: The account's.

    Raises:
        NoUiError: it cannot be read; the text says why.
    """
    if isinstance(ui, LocalUi):
        name, content = await asyncio.to_thread(start_page, ui)
        return str(ui.root / name), content
    if isinstance(ui, RemoteUi):
        got = await _entry(ui, fetcher)
        return got.url, got.body
    if ui is None or ui.manifest.page is None:
        home = dist / "home" / "index.html"
        return "Elsipo's home", await asyncio.to_thread(home.read_bytes)
    return urljoin(ui.source, ui.manifest.page.entry), ui.file(ui.manifest.page.entry) or b""


async def site_of(ui: LocalUi | RemoteUi | Bundle | None, dist: Path, fetcher: Fetcher) -> Site:
    """A page and its files.

    Args:
        ui: The page; None is home.
        dist: The built frontend.
        fetcher: The account's.

    Raises:
        NoUiError: it cannot be had, or is too much; the text says why.
    """
    if isinstance(ui, LocalUi):
        return await asyncio.to_thread(_of_folder, ui)
    if isinstance(ui, RemoteUi):
        return await _of_web(ui, fetcher)
    if ui is None or ui.manifest.page is None:
        return await asyncio.to_thread(_of_home, dist)
    page = ui.manifest.page
    files = {path: ui.file(path) for path in [page.entry, *page.files]}
    return Site(ui.manifest.name, page.entry, {path: content for path, content in files.items() if content is not None})


def _of_home(dist: Path) -> Site:
    files = files_of(LocalUi(dist / "home"), MAX_FILES, MAX_BYTES)
    return Site("home", "index.html", {**files, "elsipo.js": (dist / "elsipo.js").read_bytes()})


def _of_folder(ui: LocalUi) -> Site:
    start, _ = start_page(ui)
    return Site(ui.root.name, start, files_of(ui, MAX_FILES, MAX_BYTES))


async def _of_web(ui: RemoteUi, fetcher: Fetcher) -> Site:
    entry = await _entry(ui, fetcher)
    start = _path(entry.url) or "index.html"
    if media_type_of(start) not in HTML_TYPES:
        start += ".html"  # by its name alone is it known for a page, where it is a file
    gate = asyncio.Semaphore(_AT_ONCE)
    deadline = asyncio.get_running_loop().time() + _FILES_WITHIN_S

    async def one(url: str) -> bytes | None:
        with contextlib.suppress(FetchError, TimeoutError):
            async with asyncio.timeout_at(deadline), gate:
                got = await fetcher.get(url, _FILE_LIMITS)
                return got.body if origin_of(got.url) == ui.origin else None
        return None

    wanted: dict[str, str] = {}
    left_out = 0
    for url in _named(entry):
        path = _path(url) if origin_of(url) == ui.origin else None
        if path and (path in wanted or len(wanted) < _MAX_NAMED):
            wanted.setdefault(path, url)
        else:
            left_out += 1
    wanted.pop(start, None)
    files = {start: entry.body}
    for path, content in zip(wanted, await asyncio.gather(*map(one, wanted.values())), strict=True):
        if content is None:
            left_out += 1
        else:
            files[path] = content
    if sum(map(len, files.values())) > MAX_BYTES:
        raise NoUiError(f"The page and its files are larger than {MAX_BYTES >> 20} MiB.")
    return Site(urlsplit(entry.url).hostname or "page", start, files, left_out)


async def _entry(ui: RemoteUi, fetcher: Fetcher) -> Fetched:
    try:
        got = await fetcher.get(ui.url, _ENTRY_LIMITS, accept="text/html")
    except FetchError as error:
        raise NoUiError(error.text) from error
    if origin_of(got.url) != ui.origin:
        raise NoUiError(f"The page is not at {ui.origin} any more, it was sent elsewhere.")
    return got


def _named(entry: Fetched) -> list[str]:
    """Addresses of the files that a page names, each once."""
    text, base = entry.body.decode("utf-8", "replace"), entry.url
    found: dict[str, None] = {}
    for tag in islice(_TAG.finditer(text), _MAX_TAGS):
        name = _NAMES.search(tag[1])
        if name is None:
            continue
        try:
            url = urljoin(base, html.unescape(name[1] or name[2] or name[3] or "").strip()).partition("#")[0]
            is_page = urlsplit(url).scheme in {"http", "https"}
        except ValueError:
            continue
        if tag[0][1:5].lower() == "base":
            base = url
        elif is_page:
            found.setdefault(url)
    return list(found)


def _path(url: str) -> str | None:
    """Where a file of the web is below the folder of its copy; empty for the start of the site."""
    path = urlsplit(url).path
    names = names_in(path)
    if names is None or any(len(name.encode()) > 255 for name in names):  # noqa: PLR2004 - what file systems take
        return None
    return "/".join([*names, "index.html"] if names and path.endswith("/") else names)
