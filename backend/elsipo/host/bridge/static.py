"""The built frontend over HTTP, with the headers that keep the chrome and the page apart.

Two kinds of origin on one port: the chrome at `127.0.0.1`, each account's page at `ACCOUNT_ID.localhost`. Only files
that were there when the host started are served from here; a person's own files are `local_pages`' matter.
"""

from __future__ import annotations

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
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src ws://127.0.0.1:{port}; frame-src http://*.localhost:{port}{frames}; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'none'; frame-ancestors http://127.0.0.1:{port}; base-uri 'none'; form-action 'none'"
)
# A provider's page: its own files and nothing of the network. Inline styles are how small pages are written.
_PROVIDER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' data: blob:; font-src 'self' data:; connect-src 'none'; "
    "frame-ancestors http://127.0.0.1:{port}; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class _File:
    content: bytes
    media_type: str


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
        # Nothing in it may end the element that it is put into.
        self.sdk = self._page["/elsipo.js"].content.decode().replace("</script", "<\\/script")
        self._port = port
        self._page_policy = _PAGE_POLICY.format(port=port)

    def chrome(self, path: str, frames: Iterable[str] = ()) -> Response:
        """A file of the trusted chrome, which may frame pages from these origins of the web."""
        policy = _CHROME_POLICY.format(port=self._port, frames="".join(f" {origin}" for origin in sorted(set(frames))))
        return _answer(self._chrome, path, policy)

    def page(self, path: str) -> Response:
        """A file of the built-in page."""
        return _answer(self._page, path, self._page_policy)

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
        return response(HTTPStatus.NOT_FOUND, html.encode(), _HTML, self._page_policy)


def refusal(status: HTTPStatus) -> Response:
    """An answer that says no and nothing else."""
    body = f"{status.value} {status.phrase}\n".encode()
    return response(status, body, "text/plain; charset=utf-8", "default-src 'none'")


def _answer(files: dict[str, _File], path: str, policy: str) -> Response:
    path = path.partition("?")[0]
    file = files.get("/index.html" if path == "/" else path)
    if file is None:
        return refusal(HTTPStatus.NOT_FOUND)
    return response(HTTPStatus.OK, file.content, file.media_type, policy)


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


def _read(folder: Path) -> dict[str, _File]:
    return {
        "/" + path.relative_to(folder).as_posix(): _file(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }


def _file(path: Path) -> _File:
    return _File(path.read_bytes(), _with_charset(media_type_of(path.name)))


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
