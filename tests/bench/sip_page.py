"""`page_over_sip_ms`: from a click on a `sip:` link to the page that Kamailio answered with, painted.

The link stands in Kamailio's own menu, a page over SIP as well. The click's own time counts, against the first
contentful paint of the new document, or the chrome's second frame since its frame is the page, whichever is later: the
frame itself was there before. Beside it, what nobody can save: the same question and its answer at a bare socket that
is logged in as the window is, and the same document in a frame that is loaded.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from typing import TYPE_CHECKING, Final

from peers.pointer import click
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
# As `sip_page.show` tells it to the chrome.
_ADDRESS: Final = re.compile(r'"(http://[0-9a-f]{32}\.sip-[^"]+/)"')
_PAINTED: Final = """() => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return paint ? performance.timeOrigin + paint.startTime : 0;
}"""
# When another frame has become the page, the chrome has drawn that, and begins its next picture.
_NOTE_SHOWN: Final = """() => {
    let shown = null;
    new MutationObserver(() => {
        const frame = document.querySelector("[data-testid=page-frame]");
        if (frame === shown) return;
        shown = frame;
        window.benchShown = 0;
        const note = (now) => { window.benchShown = performance.timeOrigin + now; };
        requestAnimationFrame(() => requestAnimationFrame(note));
    }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-testid"] });
}"""
_SHOWN: Final = "() => window.benchShown"
# The document that is shown, once more, in a frame beside it, until the frame after it has loaded.
_ALONE: Final = """(address) => new Promise((resolve) => {
    const frame = document.createElement("iframe");
    const began = performance.now();
    frame.onload = () => requestAnimationFrame(() => { resolve(performance.now() - began); frame.remove(); });
    frame.src = address;
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
        addresses: list[str] = []
        window.chrome.on("websocket", lambda socket: socket.on("framereceived", lambda text: _address(text, addresses)))
        await window.chrome.reload()
        await window.chrome.evaluate(_NOTE_SHOWN)
        window.chrome.on("console", lambda told: _note(told, clicks))
        address = window.chrome.get_by_test_id("address-input")
        await address.fill("menu")
        await address.press("Enter")
        await click(window.chrome.get_by_test_id("address-open"))
        for turn in range(-1, 2 if quick else 50):
            clicked_ms, painted_ms = await _follow(window, clicks)
            # Beside the first one the place of the next page is loaded.
            for _ in range(2):
                alone_ms = float(await window.chrome.evaluate(_ALONE, addresses[-1]))
            asked_ms = await _ask(bare, server, domain, login)
            if turn >= 0:  # the first one fills caches
                took.append(painted_ms - clicked_ms)
                floors.append(asked_ms + alone_ms)
            await click(window.chrome.get_by_test_id("back-button"))
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
    painted_ms = await page.evaluate(_PAINTED) - page_ahead_ms
    await window.chrome.wait_for_function(_SHOWN)
    chrome_ahead_ms = await window.chrome.evaluate(offset_ms_script())
    shown_ms = await window.chrome.evaluate(_SHOWN) - chrome_ahead_ms
    return clicked_ms - menu_ahead_ms, max(painted_ms, shown_ms)


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


def _address(text: str, addresses: list[str]) -> None:
    """Note where the page that is shown may be loaded from."""
    if found := _ADDRESS.search(text):
        addresses.append(found.group(1))


def _note(told: ConsoleMessage, clicks: asyncio.Queue[float]) -> None:
    if told.text.startswith(_CLICKED):
        clicks.put_nowait(float(told.text.removeprefix(_CLICKED)))
