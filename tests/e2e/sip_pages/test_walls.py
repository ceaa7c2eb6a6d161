"""A page over SIP that tries to get out: what holds it, in a real window."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from e2e.sip_pages.walls import ATTEMPTS, READY, Trap, script
from peers.pointer import click
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENCE_MS = 20_000


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    """Nobody reaches it unless a wall is down."""
    async with Trap.laid() as trap:
        yield trap


async def test_a_page_reaches_no_network_no_storage_and_no_other_document(browsing: Any, trap: Trap) -> None:
    frame = await browsing.opens_bobs(READY + "<h1>Let me out</h1>")
    for name in ATTEMPTS:
        assert await frame.evaluate(script(name, trap.port)) == "refused", name
    assert await trap.is_untouched()
    await expect(browsing.chrome("identity-aor")).to_be_visible()


async def test_a_page_has_the_baseline_and_nothing_of_the_home_that_was_there_before(browsing: Any) -> None:
    frame = await browsing.opens_bobs(READY)
    session = await frame.evaluate("elsipo.session")
    assert session["role"] == "page"
    assert session["capabilities"] == []
    for call in (
        "message.send({to: 'bob', body: 'x'})",
        "conversation.list()",
        "call.history()",
        "call.list()",
        "account.unregister()",
        "service.request({service: 'stats', element_id: 'x'})",
        "engine.restart()",
    ):
        name = await frame.evaluate(f"elsipo.{call}.then(() => 'done', (error) => error.name)")
        assert name == "PermissionDeniedError", call
    dial = "elsipo.call.dial({target: 'bob'}).then(() => 'done', (error) => error.name)"
    dialled = asyncio.ensure_future(frame.evaluate(dial))
    await click(browsing.chrome("gesture-allow"))
    assert await dialled == "PermissionDeniedError"
    assert (await frame.evaluate("elsipo.account.get()"))["aor"] == "sip:alice@provider-a.test"


async def test_a_page_follows_no_link_by_itself(browsing: Any) -> None:
    frame = await browsing.opens_bobs(READY + "<a id=go href='sip:menu@provider-a.test'>menu</a>")
    await click(browsing.window.chrome.get_by_test_id("address-input"))  # the focus is ours, not the page's
    await frame.evaluate("document.getElementById('go').click()")
    await expect(browsing.chrome("gesture-text")).to_contain_text("Go to menu@provider-a.test?", timeout=PATIENCE_MS)
    await click(browsing.chrome("gesture-deny"))
    await browsing.is_at("bob")


@pytest.mark.parametrize("place", ["http://127.0.0.1:PORT/", "http://x.localhost:BRIDGE/", "data:text/html,<h1>gone"])
async def test_a_page_that_leaves_its_place_is_taken_away(browsing: Any, trap: Trap, place: str) -> None:
    frame = await browsing.opens_bobs(READY)
    where = place.replace("PORT", str(trap.port)).replace("BRIDGE", str(browsing.host.bridge.port))
    await frame.evaluate("(where) => { setTimeout(() => { location.href = where; }) }", where)
    await expect(browsing.chrome("page-error")).to_contain_text("tried to leave its place", timeout=PATIENCE_MS)
    assert trap.reached == []
    await click(browsing.chrome("page-error-home"))
    await expect(browsing.window.page.get_by_test_id("dial-input")).to_be_visible(timeout=PATIENCE_MS)


async def test_an_answer_of_no_known_kind_is_no_page(browsing: Any) -> None:
    await browsing.open(browsing.bob.uri)
    await browsing.bob.gives("GIF89a", "image/gif")
    await expect(browsing.chrome("page-error-cause")).to_contain_text("image/gif", timeout=PATIENCE_MS)
    await click(browsing.chrome("page-error-retry"))
    await browsing.bob.gives("{broken", "application/json")
    await expect(browsing.chrome("page-error-cause")).to_contain_text("JSON", timeout=PATIENCE_MS)
    await click(browsing.chrome("page-error-retry"))
    await browsing.bob.gives('{"balance": {"amount": "1 <b>€</b>"}, "lines": [1, true]}', "application/json")
    await expect(browsing.window.page.locator("td").first).to_contain_text("1 <b>€</b>", timeout=PATIENCE_MS)
