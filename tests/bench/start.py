"""`cold_start`: from starting the program to a page that is usable and registered, beside its shell with an empty page.

By turns, each in a new profile. Elsipo's page notes the moment itself (`performance.mark`); it is read afterwards, so
that nobody's looking costs time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.request import urlopen

from peers.waiting import eventually
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bench.empty import empty_shell
from bench.figures import Figure, figure

if TYPE_CHECKING:
    from bench.stage import Elsipo, Stage

_TURNS: Final = 9
_USABLE: Final = """(() => {
    const [mark] = performance.getEntriesByName("elsipo.usable");
    return mark ? performance.timeOrigin + mark.startTime : 0;
})()"""


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figure; n is 9, or 1 when quick."""
    elsipo_ms, empty_ms = [], []
    for turn in range(-1, 1 if quick else _TURNS):
        with empty_shell(stage) as shell:
            empty = shell.took_ms
        async with stage.elsipo() as elsipo:
            whole = await usable_after_ms(elsipo)
        if turn >= 0:  # the first one fills the system's caches
            empty_ms.append(empty)
            elsipo_ms.append(whole)
    return {"cold_start": figure(elsipo_ms, "ms", empty_ms)}


async def usable_after_ms(elsipo: Elsipo) -> float:
    """How long after its start the page was usable and registered, in milliseconds."""
    await elsipo.registered()

    async def marked() -> float:
        return await page_says(elsipo.port, _USABLE)

    return await eventually(marked, timeout_s=30, interval_s=0.1, what="the page is usable") - elsipo.started_s * 1000


async def page_says(port: int, expression: str, kind: str = "iframe") -> float:
    """A number that the window's page, or its chrome (`page`), has; 0 where it has none yet."""
    for target in await asyncio.to_thread(_targets, port):
        # The page is another site than the chrome, and so a target of its own.
        with contextlib.suppress(InvalidStatus, ConnectionClosed):  # it went while it was asked: there is another soon
            if target["type"] == kind and (found := await _evaluate(target["webSocketDebuggerUrl"], expression)):
                return float(found)
    return 0.0


def _targets(port: int) -> list[dict[str, Any]]:
    with urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
        return list(json.load(answer))


async def _evaluate(url: str, expression: str) -> Any:
    async with connect(url, proxy=None, max_size=None) as socket:
        params = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        await socket.send(json.dumps({"id": 1, "method": "Runtime.evaluate", "params": params}))
        while True:
            answer = json.loads(await socket.recv())
            if answer.get("id") == 1:
                return answer.get("result", {}).get("result", {}).get("value")
