"""`cold_start`: from starting the program to a page that is usable and registered, beside its shell with an empty page.

By turns, each in a new profile. Elsipo's page notes the moment itself (`performance.mark`); it is read afterwards, so
that nobody's looking costs time.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from elsipo.host import python37
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
    """The figures, one for each binding; n is 9, or 1 when quick.

    That of cefpython3 is not measured where there is no Python 3.7 with it.
    """
    figures = {"cold_start": await _both(stage, quick=quick)}
    try:
        python37.find()
    except FileNotFoundError:
        return figures
    return figures | {"cold_start_cefpython3": await _both(replace(stage, cef="cefpython3"), quick=quick)}


async def _both(stage: Stage, *, quick: bool) -> Figure:
    elsipo_ms, empty_ms = [], []
    for turn in range(-1, 1 if quick else _TURNS):
        with empty_shell(stage) as shell:
            empty = shell.took_ms
        async with stage.elsipo() as elsipo:
            whole = await usable_after_ms(elsipo)
        if turn >= 0:  # the first one fills the system's caches
            empty_ms.append(empty)
            elsipo_ms.append(whole)
    return figure(elsipo_ms, "ms", empty_ms)


async def usable_after_ms(elsipo: Elsipo) -> float:
    """How long after its start the page was usable and registered, in milliseconds."""
    await elsipo.registered()

    async def marked() -> float:
        return await page_says(elsipo.port, _USABLE)

    return await eventually(marked, timeout_s=30, interval_s=0.1, what="the page is usable") - elsipo.started_s * 1000


async def page_says(port: int, expression: str) -> float:
    """A number that a frame of any window has; 0 where none has it yet."""
    targets: list[dict[str, Any]] = []
    with contextlib.suppress(URLError):  # Chromium starts
        targets = await asyncio.to_thread(_targets, port)
    for target in targets:
        # A page of another site than the chrome is a target of its own in Chromium 131, and a frame of it in 66.
        with contextlib.suppress(InvalidStatus, ConnectionClosed):  # it went while it was asked: there is another soon
            if target["type"] in {"iframe", "page"} and (
                found := await _evaluate(target["webSocketDebuggerUrl"], expression)
            ):
                return found
    return 0.0


def _targets(port: int) -> list[dict[str, Any]]:
    with urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
        return list(json.load(answer))


async def _evaluate(url: str, expression: str) -> float:
    async with connect(url, proxy=None, max_size=None) as socket:
        numbers = itertools.count(1)
        contexts = []

        async def ask(method: str, **params: object) -> dict[str, Any]:
            number = next(numbers)
            await socket.send(json.dumps({"id": number, "method": method, "params": params}))
            while (answer := json.loads(await socket.recv())).get("id") != number:
                if answer.get("method") == "Runtime.executionContextCreated":
                    contexts.append(answer["params"]["context"]["id"])
            return dict(answer.get("result", {}))

        await ask("Runtime.enable")
        for context in tuple(contexts):
            answer = await ask("Runtime.evaluate", expression=expression, contextId=context, returnByValue=True)
            if found := answer.get("result", {}).get("value"):
                return float(found)
    return 0.0
