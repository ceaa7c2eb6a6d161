"""The built frontend over HTTP, with the headers that keep the chrome and the page apart.

Two kinds of origin on one port: the chrome at `127.0.0.1`, each account's page at `ACCOUNT_ID.localhost`. Only files
that were there when the host started are served from here; a person's own files are `local_pages`' matter.

Each of these two documents is served in one piece, with its scripts and styles in it, for each file is a connection, at
a start that has no time for it (tests/bench/README.md). Its policy names just these, by their hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

from websockets.datastructures import Headers
from websockets.http11 import Response

from elsipo.host.ui.files import media_type_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from elsipo.host.provider_ui.bundle import Bundle

_HTML = "text/html; charset=utf-8"
_COMMON = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=(), usb=()",
}
_CHROME_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data:; font-src 'self'; "
    "connect-src ws://127.0.0.1:{port}; frame-src http://*.localhost:{port}{frames}; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_PAGE_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data:; font-src 'self'; "
    "connect-src 'none'; frame-ancestors http://127.0.0.1:{port}; base-uri 'none'; form-action 'none'"
)
# A provider's page: its own files and nothing of the network. Inline styles are how small pages are written.
_PROVIDER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' data: blob:; font-src 'self' data:; connect-src 'none'; "
    "frame-ancestors http://127.0.0.1:{port}; base-uri 'none'; form-action 'none'"
)


_STYLESHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)" />')
_SCRIPT = re.compile(r'\s*<script src="([^"]+)" defer></script>')


@dataclass(frozen=True)
class _File:
    content: bytes
    media_type: str


@dataclass(frozen=True)
class _Document:
    """A document in one piece, with the sources that its policy allows."""

    file: _File
    scripts: str
    styles: str


class StaticFiles:
    """The chrome's and the page's files, read once.

    Args:
        dist: The built frontend: `chrome/`, `home/` and `elsipo.js`.
        port: The port that the policies name.

    Attributes:
        sdk: The SDK as the text of a script element.
    """

    def __init__(self, dist: Path, port: int) -> None:
        self._chrome = _read(dist / "chrome")
        self._page = _read(dist / "home") | {"/elsipo.js": _file(dist / "elsipo.js")}
        self.sdk = _script(self._page["/elsipo.js"])
        self._chrome_document = _in_one_piece(self._chrome)
        self._page_document = _in_one_piece(self._page)
        self._port = port

    def chrome(self, path: str, frames: Iterable[str] = ()) -> Response:
        """A file of the trusted chrome, which may frame pages from these origins of the web."""
        framed = "".join(f" {origin}" for origin in sorted(set(frames)))
        return self._answer(self._chrome, self._chrome_document, path, _CHROME_POLICY, framed)

    def page(self, path: str) -> Response:
        """A file of the built-in page."""
        return self._answer(self._page, self._page_document, path, _PAGE_POLICY)

    def provider_page(self, bundle: Bundle, path: str) -> Response:
        """A file of a provider's page, or the SDK."""
        path = unquote(path.partition("?")[0])
        if path == "/elsipo.js":
            return self.page(path)
        entry = bundle.manifest.page.entry if bundle.manifest.page else ""
        name = entry if path == "/" else path[1:]
        content = bundle.file(name)
        if content is None:
            return refusal(HTTPStatus.NOT_FOUND)
        media_type = _with_charset(media_type_of(name))
        return response(HTTPStatus.OK, content, media_type, _PROVIDER_POLICY.format(port=self._port))

    def instead_of_a_page(self, html: str) -> Response:
        """A page of Elsipo's own that says why there is no other."""
        policy = _PAGE_POLICY.format(port=self._port, scripts="'self'", styles="'self'")
        return response(HTTPStatus.NOT_FOUND, html.encode(), _HTML, policy)

    def _answer(
        self, files: dict[str, _File], document: _Document, path: str, policy: str, frames: str = ""
    ) -> Response:
        path = path.partition("?")[0]
        file = document.file if path in {"/", "/index.html"} else files.get(path)
        if file is None:
            return refusal(HTTPStatus.NOT_FOUND)
        policy = policy.format(port=self._port, scripts=document.scripts, styles=document.styles, frames=frames)
        return response(HTTPStatus.OK, file.content, file.media_type, policy)


def refusal(status: HTTPStatus) -> Response:
    """An answer that says no and nothing else."""
    body = f"{status.value} {status.phrase}\n".encode()
    return response(status, body, "text/plain; charset=utf-8", "default-src 'none'")


def response(status: HTTPStatus, body: bytes, media_type: str, policy: str, **more: str) -> Response:
    """An answer with the headers that all have, and `more` (underscores for hyphens)."""
    headers = Headers(_COMMON)
    headers["Content-Type"] = media_type
    headers["Content-Length"] = str(len(body))
    headers["Content-Security-Policy"] = policy
    headers["Connection"] = "close"
    for name, value in more.items():
        headers[name.replace("_", "-")] = value
    return Response(status.value, status.phrase, headers, body)


def _in_one_piece(files: dict[str, _File]) -> _Document:
    """Put into `/index.html` what it names; its scripts come last, as `defer` has them run."""
    html = files["/index.html"].content.decode()
    scripts = [_script(files[name]) for name in _SCRIPT.findall(html)]
    styles = [files[name].content.decode().replace("</style", "<\\/style") for name in _STYLESHEET.findall(html)]
    html = _SCRIPT.sub("", html)
    html = _STYLESHEET.sub(lambda _: "".join(f"<style>{text}</style>" for text in styles), html, count=1)
    body, end, rest = html.rpartition("</body>")
    html = "".join([body, *(f"<script>{text}</script>" for text in scripts), end, rest])
    return _Document(_File(html.encode(), _HTML), _hashes(scripts), _hashes(styles))


def _script(file: _File) -> str:
    """A script as the text of an element: nothing in it may end that, or seem to begin another."""
    return file.content.decode().replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _hashes(texts: list[str]) -> str:
    """As a policy names what may stand in the document (CSP level 3, §2.3.1)."""
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def _read(folder: Path) -> dict[str, _File]:
    return {
        "/" + path.relative_to(folder).as_posix(): _file(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }


def _file(path: Path) -> _File:
    return _File(path.read_bytes(), _with_charset(media_type_of(path.name)))


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
