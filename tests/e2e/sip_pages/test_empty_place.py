"""The empty place of the next page over SIP, in a real window: filled once, no door for the pages around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from e2e.sip_pages.walls import READY
from peers.pointer import click
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Frame

PATIENCE_MS = 20_000
# What a document of its own has when it came from its address; the rest of its window is Chromium's.
_NAMES: Final = "() => Object.getOwnPropertyNames(window).filter((name) => Number.isNaN(Number(name))).sort()"
_MODE: Final = "[origin, document.compatMode, document.characterSet, document.readyState]"
_BREAK: Final = "document.querySelector('[data-testid=page-waiting]').src = 'about:blank'"
# Every other frame of the window is sent what only the chrome may send, the chrome what only an empty place may say.
_FORGE: Final = """() => {
    for (let which = 0; which < parent.length; which += 1) {
        if (parent[which] === window) continue;
        parent[which].postMessage({ type: "elsipo.page", markup: "<h1>Forged</h1>" }, "*");
        try { parent[which].document.title = "reached"; return "reached"; } catch {}
        try { parent[which].location = "data:text/html,<h1>Forged"; } catch {}
    }
    parent.postMessage({ type: "elsipo.empty" }, "*");
    return `${parent.length} frames`;
}"""
_LISTEN: Final = """<script>
    window.heard = [];
    addEventListener("message", (event) => heard.push(String(event.data && event.data.type)), true);
</script>"""


async def _waits(browsing: Any) -> str:
    """The address of the place that waits, once it listens."""
    waiting = browsing.chrome("page-waiting")
    await expect(waiting).to_be_attached(timeout=PATIENCE_MS)
    place = browsing.window.chrome.frame_locator('[data-testid="page-waiting"]')
    await expect(place.locator("body")).to_be_attached(timeout=PATIENCE_MS)
    return str(await waiting.get_attribute("src"))


async def _source(browsing: Any) -> str:
    return str(await browsing.chrome("page-frame").get_attribute("src"))


async def _reloads_bobs(browsing: Any, markup: str) -> Frame:
    """Bob's page is this now; its frame, where its SDK is ready."""
    before = await _source(browsing)
    await click(browsing.chrome("reload-button"))
    await browsing.bob.gives(markup)
    await expect(browsing.chrome("page-frame")).not_to_have_attribute("src", before, timeout=PATIENCE_MS)
    await expect(browsing.window.page.locator("body[data-ready]")).to_be_attached(timeout=PATIENCE_MS)
    frame: Frame = await browsing.window.frame()
    return frame


async def test_a_page_is_written_into_the_place_that_waited_for_it_and_the_next_into_another(browsing: Any) -> None:
    chrome = browsing.chrome
    await browsing.open("menu")
    await browsing.is_at("menu", "Menu of the day")
    places = [await _waits(browsing)]
    assert await chrome("page-waiting").get_attribute("aria-hidden") == "true"
    await browsing.window.page.locator("#order").click()
    await browsing.is_at("order", "Order")
    assert await _source(browsing) == places[-1]
    places.append(await _waits(browsing))
    await click(chrome("back-button"))
    await browsing.is_at("menu", "Menu of the day")
    assert await _source(browsing) == places[-1]
    assert len(set(places)) == len(places)
    # At home there is nothing that waits.
    await click(chrome("home-button"))
    await expect(browsing.window.page.get_by_test_id("dial-input")).to_be_visible(timeout=PATIENCE_MS)
    await expect(chrome("page-waiting")).to_have_count(0)


async def test_a_page_that_is_written_meets_nothing_but_what_it_would_meet_at_its_address(browsing: Any) -> None:
    await browsing.opens_bobs("<!DOCTYPE html>" + READY)
    await _waits(browsing)
    names = []
    for is_written in (True, False, True):
        page = await _reloads_bobs(browsing, "<!DOCTYPE html>" + READY)
        assert (await _source(browsing)).endswith("/empty") == is_written
        names.append(await page.evaluate(_NAMES))
        assert await page.evaluate(_MODE) == ["null", "CSS1Compat", "UTF-8", "complete"]
        await _waits(browsing)
        if is_written:  # what waits now is there no more when it is needed: the page is loaded
            await browsing.window.chrome.evaluate(_BREAK)
    assert names[0] == names[1] == names[2]
    assert "elsipo" in names[0]


async def test_a_page_neither_fills_the_place_of_the_next_one_nor_hears_what_is_written_there(browsing: Any) -> None:
    forger = await browsing.opens_bobs(_LISTEN + READY)
    await _waits(browsing)
    assert await forger.evaluate(_FORGE) == "2 frames"
    assert await forger.evaluate("heard") == ["elsipo.port"]
    victim = await _reloads_bobs(browsing, _LISTEN + READY + "<h1>Mine</h1>")
    await expect(browsing.window.page.locator("h1")).to_have_text("Mine", timeout=PATIENCE_MS)
    assert await victim.evaluate("heard") == ["elsipo.port"]
    assert await victim.evaluate("elsipo.session.capabilities") == []
