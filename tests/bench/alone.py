"""A page alone: framed by a document of no size, and answered at once from there, in a window of the same shell.

What a page costs whose chrome and host cost nothing. "Usable" is the page's own word in both cases.
"""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from typing import TYPE_CHECKING, Final

from elsipo.resources import frontend_dist

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SITE: Final = "ui.alone.localhost"
# The page asks for its registration, and says that it is usable when it has shown that.
_PARENT: Final = """<!doctype html><meta charset="utf-8"><title>Alone</title><body>
<script>
const session = %(session)s, registration = %(registration)s;
let frame = null;
const show = (path) => {
  if (frame !== null) frame.remove();
  frame = document.createElement("iframe");
  frame.style.cssText = "position:fixed;inset:0;width:100%%;height:100%%;border:0";
  frame.src = "http://" + %(site)s + ":" + location.port + path;
  document.body.append(frame);
};
addEventListener("message", ({ source, data }) => {
  if (frame === null || source !== frame.contentWindow || data.type !== "elsipo.hello") return;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (event) => {
    const { id } = JSON.parse(event.data);
    if (id !== undefined) port1.postMessage(JSON.stringify({ jsonrpc: "2.0", id, result: registration }));
  };
  source.postMessage({ type: "elsipo.port", session }, "*", [port2]);
});
show("/empty");
</script>
"""


@contextlib.contextmanager
def page_alone(folder: Path, session: dict[str, object], registration: dict[str, object]) -> Iterator[str]:
    """Serve it; its window's address, whose document has a function `show(path)`.

    Args:
        folder: The page's files.
        session: What the page is told with its line.
        registration: The answer to all that it asks.
    """
    parent = _PARENT % {name: json.dumps(value) for name, value in _words(session, registration).items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if not self.headers["Host"].startswith(_SITE):
                self._send(parent.encode(), "text/html")
            elif self.path == "/elsipo.js":
                self._send((frontend_dist() / "elsipo.js").read_bytes(), "text/javascript")
            elif (file := folder / self.path.removeprefix("/")).is_file():
                self._send(file.read_bytes(), guess_type(file.name)[0] or "text/plain")
            else:
                self._send(b"<!doctype html><title>Empty</title>", "text/html")

        def _send(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True  # Chromium keeps its connections open
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _words(session: dict[str, object], registration: dict[str, object]) -> dict[str, object]:
    return {"site": _SITE, "session": session, "registration": registration}
