"""Fragments that mean harm, in a real window: nothing of them runs, and the window answers a click meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.demo.ports import free_port
from elsipo.demo.tour import Window, attached, find_window
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started, until_shown
from elsipo.host.shell import ShellOptions
from peers.pointer import click
from peers.registrar import RawRegistrar
from peers.sip import RawUserAgent
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from pathlib import Path

DOMAIN = "provider-a.test"
PATIENCE_MS = 20_000
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
HOSTILE = (
    "<b id='number'>{number}</b><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
    "<svg onload='window.hacked = 1'></svg><a href='javascript:window.hacked = 1'>more</a>"
    "<style>* {{ display: none }}</style><div style='position: fixed; inset: 0' onmouseover='window.hacked = 1'>"
)
COUNT, RATE = 2000, 1000

Signed = tuple[RawRegistrar, Window]


@pytest.fixture
async def signed(display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Signed]:
    """Alice's window, at a registrar that says whatever the test wants."""
    monkeypatch.setenv("DISPLAY", display)
    port = free_port()
    folders, shell = Folders.below(tmp_path / "alice"), ShellOptions(remote_debugging_port=port)
    host = Host(folders, shell=shell, audio="null", use_keyring=False)
    async with contextlib.AsyncExitStack() as stack:
        registrar = await stack.enter_async_context(RawRegistrar.opened())
        record = host.book.add(f"alice@{DOMAIN}", server=f"127.0.0.1:{registrar.port}")
        host.credentials.keep(record.account_id, "alicepw", allow_file=True)
        await stack.enter_async_context(started(host))
        await until_shown(host)
        browser = await stack.enter_async_context(attached(port))
        window = await find_window(browser, f"alice@{DOMAIN}")
        state = window.chrome.get_by_test_id("registration-state")
        await expect(state).to_contain_text("Registered", timeout=PATIENCE_MS)
        yield registrar, window


async def _clicks_are_answered_during(window: Window, sending: Coroutine[Any, Any, float]) -> None:
    """Click in the page and in the chrome as long as it lasts."""
    dialled, menu = window.page.get_by_test_id("dial-input"), window.chrome.get_by_test_id("account-menu")
    flood = asyncio.create_task(sending)
    typed = ""
    while not flood.done() or not typed:
        typed = typed[-8:] + "5"
        await dialled.fill(typed[:-1])
        await window.page.get_by_test_id("dial-key-5").click()
        await expect(dialled).to_have_value(typed)
        await click(window.chrome.get_by_test_id("account-menu-button"))
        await expect(menu).to_be_visible()
        await click(window.chrome.get_by_test_id("account-menu-button"))
        await expect(menu).to_be_hidden()
    await flood


async def test_a_thousand_a_second_with_script_leave_the_window_usable_and_run_nothing(signed: Signed) -> None:
    registrar, window = signed

    def send(number: int) -> None:
        registrar.fragment("i_infotext", HOSTILE.format(number=number))

    await _clicks_are_answered_during(window, registrar.flood(send, COUNT, RATE))
    place = window.page.locator("#i_infotext")
    await expect(place).to_contain_text(f"{COUNT - 1}", timeout=PATIENCE_MS)
    await expect(place.locator("b")).to_be_visible()
    await place.locator("a").click()
    frame = await window.frame()
    assert await frame.evaluate("window.hacked") is None
    assert await place.locator("script, img, svg, style, [style], [onmouseover], [href], [id]").count() == 0
    registrar.fragment("i_infotext", f"<b>{FAMILY * 50}</b>")
    await expect(place).to_have_text(FAMILY * 50, timeout=PATIENCE_MS)


async def test_a_thousand_forged_ones_a_second_show_nothing_and_leave_the_window_usable(signed: Signed) -> None:
    registrar, window = signed
    async with RawUserAgent.opened() as stranger:

        def send(number: int) -> None:
            registrar.message(f"forged {number}", sender=f"sip:id-i_infotext@{DOMAIN}", by=stranger)

        await _clicks_are_answered_during(window, registrar.flood(send, COUNT, RATE, most_open=None))
    registrar.fragment("i_infotext", "true")
    place = window.page.locator("#i_infotext")
    await expect(place).to_have_text("true", timeout=PATIENCE_MS)
    await expect(window.page.get_by_test_id("conversations-empty")).to_be_visible(timeout=PATIENCE_MS)
