"""Where a page of a call is shown: a document of ours, at an address that nobody can guess, that frames it.

It holds the page to its own origin, redirects included: this document's policy allows no other to be framed. The page
gets what the chrome's sandbox leaves: scripts and forms in an origin of its own; no popups, no top navigation, no
devices, no download, and no line to the host.
"""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from elsipo.host.bridge.static import response

if TYPE_CHECKING:
    from websockets.http11 import Response

    from elsipo.rpc._generated.models import CallPage

_SITE: Final = "{page_id}.call-{account_id}"
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src {origin}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors http://127.0.0.1:{port}"
)
_FRAME: Final = """<!DOCTYPE html>
<html lang=""><head><meta charset="utf-8"><title>{origin}</title>
<style>
html, body {{ height: 100%; margin: 0; }}
iframe {{ display: block; width: 100%; height: 100%; border: 0; }}
</style>
</head><body>
<iframe title="{origin}" src="{url}" sandbox="allow-scripts allow-same-origin allow-forms"
  referrerpolicy="no-referrer" allow=""></iframe>
</body></html>
"""


def frame_url(page_id: str, account_id: str, port: int) -> str:
    """What the chrome frames for an open page."""
    return f"http://{_SITE.format(page_id=page_id, account_id=account_id)}.localhost:{port}/"


def call_page_named(site: str) -> tuple[str, str] | None:
    """Account and page of a host name's first part; None where it is none of ours."""
    page_id, dot, account = site.partition(".")
    account_id = account.removeprefix("call-")
    return (account_id, page_id) if dot and account_id != account else None


def framed(page: CallPage, port: int) -> Response:
    """The document that frames a page.

    Args:
        page: An open page.
        port: Where the chrome is.
    """
    content = _FRAME.format(origin=escape(page.origin), url=escape(page.url))
    policy = _POLICY.format(origin=page.origin, port=port)
    return response(HTTPStatus.OK, content.encode(), "text/html; charset=utf-8", policy, X_DNS_Prefetch_Control="off")
