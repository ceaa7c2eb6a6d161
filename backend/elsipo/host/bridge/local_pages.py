"""A person's own page over HTTP, at its account's origin: allowed what pages of 2011 did, but no network.

Reads at each request, so that a reload shows what its author has just saved.
"""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING

from elsipo.host.bridge.static import refusal, response
from elsipo.host.ui.files import SDK_PATH, MovedTo, NoFileError, NoUiError, read

if TYPE_CHECKING:
    from websockets.http11 import Response

    from elsipo.host.bridge.static import StaticFiles
    from elsipo.host.ui.where import LocalUi

# Inline handlers, javascript: links and eval are what old pages are made of, and the files are the person's own. What
# such a page learns stays here: it may load and send nothing elsewhere, and only the chrome may frame it.
_POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "style-src 'self' 'unsafe-inline' data:; connect-src 'self'; frame-src 'none'; object-src 'none'; "
    "frame-ancestors http://127.0.0.1:{port}; base-uri 'self'; form-action 'self'"
)
_SDK = "/elsipo.js"
_STYLE = "/.elsipo/home.css"
_MISSING = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Elsipo: no page</title><link rel="stylesheet" href="{style}"></head>
<body data-testid="no-page">
<main class="card no-page">
<h1>Your page is not there</h1>
<p>{reason}</p>
<p>Put it back and reload, or take another page:</p>
<pre>elsipo account ui ADDRESS FOLDER
elsipo account ui ADDRESS home</pre>
</main>
</body>
</html>
"""


def local_page(files: StaticFiles, ui: LocalUi, target: str, port: int) -> Response:
    """Answer a request at the origin of an account with a page of its person's own. Blocks on the disk.

    Args:
        files: Where the SDK and the looks are.
        ui: The person's folder.
        target: The request's target.
        port: The port that the policy names.
    """
    path = target.partition("?")[0]
    if path == SDK_PATH:
        return files.page(_SDK)
    if path == _STYLE:
        return files.page("/home.css")
    policy = _POLICY.format(port=port)
    try:
        found = read(ui, path)
    except NoUiError as problem:
        return files.instead_of_a_page(_MISSING.format(style=_STYLE, reason=escape(str(problem))))
    except NoFileError:
        # A page that knows the SDK asks for it by the name that it has in the built-in home.
        return files.page(_SDK) if path == _SDK else refusal(HTTPStatus.NOT_FOUND)
    if isinstance(found, MovedTo):
        return response(HTTPStatus.FOUND, b"", "text/plain", policy, Location=found.path)
    return response(HTTPStatus.OK, found.content, found.media_type, policy)
