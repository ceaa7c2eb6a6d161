"""A web site on loopback with a few pages, which report what happens in them."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

_PAGE = """<!doctype html>
<meta charset="utf-8">
<title>A page: é</title>
<body style="margin:0">
A page.
<script>
const report = (what) => fetch("/report", { method: "POST", body: JSON.stringify(what) });
window.elsipoAuthorize = (token) => report({ token });
// Chromium drops clicks on what was never painted.
onload = () => requestAnimationFrame(() => requestAnimationFrame(() => report({ painted: true })));
%s
</script>
"""


class Site:
    """An origin of its own: `http://127.0.0.1:PORT`. Every page reports the token that it is given."""

    def __init__(self) -> None:
        self.reports: list[Any] = []
        self.requested: list[str] = []
        self._pages = {"/": _PAGE % ""}
        self._redirects: dict[str, str] = {}
        self._news = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"

    def page(self, path: str, script: str) -> str:
        """Add a page with a script in it; its address."""
        self._pages[path] = _PAGE % script
        return self.origin + path

    def redirect(self, path: str, target: str) -> None:
        """Make a path lead elsewhere."""
        self._redirects[path] = target

    def stop(self) -> None:
        """Stop answering; the port refuses connections from now on."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def reported(self, key: str, count: int = 1) -> Any:
        """Wait for the count-th report that has this key; its value."""
        with self._news:
            found = self._news.wait_for(lambda: len(self._values(key)) >= count, 15)
            assert found, f"Not reported: {key}. Reported: {self.reports}; requested: {self.requested}"
            return self._values(key)[count - 1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _values(self, key: str) -> list[Any]:
        return [report[key] for report in self.reports if key in report]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requested.append(self.path)
                page = site._pages.get(self.path)
                target = site._redirects.get(self.path)
                self.send_response(302 if target else 404 if page is None else 200)
                if target:
                    self.send_header("Location", target)
                if self.path.endswith(".zip"):
                    self.send_header("Content-Disposition", "attachment")
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write((page or "").encode())

            def do_POST(self) -> None:
                report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()
                with site._news:
                    site.reports.append(report)
                    site._news.notify_all()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
