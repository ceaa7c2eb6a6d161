"""Reading a page and making it one's own, in a real CEF window."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from peers.pointer import click
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Page

PATIENCE_MS = 20_000


async def _choose(chrome: Page, item: str) -> None:
    await click(chrome.get_by_test_id("account-menu-button"))
    await click(chrome.get_by_test_id(item))


async def test_a_page_is_read_copied_shown_as_a_copy_and_left_again(desk: Any) -> None:
    chrome = desk.alice.chrome
    title = chrome.get_by_test_id("address-input")
    await expect(desk.alice.page.get_by_test_id("dial-input")).to_be_visible(timeout=PATIENCE_MS)

    await _choose(chrome, "menu-source")
    await expect(chrome.get_by_test_id("source-text")).to_contain_text('<script src="/home.js"', timeout=PATIENCE_MS)
    await chrome.keyboard.press("Escape")
    await expect(chrome.get_by_test_id("source-dialog")).to_have_count(0)
    await expect(chrome.get_by_test_id("account-menu-button")).to_be_focused()

    await _choose(chrome, "menu-fork")
    notice = chrome.get_by_test_id("notice").filter(has_text="your own copy")
    await expect(notice).to_contain_text("uis/home", timeout=PATIENCE_MS)
    await expect(title).to_have_value(re.compile("your copy home"))
    await expect(chrome.get_by_test_id("page-consent-text")).to_contain_text("What may your copy home do")
    await click(chrome.get_by_test_id("page-consent-allow"))
    await expect(desk.alice.page.get_by_test_id("dial-input")).to_be_visible(timeout=PATIENCE_MS)
    await expect(desk.alice.page.get_by_role("heading", level=1)).to_have_text("provider-a.test", timeout=PATIENCE_MS)
    frame = await desk.alice.frame()
    assert await frame.evaluate("elsipo.ready.then((session) => session.capabilities.includes('call.place'))")

    await _choose(chrome, "menu-use-provider")
    await expect(title).not_to_have_value(re.compile("your copy"), timeout=PATIENCE_MS)
