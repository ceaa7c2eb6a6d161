"""`rpc_roundtrip`: a word from the page over chrome, host and engine and back, beside a bare WebSocket echo there."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import Counter
from typing import TYPE_CHECKING, Final

from bench.figures import Figure, with_p99

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bench.stage import Stage

_ECHO_SERVER: Final = """
import asyncio
from websockets.asyncio.server import serve

async def echo(socket):
    async for text in socket:
        await socket.send(text)

async def main():
    async with serve(echo, "127.0.0.1", 0, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

asyncio.run(main())
"""
_BLOCKS: Final = 10
_TICK_MS: Final = 0.1  # Chromium's, for a document that is not cross-origin isolated
# Both by turns, in blocks, so that whatever else the machine does meets both alike. A request every few milliseconds:
# the host lets a page ask 200 times a second.
_MEASURE: Final = """async ([port, count, blocks]) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
    const text = "x".repeat(32);
    const bare = () => new Promise((resolve) => { socket.onmessage = resolve; socket.send(text); });
    const whole = () => elsipo.system.echo({ text, hop: "engine" });
    const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
    const results = { bare: [], whole: [] };
    for (const [name, ask] of [["bare", bare], ["whole", whole]]) {
        for (let i = 0; i < 20; i += 1) { await ask(); await pause(); }
    }
    for (let block = 0; block < blocks; block += 1) {
        for (const [name, ask] of [["bare", bare], ["whole", whole]]) {
            for (let i = 0; i < count / blocks; i += 1) {
                const began = performance.now();
                await ask();
                results[name].push(performance.now() - began);
                await pause();
            }
        }
    }
    socket.close();
    return results;
}"""


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figures; n is 1000, or 20 when quick."""
    count = 20 if quick else 1000
    async with stage.elsipo() as elsipo, elsipo.window() as window, _echo_server() as port:
        # The page has no network. For the floor alone its document is let out, by DevTools.
        frame = await window.frame()
        session = await window.chrome.context.new_cdp_session(frame)
        await session.send("Page.setBypassCSP", {"enabled": True})
        await frame.evaluate("() => { setTimeout(() => location.reload(), 0); }")
        # As functions: the document before the reload evaluates no text.
        await frame.wait_for_function(
            "() => window.elsipo !== undefined && performance.getEntriesByType('navigation')[0].type === 'reload'"
        )
        await frame.wait_for_function("() => window.elsipo?.ready.then(() => true)")
        results = await frame.evaluate(_MEASURE, [port, count, min(_BLOCKS, count)])
    return with_p99("rpc_roundtrip", _between_ticks(results["whole"]), "ms", _between_ticks(results["bare"]))


def _between_ticks(values: Sequence[float]) -> list[float]:
    """Spread samples that share a tick of the page's clock evenly over it: a tick is a fifth of the floor."""
    ticks = Counter(round(value / _TICK_MS) for value in values)
    return [(tick - 0.5 + (place + 0.5) / count) * _TICK_MS for tick, count in ticks.items() for place in range(count)]


@contextlib.asynccontextmanager
async def _echo_server() -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _ECHO_SERVER, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()
