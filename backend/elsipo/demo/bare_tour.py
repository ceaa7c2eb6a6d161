"""The tour where Playwright cannot attach: the same steps, by pointer and keyboard over bare DevTools."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from elsipo.demo.bare_window import BareWindow, bare_window
from elsipo.demo.tour import TONE_HZ, TONE_MS, Tour, judge_echo

if TYPE_CHECKING:
    from pathlib import Path


async def take_bare_tour(remote_debugging_port: int, folder: Path, began: float) -> bool:
    """Register, tick, statistics, messages both ways, and a call to the echo user with a tone of one's own.

    Args:
        remote_debugging_port: Where the windows are found on loopback.
        folder: Where screenshots and `demo.json` go.
        began: When the command was given, by the monotonic clock in seconds.

    Returns:
        Whether every step was ok.
    """
    tour = Tour(folder, began)
    async with contextlib.AsyncExitStack() as stack:
        async with tour.step("window", since_start=True):
            alice = await stack.enter_async_context(bare_window(remote_debugging_port, "alice@provider-a.test"))
            bob = await stack.enter_async_context(bare_window(remote_debugging_port, "bob@provider-a.test"))
        if not tour.steps[-1]["ok"]:
            return tour.finish()
        await _sign_in_and_page(tour, alice, bob)
        await _messages(tour, alice, bob)
        await _echo_call(tour, alice)
    return tour.finish()


async def _sign_in_and_page(tour: Tour, alice: BareWindow, bob: BareWindow) -> None:
    async with tour.step("register"):
        for window in (alice, bob):
            await window.chrome.says(_named("registration-state"), "Registered")
    async with tour.step("tick"):
        first = await alice.page.says("#i_infotext", "Server time")
        await alice.page.says_other_than("#i_infotext", first)
    await tour.screenshot(alice, "home")
    async with tour.step("stats"):
        await alice.page.click(_named("stats-button"))
        await alice.page.says("#i_stats", "Time")
    await tour.screenshot(alice, "statistics")


async def _messages(tour: Tour, alice: BareWindow, bob: BareWindow) -> None:
    async with tour.step("message_out"):
        await alice.page.click(_named("new-message"))
        await alice.page.write(_named("new-message-to"), "bob")
        await alice.page.press_enter()
        await alice.page.write(_named("message-input"), "Hello Bob, this came by SIP. 👋")
        await alice.page.click(_named("message-send"))
        await alice.page.says(_named("message-state"), "sent")
    async with tour.step("message_in"):
        await bob.page.click(_named("conversation"))
        await bob.page.says(_named("message"), "Hello Bob")
        await bob.page.write(_named("message-input"), "Hello Alice, so did this.")
        await bob.page.click(_named("message-send"))
        await alice.page.says(_named("message"), "Hello Alice")
    await tour.screenshot(alice, "messages")


async def _echo_call(tour: Tour, alice: BareWindow) -> None:
    async with tour.step("call"):
        await alice.page.write(_named("dial-input"), "echo")
        await alice.page.click(_named("dial-call"))
        await alice.chrome.says(_named("call-timer"), ":")
    await tour.screenshot(alice, "call")
    async with tour.step("echo_heard"):
        probe = await alice.page.evaluate(
            "elsipo.call.list().then(({ calls }) => elsipo.call.probeAudio("
            f"{{ call_id: calls[0].call_id, tone_hz: {TONE_HZ}, duration_ms: {TONE_MS} }}))"
        )
        judge_echo(probe)
    async with tour.step("hang_up"):
        await alice.chrome.click(_named("call-hang-up"))
        await alice.chrome.is_gone(_named("call-timer"))
    await tour.screenshot(alice, "after-call")


def _named(test_id: str) -> str:
    return f'[data-testid="{test_id}"]'
