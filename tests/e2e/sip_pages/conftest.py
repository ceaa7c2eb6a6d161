"""Alice's real window, her provider with its pages, and bob, whose pages the test writes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from elsipo.demo.run import free_port
from elsipo.demo.tour import Window, attached, find_window
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started, until_shown
from elsipo.host.shell import ShellOptions
from peers.page_author import PageAuthor
from peers.pointer import click
from peers.tls import Authority
from peers.web import leads_here
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider
    from playwright.async_api import Frame, Locator

PATIENCE_MS = 20_000
ACCOUNT = "alice-provider-a-test"


@dataclass
class Browsing:
    """Alice at her window.

    Attributes:
        host: Her host.
        window: Her window.
        bob: Who writes pages.
    """

    host: Host
    window: Window
    bob: PageAuthor

    def chrome(self, test_id: str) -> Locator:
        """Something in the chrome."""
        return self.window.chrome.get_by_test_id(test_id)

    async def type_address(self, text: str) -> None:
        """Type into the address bar and press Enter."""
        await self.chrome("address-input").fill(text)
        await self.chrome("address-input").press("Enter")

    async def open(self, text: str) -> None:
        """Type an address and choose its page."""
        await self.type_address(text)
        await click(self.chrome("address-open"))

    async def is_at(self, user: str, title: str = "") -> None:
        """Wait until the window is at a page and shows it; its heading is its title."""
        where = f"{user}@provider-a.test" + (f" \N{EN DASH} {title}" if title else "")
        await expect(self.chrome("address-input")).to_have_value(where, timeout=PATIENCE_MS)
        if title:
            await expect(self.window.page.locator("h1")).to_have_text(title, timeout=PATIENCE_MS)

    async def opens_bobs(self, markup: str) -> Frame:
        """Open bob's page, which is this; its frame, where its SDK is ready."""
        await self.open(self.bob.uri)
        await self.bob.gives(markup)
        await expect(self.chrome("page-progress")).to_be_hidden(timeout=PATIENCE_MS)
        await expect(self.window.page.locator("body[data-ready]")).to_be_attached(timeout=PATIENCE_MS)
        return await self.window.frame()


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that the window's Chromium trusts, for a name that leads to this machine."""
    authority = Authority.new(tmp_path / "ca", "Test's authority")
    authority.is_trusted_at(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    leads_here("app.example", monkeypatch)
    return authority


@pytest.fixture
async def browsing(
    display: str, provider: DemoProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Browsing]:
    """Alice is registered, and her home is there: a frame that comes in under the pointer may take a click with it."""
    monkeypatch.setenv("DISPLAY", display)
    port = free_port()
    host = Host(
        Folders.below(tmp_path / "alice"),
        shell=ShellOptions(remote_debugging_port=port),
        audio="null",
        use_keyring=False,
    )
    record = host.book.add(f"alice@{provider.domain}", server=provider.server("udp"))
    host.credentials.keep(record.account_id, provider.users["alice"], allow_file=True)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(started(host))
        await until_shown(host)
        browser = await stack.enter_async_context(attached(port))
        window = await find_window(browser, f"alice@{provider.domain}")
        state = window.chrome.get_by_test_id("registration-state")
        await expect(state).to_contain_text("Registered", timeout=PATIENCE_MS)
        await expect(window.page.get_by_test_id("dial-input")).to_be_visible(timeout=PATIENCE_MS)
        bob = await stack.enter_async_context(PageAuthor.registered(provider))
        yield Browsing(host, window, bob)
