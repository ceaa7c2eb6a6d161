"""The tour: what a person would do in the demo's windows, done through them by Playwright, with screenshots.

Acts only on what is to be seen in the real CEF windows; each step says what was expected when it fails.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from typing import TYPE_CHECKING, Any, Protocol

from playwright.async_api import Error, async_playwright, expect

from elsipo.demo.cdp import CdpError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Frame, FrameLocator, Page

_log = logging.getLogger(__name__)

_PATIENCE_MS = 20_000
TONE_HZ, TONE_MS = 1_000, 1_500
_TONE_TOLERANCE_HZ, _QUIET_DBFS = 20, -40


class Seen(Protocol):
    """A window that can be looked at."""

    async def screenshot(self) -> bytes:
        """What it shows, as PNG."""


class Window:
    """One window of Elsipo, seen through DevTools.

    Attributes:
        chrome: The trusted chrome.
        page: Locates in the page that it shows.
    """

    def __init__(self, chrome: Page) -> None:
        self.chrome = chrome
        self.page: FrameLocator = chrome.frame_locator('[data-testid="page-frame"]')

    async def screenshot(self) -> bytes:
        """What the window shows, as PNG."""
        return await self.chrome.screenshot()

    async def frame(self) -> Frame:
        """The page's own frame, to ask its `elsipo` object."""
        handle = await self.chrome.get_by_test_id("page-frame").element_handle()
        frame = await handle.content_frame()
        if frame is None:
            raise Error("The page has no frame.")
        return frame


