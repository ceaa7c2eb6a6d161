"""Where a page over SIP is shown: an address of its own that nobody can guess, in an opaque origin, without network.

What holds it, each enough against the page alone: the sandbox (no origin, so no storage, no cookie, no reach to other
documents; no popups, no top navigation), and the policy (nothing is loaded or sent, but for the SDK). The chrome's own
policy keeps the frame on this machine, and the connection that the page gets has no capability.

A page is loaded from its address, or written into an empty place: a document of ours in the same walls, that the chrome
has loaded before anybody asked for the page. That saves the person the time of a navigation.
"""

from __future__ import annotations

import secrets
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from elsipo.host.bridge.static import response
from elsipo.host.ui.injection import inject
from elsipo.host.ui.place import Place

if TYPE_CHECKING:
    from websockets.http11 import Response

    from elsipo.host.bridge.static import StaticFiles
    from elsipo.host.sip_pages.pages import HeldPage
    from elsipo.rpc._generated.models import SipPage

SDK: Final = "/elsipo.js"
# All pages of an account are one site to Chromium, which so keeps one process for them. The origin is opaque anyway.
_SITE: Final = "{page_id}.sip-{account_id}"
_POLICY: Final = (
    "sandbox allow-scripts allow-forms; default-src 'none'; script-src 'unsafe-inline' http://{host}; "
    "style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:; connect-src 'none'; frame-src 'none'; "
    "object-src 'none'; worker-src 'none'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors http://127.0.0.1:{port}"
)

_BOM: Final = b"\xef\xbb\xbf"
_EMPTY: Final = "/empty"
# More than most pages have; what is longer takes longer than a navigation anyway.
_MOST_WRITTEN: Final = 256 * 1024
# It takes what its chrome says, once. Opening a document anew removes this listener as it does all else.
_EMPTY_DOCUMENT: Final = b"""<!DOCTYPE html><html lang=""><head><meta charset="utf-8">
<meta name="color-scheme" content="light dark"><title></title><script>
addEventListener("message", function take(event) {
  if (event.source !== parent || !event.data || event.data.type !== "elsipo.page") return;
  removeEventListener("message", take);
  document.open();
  document.write(event.data.markup);
  document.close();
});
parent.postMessage({ type: "elsipo.empty" }, "*");
</script></head><body></body></html>
"""


def place_of(page: SipPage, account_id: str, port: int) -> Place:
    """The place of a page."""
    url = f"http://{_SITE.format(page_id=page.page_id, account_id=account_id)}.localhost:{port}/"
    return Place(url, "null", page.title, "sip")


def page_named(site: str) -> tuple[str, str] | None:
    """Account and page of a host name's first part; None where it is none of ours."""
    page_id, dot, account = site.partition(".")
    account_id = account.removeprefix("sip-")
    return (account_id, page_id) if dot and account_id != account else None


def empty_place(account_id: str, port: int) -> str:
    """The address of an empty place, for one page of an account that is yet to come."""
    return f"http://{_SITE.format(page_id=secrets.token_hex(16), account_id=account_id)}.localhost:{port}{_EMPTY}"


def markup(sdk: str, held: HeldPage) -> str | None:
    """The document that a page becomes, to be written into an empty place; None where it is too long for that."""
    text = _document(sdk, held).decode()
    return text if len(text) <= _MOST_WRITTEN else None


def served(files: StaticFiles, held: HeldPage | None, path: str, *, host: str, port: int) -> Response | None:
    """Answer a request for a page.

    Args:
        files: Where the SDK is.
        held: The page; None where none has this address.
        path: The request's target.
        host: The Host that was asked, with its port.
        port: Where the chrome is.

    Returns:
        The answer; None where there is no such thing.
    """
    if path == _EMPTY:
        content = _EMPTY_DOCUMENT
    elif held is None:
        return None
    elif path == SDK:
        return files.page(SDK)
    elif path == "/":
        content = _BOM + _document(files.sdk, held)
    else:
        return None
    policy = _POLICY.format(host=host, port=port)
    return response(HTTPStatus.OK, content, "text/html; charset=utf-8", policy, X_DNS_Prefetch_Control="off")


def _document(sdk: str, held: HeldPage) -> bytes:
    # In the page itself: nothing is painted before it has run, and another request would cost a third of that time.
    tag = f'<script data-elsipo-page="{escape(held.page.uri)}">{sdk}</script>'
    return inject(held.document.markup.encode("utf-8", "replace"), tag)
