"""`fragments_per_s`, and how soon the window answers a click meanwhile.

A registrar of ours sends over the flow of the registration, as only a registrar can. The page is a folder's, with an
element for each fragment and a button; a click is a real one, timed from the event's own time to the frame after its
effect. The value is 0 where a fragment was not taken, or the last one of an element is not what the page shows.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any, Final

from elsipo.demo.tour import attached, find_window
from peers.registrar import RawRegistrar
from peers.waiting import eventually

from bench.figures import Figure, figure

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from elsipo.demo.tour import Window
    from playwright.async_api import Frame

    from bench.stage import Stage

_RATE: Final = 1000
_ELEMENTS: Final = 64
_PATIENCE_S: Final = 30.0
_PAGE: Final = """<!doctype html><title>Bench</title><script src="/elsipo.js"></script>
<button id="press">0</button><div id="all">{elements}</div><script src="page.js"></script>
"""
_SCRIPT: Final = """
const press = document.getElementById("press");
press.onclick = () => { press.textContent = String(Number(press.textContent) + 1); };
"""
# From the event's own time to the frame after the one that shows what it did.
_TIME_CLICKS: Final = """() => {
    window.benchClicks = [];
    addEventListener("click", (event) => {
        requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => window.benchClicks.push(performance.now() - event.timeStamp);
            channel.port2.postMessage(null);
        });
    }, true);
}"""
_TAKE: Final = "() => window.benchClicks.splice(0)"
_SHOWN: Final = """() => Array.from(document.querySelectorAll("#all > p"), (element) => element.textContent)"""


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figures; 10,240 fragments and some hundred clicks, or 192 and a few when quick."""
    count = _ELEMENTS * (3 if quick else 160)
    ui = _page(stage.new_folder("ui"))
    async with (
        RawRegistrar.opened() as registrar,
        stage.elsipo(server=f"127.0.0.1:{registrar.port}", ui=str(ui)) as elsipo,
    ):
        await eventually(lambda: registrar.has_client, timeout_s=_PATIENCE_S, what="alice registers")
        await elsipo.shown()
        async with attached(elsipo.port) as browser:
            window = await find_window(browser, f"{elsipo.user}@{stage.provider.domain}")
            clicks = await Clicks.ready(window)
            for _ in range(2 if quick else 40):
                await clicks.click()
            rested = await clicks.taken()

            def send(number: int) -> None:
                registrar.fragment(f"f{number % _ELEMENTS}", f"<b>{number}</b>")

            began = time.monotonic()
            flood = asyncio.create_task(registrar.flood(send, count, _RATE))
            while not flood.done():
                await clicks.click()
            shown = await _all_shown(clicks.frame, [str(number) for number in range(count - _ELEMENTS, count)])
            took_s = time.monotonic() - began
            busy = await clicks.taken()
            taken = shown and await _all_taken(registrar, count)
    sent = await flood
    value = count / took_s if taken else 0.0
    return {
        "fragments_per_s": Figure(round(value, 1), "/s", round(sent, 1), round(value / sent, 3), count),
        "fragment_click_ms": figure(busy[0], "ms", rested[0], quantile=0.99),
        "fragment_chrome_click_ms": figure(busy[1], "ms", rested[1], quantile=0.99),
    }


class Clicks:
    """Real clicks in a window, and how long each took to be answered, in milliseconds.

    Attributes:
        frame: The page's.
    """

    def __init__(self, window: Window, frame: Frame) -> None:
        self.frame = frame
        self._window = window
        self._menu = window.chrome.get_by_test_id("account-menu-button")

    @classmethod
    async def ready(cls, window: Window) -> Clicks:
        """Where the page is shown."""
        await window.page.locator("#press").wait_for()
        frame = await window.frame()
        await frame.wait_for_function("elsipo.ready.then(() => true)")
        for where in (frame, window.chrome):
            await where.evaluate(_TIME_CLICKS)
        return cls(window, frame)

    async def click(self) -> None:
        """One in the page, and two in the chrome: a menu opens and closes."""
        await self._window.page.locator("#press").click()
        for _ in range(2):
            await self._menu.click()

    async def taken(self) -> tuple[list[float], list[float]]:
        """Those since the last time, in the page and in the chrome."""
        page, chrome = [await where.evaluate(_TAKE) for where in (self.frame, self._window.chrome)]
        return page, chrome


def _page(folder: Path) -> Path:
    elements = "".join(f'<p id="f{number}"></p>' for number in range(_ELEMENTS))
    (folder / "index.html").write_text(_PAGE.replace("{elements}", elements), encoding="utf-8")
    (folder / "page.js").write_text(_SCRIPT, encoding="utf-8")
    return folder


async def _all_shown(frame: Frame, last: list[str]) -> bool:
    async def all_there() -> bool:
        return bool(await frame.evaluate(_SHOWN) == last)

    return await _comes_true(all_there)


async def _all_taken(registrar: RawRegistrar, count: int) -> bool:
    async def all_answered() -> bool:
        return registrar.answered == count

    return await _comes_true(all_answered)


async def _comes_true(predicate: Callable[[], Coroutine[Any, Any, bool]]) -> bool:
    with contextlib.suppress(TimeoutError):
        return await eventually(predicate, timeout_s=_PATIENCE_S)
    return False
