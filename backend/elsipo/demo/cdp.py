"""Chromium's DevTools protocol over a bare WebSocket, for windows that Playwright cannot attach to.

Knows documents, frames, clicks and keys as the protocol has them; must not know what is on the page.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from typing import TYPE_CHECKING, Any, Self
from urllib.request import ProxyHandler, build_opener

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.client import ClientConnection

_ANSWER_S = 20.0
_LARGEST_BYTES = 64 * 2**20
_LOCAL = build_opener(ProxyHandler({}))


class CdpError(Exception):
    """Chromium answered with an error, or a script threw; the text is for the log."""


def targets(port: int) -> list[dict[str, Any]]:
    """What can be attached to: pages, and frames that have a process of their own.

    Raises:
        OSError: nothing answers there.
    """
    with _LOCAL.open(f"http://127.0.0.1:{port}/json/list", timeout=_ANSWER_S) as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


class Target:
    """One attached page or frame."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._last_id = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    @contextlib.asynccontextmanager
    async def attached(cls, target: dict[str, Any]) -> AsyncIterator[Self]:
        """Attach; leaving it leaves the document as it is."""
        # An old Chromium takes leave when it is pinged.
        async with connect(
            target["webSocketDebuggerUrl"], max_size=_LARGEST_BYTES, proxy=None, ping_interval=None
        ) as connection:
            made = cls(connection)
            try:
                yield made
            finally:
                made._reader.cancel()
                await asyncio.gather(made._reader, return_exceptions=True)

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """A command, and its result.

        Raises:
            CdpError: it was refused, or the target went away.
            TimeoutError: no answer.
        """
        self._last_id += 1
        number, answer = self._last_id, asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            await self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
            message = await asyncio.wait_for(answer, _ANSWER_S)
        except ConnectionClosed as error:
            raise CdpError(f"{method}: the target is gone") from error
        finally:
            self._waiting.pop(number, None)
        if "error" in message:
            raise CdpError(f"{method}: {message['error'].get('message', '')}")
        result: dict[str, Any] = message["result"]
        return result

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited when it is a promise.

        Raises:
            CdpError: it threw.
        """
        result = await self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise CdpError(str(details.get("exception", {}).get("description") or details.get("text")))
        return result["result"].get("value")

    async def click_at(self, x: float, y: float) -> None:
        """Press and release the left button there, in CSS pixels."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            buttons = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
            await self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **buttons)

    async def type(self, text: str) -> None:
        """Type a text where the keyboard is."""
        # Input.insertText is younger than Chromium 66.
        for character in text:
            await self.send("Input.dispatchKeyEvent", type="char", text=character)

    async def press_enter(self) -> None:
        """Press the Enter key."""
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        await self.send("Input.dispatchKeyEvent", type="keyDown", text="\r", **key)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **key)

    async def drawn(self) -> None:
        """Wait until a window shows its document as that is laid out now; not for a frame."""
        await self.send("Page.captureScreenshot", format="jpeg", quality=1)  # it is made of what is drawn next

    async def screenshot(self) -> bytes:
        """What is to be seen, as PNG."""
        return base64.b64decode((await self.send("Page.captureScreenshot", format="png"))["data"])

    async def _read(self) -> None:
        try:
            async for text in self._connection:
                message = json.loads(text)
                answer = self._waiting.get(message.get("id", 0))
                if answer is not None and not answer.done():
                    answer.set_result(message)
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(CdpError("the target is gone"))