@contextlib.asynccontextmanager
async def attached(remote_debugging_port: int) -> AsyncIterator[Browser]:
    """Playwright on the running windows; leaving it leaves them open.

    They must have loaded: a client of DevTools that comes in the middle of a first navigation may wait for ever.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{remote_debugging_port}")
        try:
            yield browser
        finally:
            await browser.close()  # over CDP: takes leave, and takes its temporary files along


async def find_window(browser: Browser, aor: str) -> Window:
    """The window of an account.

    Raises:
        AssertionError: there is none.
    """
    for context in browser.contexts:
        for page in context.pages:
            identity = page.get_by_test_id("identity-aor")
            await expect(identity).to_be_visible(timeout=_PATIENCE_MS)
            if aor in (await identity.inner_text()):
                # DevTools tells a client that comes later nothing of the frames that are there: load them again.
                await page.reload()
                await expect(identity).to_be_visible(timeout=_PATIENCE_MS)
                return Window(page)
    raise AssertionError(f"There is no window of {aor}.")


class Tour:
    """Takes steps and keeps what became of them.

    Args:
        folder: Where screenshots and `demo.json` go.
        began: When the command was given, by the monotonic clock in seconds.
    """

    def __init__(self, folder: Path, began: float) -> None:
        self._folder = folder
        self._began = began
        self._shots = folder / "screenshots"
        self._shots.mkdir(parents=True, exist_ok=True)
        self.steps: list[dict[str, object]] = []

    @contextlib.asynccontextmanager
    async def step(self, name: str, *, since_start: bool = False) -> AsyncIterator[None]:
        """One step; what it expects and does not find ends it, not the tour.

        Args:
            name: As in `demo.json`.
            since_start: Count its time from the start of the command.
        """
        started, problem = self._began if since_start else time.monotonic(), ""
        try:
            yield
        except (AssertionError, CdpError, Error) as error:
            problem = str(error).strip().splitlines()[0]
            _log.debug("Step %s failed", name, exc_info=True)
        took_ms = round((time.monotonic() - started) * 1000)
        self.steps.append({"name": name, "ok": not problem, "ms": took_ms})
        print(f"  {'ok    ' if not problem else 'FAILED'} {took_ms:6} ms  {name}{problem and ': ' + problem}")

    async def screenshot(self, window: Seen, name: str) -> None:
        """Keep what the window shows."""
        (self._shots / f"{name}.png").write_bytes(await window.screenshot())

    def finish(self) -> bool:
        """Write `demo.json`; True when every step was ok."""
        (self._folder / "demo.json").write_text(json.dumps(self.steps, indent=2) + "\n", encoding="utf-8")
        well = sum(bool(step["ok"]) for step in self.steps)
        print(f"{well} of {len(self.steps)} steps were ok. See {self._folder / 'demo.json'} and {self._shots}.")
        return well == len(self.steps)


async def take_tour(remote_debugging_port: int, folder: Path, began: float) -> bool:
    """Register, tick, statistics, messages both ways, and a call to the echo user with a tone of one's own.

    Args:
        remote_debugging_port: Where the windows are found on loopback.
        folder: Where screenshots and `demo.json` go.
        began: When the command was given, by the monotonic clock in seconds.

    Returns:
        Whether every step was ok.
    """
    tour = Tour(folder, began)
    async with attached(remote_debugging_port) as browser:
        async with tour.step("window", since_start=True):
            alice = await find_window(browser, "alice@provider-a.test")
            bob = await find_window(browser, "bob@provider-a.test")
        if not tour.steps[-1]["ok"]:
            return tour.finish()
        await _sign_in_and_page(tour, alice, bob)
        await _messages(tour, alice, bob)
        await _echo_call(tour, alice)
    return tour.finish()


async def _sign_in_and_page(tour: Tour, alice: Window, bob: Window) -> None:
    async with tour.step("register"):
        for window in (alice, bob):
            state = window.chrome.get_by_test_id("registration-state")
            await expect(state).to_contain_text("Registered", ignore_case=True, timeout=_PATIENCE_MS)
    async with tour.step("tick"):
        info = alice.page.locator("#i_infotext")
        await expect(info).to_contain_text("Server time", timeout=_PATIENCE_MS)
        first = await info.inner_text()
        await expect(info).not_to_have_text(first, timeout=_PATIENCE_MS)
    await tour.screenshot(alice, "home")
    async with tour.step("stats"):
        await alice.page.get_by_test_id("stats-button").click()
        await expect(alice.page.locator("#i_stats")).to_contain_text("Time", timeout=_PATIENCE_MS)
    await tour.screenshot(alice, "statistics")
    async with tour.step("services"):
        page = alice.page
        for name, text in (("balance-amount", "12.50"), ("voicemail", "2 new, 1 heard"), ("device", "this one")):
            await expect(page.get_by_test_id(name)).to_contain_text(text, timeout=_PATIENCE_MS)
        # What another device missed.
        missed = page.locator("[data-testid=history-item][data-outcome=missed]")
        await expect(missed).to_contain_text("bob", timeout=_PATIENCE_MS)
        offers = page.locator("[data-testid=service][data-service=offers]")
        await offers.get_by_test_id("service-ask").click()
        await expect(offers.get_by_test_id("service-answer")).to_contain_text("Iceland", timeout=_PATIENCE_MS)
    await tour.screenshot(alice, "services")


async def _messages(tour: Tour, alice: Window, bob: Window) -> None:
    async with tour.step("message_out"):
        await _write(alice, "bob", "Hello Bob, this came by SIP. 👋")
        await expect(alice.page.get_by_test_id("message-state").last).to_contain_text(
            "sent", ignore_case=True, timeout=_PATIENCE_MS
        )
    async with tour.step("message_in"):
        await bob.page.get_by_test_id("conversation").first.click()
        await expect(bob.page.get_by_test_id("message").last).to_contain_text("Hello Bob", timeout=_PATIENCE_MS)
        await bob.page.get_by_test_id("message-input").fill("Hello Alice, so did this.")
        await bob.page.get_by_test_id("message-send").click()
        await expect(alice.page.get_by_test_id("message").last).to_contain_text("Hello Alice", timeout=_PATIENCE_MS)
    await tour.screenshot(alice, "messages")


async def _write(window: Window, to: str, text: str) -> None:
    await window.page.get_by_test_id("new-message").click()
    await window.page.get_by_test_id("new-message-to").fill(to)
    await window.page.get_by_test_id("new-message-to").press("Enter")
    await window.page.get_by_test_id("message-input").fill(text)
    await window.page.get_by_test_id("message-send").click()


async def _echo_call(tour: Tour, alice: Window) -> None:
    async with tour.step("call"):
        await alice.page.get_by_test_id("dial-input").fill("echo")
        await alice.page.get_by_test_id("dial-call").click()
        await expect(alice.chrome.get_by_test_id("call-timer")).to_be_visible(timeout=_PATIENCE_MS)
    await tour.screenshot(alice, "call")
    async with tour.step("echo_heard"):
        frame = await alice.frame()
        probe = await frame.evaluate(
            """async ([tone_hz, duration_ms]) => {
                const { calls } = await elsipo.call.list();
                return await elsipo.call.probeAudio({ call_id: calls[0].call_id, tone_hz, duration_ms });
            }""",
            [TONE_HZ, TONE_MS],
        )
        judge_echo(probe)
    async with tour.step("hang_up"):
        await alice.chrome.get_by_test_id("call-hang-up").click()
        await expect(alice.chrome.get_by_test_id("call-timer")).to_be_hidden(timeout=_PATIENCE_MS)
    await tour.screenshot(alice, "after-call")


def judge_echo(probe: Any) -> None:
    """Whether our own tone came back.

    Args:
        probe: What `call.probe_audio` answered.

    Raises:
        AssertionError: it did not; says what was heard.
    """
    heard = f"{probe['heard_hz']:.0f} Hz at {probe['heard_dbfs']:.0f} dBFS"
    if abs(probe["heard_hz"] - TONE_HZ) > _TONE_TOLERANCE_HZ or probe["heard_dbfs"] < _QUIET_DBFS:
        raise AssertionError(f"Sent {TONE_HZ} Hz, but heard {heard}.")
    print(f"         heard our own tone: {heard}")
