"""Signing in at one provider, then at another, and starting again off line: what a new person sees in real windows."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from elsipo.demo.ports import free_port
from elsipo.demo.provider import DemoProvider
from elsipo.demo.tour import Window, attached, find_window
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started, until_shown
from elsipo.host.shell import ShellOptions
from elsipo.resources import provider_kit
from peers.pointer import click
from peers.waiting import eventually
from peers.web import WebServer
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import pytest
    from peers.tls import Authority
    from playwright.async_api import Page

PATIENCE_MS = 20_000


@contextlib.asynccontextmanager
async def _elsipo(folder: Path) -> AsyncIterator[tuple[Host, int]]:
    """One run of the program; the next one on the same folder is the next day."""
    port = free_port()
    shell = ShellOptions(remote_debugging_port=port)
    async with started(Host(Folders.below(folder), shell=shell, audio="null", use_keyring=False)) as host:
        await until_shown(host, pages=False)
        assert host.desktop.shell is not None
        host.desktop.shell.sandboxed = True  # as for an ordinary user
        yield host, port


async def _sign_in(page: Page, provider: DemoProvider) -> None:
    await page.get_by_test_id("sign-in-address").fill(f"alice@{provider.domain}")
    await page.get_by_test_id("sign-in-password").fill(provider.users["alice"])
    await page.get_by_test_id("sign-in-advanced").click()
    await page.get_by_test_id("sign-in-transport").select_option("udp")
    await page.get_by_test_id("sign-in-server").fill(provider.server("udp"))
    await page.get_by_test_id("sign-in-submit").click()


async def _menu(window: Window, item: str) -> None:
    await click(window.chrome.get_by_test_id("account-menu-button"))
    await click(window.chrome.get_by_test_id(item))


async def _allow_local(window: Window) -> None:
    await _menu(window, "menu-provider")
    problem = window.chrome.get_by_test_id("about-problem")
    await expect(problem).to_contain_text("not of the public Internet", timeout=PATIENCE_MS)
    await window.chrome.get_by_test_id("about-allow-local").check()
    await expect(window.chrome.get_by_test_id("about-local")).to_be_visible(timeout=PATIENCE_MS)
    await click(window.chrome.get_by_test_id("about-close"))


async def test_who_signs_in_sees_that_providers_look_then_the_others_and_both_again_off_line(
    display: str,
    kamailio: str,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    del kamailio
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))  # the machine trusts it
    async with WebServer.opened("ui.localhost", authority) as web:
        web.serve_folder(provider_kit() / "ui")
        harbour, aurora = (
            DemoProvider(domain=f"{name}.test", ui_url=f"{web.origin}/{name}/elsipo.json", tick_s=60)
            for name in ("harbour", "aurora")
        )
        async with harbour, aurora, _elsipo(tmp_path) as (host, port):
            async with attached(port) as browser:
                await _sign_in(browser.contexts[0].pages[0], harbour)
                first = await find_window(browser, "alice@harbour.test")
                name = first.page.get_by_test_id("home-provider")
                await expect(name).to_have_text("harbour.test", timeout=PATIENCE_MS)
                await _allow_local(first)
                await expect(name).to_have_text("Harbour Voice", timeout=PATIENCE_MS)
                await expect(first.chrome.get_by_test_id("brand-logo")).to_be_visible()
                await _menu(first, "menu-add-account")
                await _sign_in(first.chrome, aurora)
                await eventually(lambda: len(host.windows) == 2, timeout_s=20, what="a window of the other account")
            await until_shown(host, pages=False)
            async with attached(port) as browser:
                second = await find_window(browser, "alice@aurora.test")
                await _allow_local(second)
                state = second.page.locator("#state")
                await expect(state).to_have_text("You are registered.", timeout=PATIENCE_MS)
    # No server, no web: all is there at once, and the page says how it stands.
    async with _elsipo(tmp_path) as (_, port), attached(port) as browser:
        first, second = [await find_window(browser, f"alice@{name}.test") for name in ("harbour", "aurora")]
        await expect(first.page.get_by_test_id("home-provider")).to_have_text("Harbour Voice", timeout=PATIENCE_MS)
        await expect(second.page.locator("h1")).to_have_text("Aurora Telecom", timeout=PATIENCE_MS)
        await expect(second.chrome.get_by_test_id("registration-state")).not_to_contain_text("Registered")
        await expect(second.page.locator("#state")).not_to_have_text("You are registered.")
