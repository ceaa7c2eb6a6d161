"""What a frame of any window says, asked through bare DevTools: it may be one that is loading yet."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from typing import Any, Final

from elsipo.demo.cdp import targets
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

_ANSWER_S: Final = 3.0


async def page_says(port: int, expression: str) -> float:
    """A number that a frame of any window has; 0 where none has it yet."""
    found_targets: list[dict[str, Any]] = []
    with contextlib.suppress(OSError):  # Chromium starts
        found_targets = await asyncio.to_thread(targets, port)
    for target in found_targets:
        # A page of another site than the chrome is a target of its own in Chromium 131, and a frame of it in 66.
        if target["type"] not in {"iframe", "page"}:
            continue
        # It went while it was asked: there is another soon. Or it says nothing, as in the middle of a navigation.
        with contextlib.suppress(InvalidStatus, ConnectionClosed, TimeoutError):
            async with asyncio.timeout(_ANSWER_S):
                if found := await _evaluate(target["webSocketDebuggerUrl"], expression):
                    return found
    return 0.0


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
