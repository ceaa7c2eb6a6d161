"""What `elsipo ui serve` shows of a folder, worked out by the code that an Elsipo has for a provider's page.

manifest.json with a page   the provider's: its listed files alone, its policy, what it asks for and no more
no manifest, or no page     the person's own folder, as `elsipo account ui` shows it: all that the home may
a manifest that is refused  why, instead of the page: at a person's Elsipo it would not be shown either
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit

from elsipo.host.bridge.connection import PAGE_CAPABILITIES
from elsipo.host.bridge.local_pages import local_page
from elsipo.host.fetch import Fetched, FetchError
from elsipo.host.provider_ui.branding import branding_of
from elsipo.host.provider_ui.bundle import Bundle
from elsipo.host.provider_ui.download import RefusedError, download
from elsipo.host.ui.where import LocalUi
from elsipo.ui_kit.check import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from websockets.http11 import Response

    from elsipo.host.bridge.static import StaticFiles
    from elsipo.host.fetch import Limits

_WHERE: Final = "http://folder.localhost/"  # paths in a manifest are relative to an address; nobody goes there
_REFUSED: Final = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Elsipo: refused</title><link rel="stylesheet" href="/home.css"></head>
<body data-testid="no-page">
<main class="card no-page">
<h1>An Elsipo would not show this page</h1>
<p>{reason}</p>
<p>More about it:</p>
<pre>elsipo ui check FOLDER</pre>
</main>
</body>
</html>
"""


@dataclass(frozen=True)
class Shown:
    """A page as a person's Elsipo would have it.

    Attributes:
        ui: A provider's, or the person's own folder; None where it is refused.
        said: What it is taken for, or why it is refused.
    """

    ui: Bundle | LocalUi | None
    said: str

    @property
    def path(self) -> str:
        """Of its start, below its origin."""
        if isinstance(self.ui, LocalUi):
            return self.ui.path
        page = self.ui.manifest.page if self.ui is not None else None
        return "/" if page is None else f"/{quote(page.entry)}"

    def setting(self) -> dict[str, Any]:
        """What the panel holds the page to: the host's own rules."""
        if not isinstance(self.ui, Bundle):
            return {"kind": "local", "capabilities": list(PAGE_CAPABILITIES), "elements": None, "said": self.said}
        asked = {ask.capability for ask in self.ui.asks}
        return {
            "kind": "provider",
            "capabilities": [capability for capability in PAGE_CAPABILITIES if capability in asked],
            "elements": sorted(self.ui.elements),
            "said": self.said,
        }

    def branding(self) -> dict[str, Any] | None:
        """What the page hears of its provider's look; None where nobody says."""
        if not isinstance(self.ui, Bundle):
            return None
        branding: dict[str, Any] = branding_of(self.ui.manifest, self.ui.logo).to_wire()
        return branding

    def answer(self, files: StaticFiles, target: str, port: int) -> Response:
        """Answer a request at the page's origin. Blocks on the disk."""
        if isinstance(self.ui, Bundle):
            return files.provider_page(self.ui, target)
        if self.ui is not None:
            return local_page(files, self.ui, target, port)
        if target == "/":
            return files.instead_of_a_page(_REFUSED.format(reason=escape(self.said)))
        return files.page(target)


async def shown(folder: Path) -> Shown:
    """Look at a folder as it is now."""
    if not (folder / MANIFEST).exists():
        return Shown(LocalUi(folder), f"There is no {MANIFEST}: shown as a folder of your own.")
    try:
        bundle = await download(_Folder(folder), _WHERE + MANIFEST, None)
    except RefusedError as refused:
        return Shown(None, refused.text)
    if bundle.manifest.page is None:
        return Shown(LocalUi(folder), f"{MANIFEST} names no page: shown as a folder of your own.")
    return Shown(bundle, f"Shown as the page of {bundle.manifest.name}, all that it asks for granted.")


class _Folder:
    """Stands for the web server that the folder will be put on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def get(self, url: str, limits: Limits, *, accept: str = "", etag: str = "") -> Fetched:
        del accept, etag  # a folder has one form of a file, always the newest
        return Fetched(url, await asyncio.to_thread(self._read, urlsplit(url).path, limits), "", "", None)

    def _read(self, path: str, limits: Limits) -> bytes:
        name = unquote(path).lstrip("/")
        file = (self._folder / name).resolve()
        if not (file.is_relative_to(self._folder) and file.is_file()):
            raise FetchError("not_found", f"{name} is not there.")
        if file.stat().st_size > limits.max_bytes:
            raise FetchError("too_large", f"{name} is larger than {limits.max_bytes} bytes.")
        return file.read_bytes()
