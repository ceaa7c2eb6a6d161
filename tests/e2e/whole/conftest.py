"""The whole program in real CEF windows on Xvfb, driven by Playwright over DevTools."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from elsipo.demo.ports import free_port
from elsipo.demo.run import demo
from elsipo.demo.tour import Window, attached, find_window
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started, until_shown
from elsipo.host.shell import ShellOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Page


@dataclass
class Desk:
    """The demo as a person has it on the desk: two windows, the host behind them, and the port of their DevTools."""

    host: Host
    alice: Window
    bob: Window
    debugging_port: int


@pytest.fixture
async def desk(display: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Alice's and bob's windows on the demo provider."""
    monkeypatch.setenv("DISPLAY", display)
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        host = await stack.enter_async_context(demo(ShellOptions(remote_debugging_port=port)))
        await until_shown(host)
        browser = await stack.enter_async_context(attached(port))
        alice = await find_window(browser, "alice@provider-a.test")
        bob = await find_window(browser, "bob@provider-a.test")
        yield Desk(host, alice, bob, port)


@pytest.fixture
async def empty_window(display: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Page]:
    """The window of somebody who has no account yet."""
    monkeypatch.setenv("DISPLAY", display)
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        host = Host(
            Folders.below(tmp_path / "empty"), shell=ShellOptions(remote_debugging_port=port), use_keyring=False
        )
        await stack.enter_async_context(started(host))
        await until_shown(host)
        browser = await stack.enter_async_context(attached(port))
        yield browser.contexts[0].pages[0]
