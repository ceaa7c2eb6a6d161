"""What a developer has: Chromium's DevTools by menu, and the account's SIP and RPC in a panel."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.demo import cdp
from peers.pointer import click
from peers.waiting import eventually
from playwright.async_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Locator, Page

PATIENCE_MS = 20_000


@pytest.fixture
async def panel(desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    """Alice's chrome with the panel open."""
    monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(tmp_path / "Downloads"))
    chrome: Page = desk.alice.chrome
    await expect(chrome.get_by_test_id("registration-state")).to_contain_text("Registered", timeout=PATIENCE_MS)
    await click(chrome.get_by_test_id("account-menu-button"))
    await click(chrome.get_by_test_id("menu-sip-panel"))
    await expect(chrome.get_by_test_id("dev-panel")).to_be_visible()
    return chrome


_SPEAKS_TO = """Promise.all(["core/sdk/sdk.js", "ui/legacy/legacy.js"].map(
    (name) => import("devtools://devtools/bundled/" + name)
)).then(([SDK, UI]) => (UI.Context.Context.instance().flavor(SDK.RuntimeModel.ExecutionContext) || {}).origin)"""


async def _speaks_to(dev_tools: cdp.Target, origin: str) -> None:
    """Wait until the console speaks to the documents of an origin."""

    async def right() -> bool:
        return await dev_tools.evaluate(_SPEAKS_TO) == origin

    await eventually(right, timeout_s=20.0, what=f"the console of {origin}")


def _rows(chrome: Page, text: str) -> Locator:
    return chrome.get_by_test_id("sip-message").filter(has_text=text)


async def test_a_restarted_engine_shows_its_registration_without_credentials(desk: Any, panel: Page) -> None:
    await desk.host.user_agent("alice-provider-a-test").restart_engine()
    await expect(_rows(panel, "401 Unauthorized").first).to_be_visible(timeout=PATIENCE_MS)
    await expect(_rows(panel, "200 OK REGISTER").last).to_be_visible(timeout=PATIENCE_MS)
    await click(_rows(panel, "REGISTER").filter(has_not_text=re.compile(r"\d{3} [A-Z]")).last)
    text = panel.get_by_test_id("sip-text")
    await expect(text).to_contain_text("Authorization: Digest [redacted]", timeout=PATIENCE_MS)
    await expect(text).not_to_contain_text("response=")


async def test_a_message_is_found_by_its_text_and_a_pause_is_counted(desk: Any, panel: Page) -> None:
    bob = desk.bob.page
    await bob.get_by_test_id("new-message").click()
    await bob.get_by_test_id("new-message-to").fill("alice")
    await bob.get_by_test_id("new-message-start").click()
    await bob.get_by_test_id("message-input").fill("Grüße über SIP")
    await bob.get_by_test_id("message-send").click()
    await panel.get_by_test_id("sip-filter").fill("Grüße")
    await expect(_rows(panel, "MESSAGE")).to_have_attribute("data-direction", "incoming", timeout=PATIENCE_MS)
    await expect(panel.get_by_test_id("sip-message")).to_have_count(1)
    await panel.get_by_test_id("sip-filter").fill("")
    await click(panel.get_by_test_id("sip-pause"))
    await click(panel.get_by_test_id("sip-clear"))
    # The provider's tick.
    await expect(panel.get_by_test_id("sip-missed")).to_be_visible(timeout=PATIENCE_MS)
    await expect(panel.get_by_test_id("sip-message")).to_have_count(0)


async def test_a_call_is_a_ladder_and_is_saved_as_text(desk: Any, panel: Page, tmp_path: Path) -> None:
    page = desk.alice.page
    await page.get_by_test_id("dial-input").fill("echo")
    await page.get_by_test_id("dial-call").click()
    await expect(panel.get_by_test_id("call-timer")).to_be_visible(timeout=PATIENCE_MS)
    await click(panel.get_by_test_id("call-hang-up"))
    await expect(_rows(panel, "200 OK BYE")).to_be_visible(timeout=PATIENCE_MS)
    await click(_rows(panel, "200 OK BYE"))
    await click(panel.get_by_test_id("sip-this-call"))
    for step in ("INVITE", "407", "180", "200 OK INVITE", "ACK", "BYE"):
        await expect(_rows(panel, step).first).to_be_visible()
    await expect(_rows(panel, "MESSAGE")).to_have_count(0)
    for scheme in ("light", "dark"):
        await panel.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await panel.screenshot(path=tmp_path / f"sip-{scheme}.png")
    await click(panel.get_by_test_id("sip-save"))
    said = panel.get_by_test_id("sip-said")
    await expect(said).to_contain_text("Saved as", timeout=PATIENCE_MS)
    (file,) = (tmp_path / "Downloads").iterdir()
    assert str(file) in (await said.text_content() or "")
    saved = file.read_text("utf-8")
    assert "INVITE sip:echo@" in saved
    assert "Proxy-Authorization: Digest [redacted]" in saved


async def test_the_rpc_log_shows_the_pages_line_without_bodies(desk: Any, panel: Page, tmp_path: Path) -> None:
    await click(panel.get_by_test_id("dev-tab-rpc"))
    await desk.alice.page.get_by_test_id("stats-button").click()
    entries = panel.get_by_test_id("rpc-entry")
    asked = entries.filter(has_text="service.request")
    await expect(asked.filter(has_text="result").first).to_contain_text(" ms", timeout=PATIENCE_MS)
    fragment = entries.filter(has_text="fragment.received").first
    await expect(fragment).to_contain_text("[redacted]", timeout=PATIENCE_MS)
    await panel.screenshot(path=tmp_path / "rpc.png")
    assert "sip_trace" not in (await panel.get_by_test_id("rpc-log").text_content() or "")
    await click(panel.get_by_test_id("dev-close"))
    await expect(panel.get_by_test_id("dev-panel")).to_be_hidden()


async def test_devtools_open_by_menu_at_the_page_or_at_the_chrome_and_give_the_page_nothing(
    desk: Any, panel: Page, tmp_path: Path
) -> None:
    async def fronts() -> list[Any]:
        targets = await asyncio.to_thread(cdp.targets, desk.debugging_port)
        return [target for target in targets if target["url"].startswith("devtools://")]

    frame = await desk.alice.frame()
    await click(panel.get_by_test_id("account-menu-button"))
    await panel.screenshot(path=tmp_path / "menu.png")
    await click(panel.get_by_test_id("menu-dev-tools"))
    (front,) = await eventually(fronts, timeout_s=20.0, what="DevTools")
    async with cdp.Target.attached(front) as dev_tools:
        await _speaks_to(dev_tools, await frame.evaluate("location.origin"))
        (tmp_path / "dev-tools.png").write_bytes(await dev_tools.screenshot())
        await click(panel.get_by_test_id("account-menu-button"))
        await click(panel.get_by_test_id("menu-chrome-dev-tools"))
        await _speaks_to(dev_tools, await panel.evaluate("location.origin"))
        await click(panel.get_by_test_id("dev-tools-page"))
        await _speaks_to(dev_tools, await frame.evaluate("location.origin"))
    assert (await desk.host.desktop.dev_tools(desk.host.windows.of_account("alice-provider-a-test"))).is_open
    reach = "(() => { try { return parent.document.title; } catch (error) { return 'refused'; } })()"
    assert await frame.evaluate(reach) == "refused"
    assert await frame.evaluate("typeof elsipoToggleDevPanel") == "undefined"
