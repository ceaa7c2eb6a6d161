"""`elsipo ui serve`: a page under the policy that it will have, beside a panel that plays its provider.

On loopback, without an account or SIP. The panel has the chrome's place: an origin of its own, and a MessagePort to the
page, which cannot tell the difference. What the page is, has and may is worked out by the host's own code (`shown`);
what nobody plays is answered by the contract's golden examples.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from websockets.asyncio.server import serve as serve_websockets

from elsipo.host.bridge.paces import page_paces
from elsipo.host.bridge.static import StaticFiles, refusal, response
from elsipo.host.run import until_told
from elsipo.resources import frontend_dist, golden_examples
from elsipo.ui_kit.shown import shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

    from elsipo.ui_kit.shown import Shown

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src http://page.localhost:{port}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_MAX_WATCHED: Final = 2000


async def serve(
    folder: Path, port: int, tell: Callable[[str], None], window: Callable[[str], Coroutine[Any, Any, None]] | None
) -> None:
    """Show a page until its window is closed, or until SIGINT or SIGTERM.

    Args:
        folder: Where the page is.
        port: Of loopback; 0 takes a free one.
        tell: Is told where it is shown.
        window: Shows that until it is closed; None where the person looks at it in something else.

    Raises:
        NotADirectoryError: there is no such folder.
        OSError: the port is taken, or the window cannot be shown.
    """
    async with serving(folder, port) as url:
        tell(url)
        await until_told(window(url) if window else asyncio.Event().wait())


@contextlib.asynccontextmanager
async def serving(folder: Path, port: int = 0) -> AsyncIterator[str]:
    """Serve a page and its panel; the panel's address."""
    root = await asyncio.to_thread(_found, folder)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        stage = _Stage(root, listener.getsockname()[1])
        async with serve_websockets(stage.refuse, sock=listener, process_request=stage.answer, server_header=None):
            yield stage.url


class _Stage:
    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._paces = {name: {"per_s": pace.per_s, "at_once": pace.at_once} for name, pace in page_paces().items()}
        self._latest: tuple[str, Shown] | None = None
        dist = frontend_dist()
        self._files = StaticFiles(dist, port)
        self._panel = {f"/{path.name}": path.read_bytes() for path in (dist / "panel").iterdir()}
        self.url = f"http://127.0.0.1:{port}/"

    async def refuse(self, websocket: ServerConnection) -> None:
        await websocket.close(1002)

    async def answer(self, _: ServerConnection, request: Request) -> Response:
        """Every request is answered here; there is nothing to speak of over a WebSocket."""
        host = request.headers.get("Host", "")
        path = request.path.partition("?")[0]
        if host == f"page.localhost:{self._port}":
            page = (await self._look())[1]
            return await asyncio.to_thread(page.answer, self._files, request.path, self._port)
        if host != f"127.0.0.1:{self._port}":
            return refusal(HTTPStatus.MISDIRECTED_REQUEST)
        if path == "/setting.json":
            return self._json(await self._setting())
        if path == "/stamp.json":
            return self._json({"stamp": await asyncio.to_thread(_stamp, self._folder)})
        name = "/index.html" if path == "/" else path
        if name not in self._panel:
            return refusal(HTTPStatus.NOT_FOUND)
        kind = {"html": "text/html", "js": "text/javascript", "css": "text/css"}[name.rpartition(".")[2]]
        policy = _POLICY.format(port=self._port)
        return response(HTTPStatus.OK, self._panel[name], f"{kind}; charset=utf-8", policy)

    def _json(self, value: dict[str, Any]) -> Response:
        return response(HTTPStatus.OK, json.dumps(value).encode(), "application/json", "default-src 'none'")

    async def _setting(self) -> dict[str, Any]:
        stamp, page = await self._look()
        origin = f"http://page.localhost:{self._port}"
        golden = await asyncio.to_thread(_golden, golden_examples())
        if (branding := page.branding()) is not None:
            golden["provider.branding"] = branding
        return {
            **page.setting(),
            "page_url": origin + page.path,
            "page_origin": origin,
            "paces": self._paces,
            "golden": golden,
            "stamp": stamp,
        }

    async def _look(self) -> tuple[str, Shown]:
        """The page as its files are now, and their stamp."""
        stamp = await asyncio.to_thread(_stamp, self._folder)
        if self._latest is None or self._latest[0] != stamp:
            self._latest = (stamp, await shown(self._folder))
        return self._latest


def _found(folder: Path) -> Path:
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    return folder.resolve()


def _golden(folder: Path) -> dict[str, Any]:
    """The first valid result of each method of the bridge."""
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.json")):
        for method, parts in json.loads(path.read_text("utf-8")).get("bridge", {}).items():
            valid = (case["value"] for case in parts.get("result", ()) if "field" not in case)
            found.setdefault(method, next(valid, {}))
    return found


def _stamp(folder: Path) -> str:
    """Another text whenever a file came, went or was saved."""
    stamps = []
    for path in sorted(folder.rglob("*"))[:_MAX_WATCHED]:
        with contextlib.suppress(OSError):
            status = path.stat()
            stamps.append((path.name, status.st_mtime_ns, status.st_size))
    return f"{hash(tuple(stamps)):x}"
