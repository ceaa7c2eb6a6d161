"""`page_over_sip_ms`: from a click on a `sip:` link to the page that Kamailio answered with, painted.

The link stands in Kamailio's own menu, a page over SIP as well. The click's own time counts, against the first paint of
the new document. Beside it, what nobody can save: the same question and its answer at a bare socket that is logged in
as the window is, and the same document in a frame.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Final

from peers.sip import RawUserAgent
from playwright.async_api import expect

from bench.figures import Figure, with_p99
from bench.stage import offset_ms_script

if TYPE_CHECKING:
    from elsipo.demo.tour import Window
    from playwright.async_api import ConsoleMessage

    from bench.stage import Stage

_PATIENCE_MS: Final = 20_000
_ACCEPT: Final = "text/html, text/plain, application/json"
_CLICKED: Final = "bench: clicked "
_NOTE_CLICK: Final = """(words) => addEventListener("click", (event) => {
    console.log(words + (performance.timeOrigin + event.timeStamp));
}, true)"""
_PAINTED: Final = """() => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return paint ? performance.timeOrigin + paint.startTime : 0;
}"""
# The document that is shown, once more, in a frame beside it, until the frame after it has loaded.
_ALONE: Final = """() => new Promise((resolve) => {
    const frame = document.createElement("iframe");
    const began = performance.now();
    frame.onload = () => requestAnimationFrame(() => { resolve(performance.now() - began); frame.remove(); });
    frame.src = document.querySelector("[data-testid=page-frame]").src;
    document.body.append(frame);
})"""


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figures; n is 50, or 2 when quick."""
    took, floors = [], []
    async with stage.elsipo() as elsipo, elsipo.window() as window, RawUserAgent.opened() as bare:
        domain, server = stage.provider.domain, ("127.0.0.1", stage.provider.udp_port)
        login = ("carol", stage.provider.users["carol"])
        await bare.register(server, domain, login)
        clicks: asyncio.Queue[float] = asyncio.Queue()
        window.chrome.on("console", lambda told: _note(told, clicks))
        address = window.chrome.get_by_test_id("address-input")
        await address.fill("menu")
        await address.press("Enter")
        await window.chrome.get_by_test_id("address-open").click()
        for turn in range(-1, 2 if quick else 50):
            clicked_ms, painted_ms = await _follow(window, clicks)
            alone_ms = float(await window.chrome.evaluate(_ALONE))
            asked_ms = await _ask(bare, server, domain, login)
            if turn >= 0:  # the first one fills caches
                took.append(painted_ms - clicked_ms)
                floors.append(asked_ms + alone_ms)
            await window.chrome.get_by_test_id("back-button").click()
        await bare.register(server, domain, login, expires_s=0)
    return with_p99("page_over_sip_ms", took, "ms", floors)


async def _follow(window: Window, clicks: asyncio.Queue[float]) -> tuple[float, float]:
    """Click on the link; when that was, and when its page was painted, in milliseconds of the machine's clock."""
    link = window.page.locator("#hours")
    await expect(link).to_be_visible(timeout=_PATIENCE_MS)
    menu = await window.frame()
    await menu.evaluate(_NOTE_CLICK, _CLICKED)
    menu_ahead_ms = await menu.evaluate(offset_ms_script())
    await link.click()
    clicked_ms = await asyncio.wait_for(clicks.get(), _PATIENCE_MS / 1000)
    await expect(window.page.locator("pre")).to_contain_text("Monday", timeout=_PATIENCE_MS)
    page = await window.frame()
    await page.wait_for_function(_PAINTED)
    page_ahead_ms = await page.evaluate(offset_ms_script())
    return clicked_ms - menu_ahead_ms, await page.evaluate(_PAINTED) - page_ahead_ms


async def _ask(bare: RawUserAgent, server: tuple[str, int], domain: str, login: tuple[str, str]) -> float:
    """How long the question and its answer take there, in milliseconds."""
    question = secrets.token_hex(16)
    bare.came.clear()
    began = time.perf_counter()
    await bare.request(
        "MESSAGE",
        f"sip:hours@{domain}",
        server,
        sender=f"sip:{login[0]}@{domain}",
        headers={"Accept": _ACCEPT, "Elsipo-Message-ID": question},
        login=login,
    )
    await bare.wait_for(lambda came: came.header("elsipo-in-reply-to") == question)
    return (time.perf_counter() - began) * 1000


def _note(told: ConsoleMessage, clicks: asyncio.Queue[float]) -> None:
    if told.text.startswith(_CLICKED):
        clicks.put_nowait(float(told.text.removeprefix(_CLICKED)))
