"""What a person sees of an engine's death: the call that is lost, with one click to call again, and the report."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

from peers.pointer import click
from playwright.async_api import expect

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_MS = 20_000


async def test_a_lost_call_is_dialled_again_with_a_click_and_the_crash_report_is_read_and_copied(
    desk: Any, tmp_path: Path
) -> None:
    chrome, page, bob = desk.alice.chrome, desk.alice.page, desk.bob.chrome
    for window in (chrome, bob):
        await expect(window.get_by_test_id("registration-state")).to_contain_text("Registered", timeout=PATIENCE_MS)
    await page.get_by_test_id("dial-input").fill("bob")
    await page.get_by_test_id("dial-call").click()
    await expect(bob.get_by_test_id("incoming-call")).to_have_count(1, timeout=PATIENCE_MS)
    ringing = await chrome.get_by_test_id("call").get_attribute("data-call-id")
    os.kill(desk.host.user_agent("alice-provider-a-test").status.pid, signal.SIGKILL)
    lost = chrome.locator('[data-testid="call"][data-outcome="engine_lost"]')
    await expect(lost).to_have_attribute("data-call-id", ringing or "", timeout=PATIENCE_MS)
    await expect(chrome.get_by_test_id("registration-state")).to_contain_text("Registered", timeout=PATIENCE_MS)
    await expect(chrome.get_by_test_id("engine-state")).to_be_hidden(timeout=PATIENCE_MS)
    await chrome.screenshot(path=tmp_path / "lost.png")
    await click(lost.get_by_test_id("call-redial"))
    again = chrome.get_by_test_id("call")
    await expect(again).to_have_attribute("data-state", "early", timeout=PATIENCE_MS)
    assert await again.get_attribute("data-call-id") != ringing
    await click(again.get_by_test_id("call-hang-up"))

    await click(chrome.get_by_test_id("account-menu-button"))
    await click(chrome.get_by_test_id("menu-crash-report"))
    dialog = chrome.get_by_test_id("crash-dialog")
    await expect(dialog.get_by_test_id("crash-text")).to_contain_text("SIGKILL", timeout=PATIENCE_MS)
    await click(dialog.get_by_test_id("crash-copy"))
    await expect(dialog.get_by_test_id("crash-said")).to_have_text("Copied.")
    await chrome.screenshot(path=tmp_path / "report.png")
    await click(dialog.get_by_test_id("crash-close"))
    await expect(dialog).to_be_hidden()
