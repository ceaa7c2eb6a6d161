"""Two providers with UIs of their own, on real registrars and a real https server, and a window of each."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from elsipo.demo.ports import free_port
from elsipo.demo.provider import DemoProvider
from elsipo.demo.tour import Window, attached, find_window
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started, until_shown
from elsipo.host.shell import ShellOptions
from elsipo.resources import provider_kit
from peers.pointer import click
from peers.web import WebServer
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from peers.tls import Authority

PATIENCE_MS = 20_000


@dataclass
class Street:
    """Two providers, side by side.

    Attributes:
        host: Alice is signed in at both.
        web: Has both UIs.
        aurora: Her window at the provider that brings a page.
        harbour: Her window at the provider that brings its look alone.
        harbours: That provider itself.
    """

    host: Host
    web: WebServer
    aurora: Window
    harbour: Window
    harbours: DemoProvider


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street(
    display: str, kamailio: str, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Street]:
    """Both windows, registered."""
    del kamailio
    async with contextlib.AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("DISPLAY", display)
        web = await stack.enter_async_context(WebServer.opened("ui.localhost", authority))
        web.serve_folder(provider_kit() / "ui")
        port = free_port()
        folders = Folders.below(tmp_path_factory.mktemp("street"))
        host = Host(folders, shell=ShellOptions(remote_debugging_port=port), audio="null", use_keyring=False)
        providers = {}
        for name in ("aurora", "harbour"):
            providers[name] = provider = DemoProvider(
                domain=f"{name}.test", ui_url=f"{web.origin}/{name}/elsipo.json", tick_s=1
            )
            await stack.enter_async_context(provider)
            record = host.book.add(
                f"alice@{name}.test", server=provider.server("udp"), tls_ca_file=str(authority.ca_file)
            )
            host.book.allow_local_ui(record.account_id, allowed=True)
            host.credentials.keep(record.account_id, provider.users["alice"], allow_file=True)
        await stack.enter_async_context(started(host))
        await until_shown(host, pages=False)
        assert host.desktop.shell is not None
        host.desktop.shell.sandboxed = True  # as for an ordinary user: the page is shown before anything is granted
        browser = await stack.enter_async_context(attached(port))
        windows = [await find_window(browser, f"alice@{name}.test") for name in ("aurora", "harbour")]
        for window in windows:
            state = window.chrome.get_by_test_id("registration-state")
            await expect(state).to_contain_text("Registered", timeout=PATIENCE_MS)
            await expect(window.chrome.get_by_test_id("brand-logo")).to_be_visible(timeout=PATIENCE_MS)
            await click(window.chrome.get_by_test_id("reload-button"))
        yield Street(host, web, *windows, providers["harbour"])
