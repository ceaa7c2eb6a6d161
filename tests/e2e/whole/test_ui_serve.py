"""`elsipo ui serve` as its user has it: the command's panel and page in a real CEF window, no account, no SIP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

from e2e.shell.driver import ShellProcess
from elsipo.demo.run import free_port
from elsipo.demo.tour import attached
from elsipo.ui_kit.begin import begin
from peers.waiting import wait_until
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_MS = 20_000
TITLE = "Elsipo: a page and its played provider"


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The command at work; the address that it says."""
    command = [sys.executable, "-u", "-m", "elsipo", "ui", "serve", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().partition(" is shown at ")[2].split()[0]
        finally:
            process.terminate()


def _has_title(port: int, title: str) -> bool:
    """Whether a document has this title. DevTools that come in the middle of a navigation may wait for ever."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
        return any(target["title"] == title for target in json.load(answer))
    return False


async def test_a_new_page_lives_with_a_played_provider_and_is_loaded_anew_when_saved(
    display: str, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    begin(folder)
    port = free_port()
    arguments = ("--cache-dir", str(tmp_path / "cache"), "--remote-debugging-port", str(port))
    with _served(folder) as url, ShellProcess(display, *arguments) as shell:
        shell.request("shell.hello", protocol_version=1)
        size = {"width_px": 1100, "height_px": 780}
        window = {"window_id": "w1", "url": url, "title": "Elsipo", "icon_file": "", "storage": "ui"}
        shell.request("window.open", **window, **size)
        await asyncio.to_thread(
            wait_until, lambda: _has_title(port, "Elsipo: a page and its played provider"), timeout_s=30
        )
        async with attached(port) as browser:
            panel = next(page for context in browser.contexts for page in context.pages if page.url == url)
            log = panel.get_by_test_id("panel-log")
            await expect(log).to_contain_text("→ registration.get", timeout=PATIENCE_MS)
            for button, told in (
                ("play-message", "← message.received"),
                ("play-call", "← call.state_changed"),
                ("play-failure", "← registration.state_changed"),
                ("play-fragment", "← fragment.received"),
            ):
                await panel.get_by_test_id(button).click()
                await expect(log.locator("li").first).to_have_text(told)
            page = folder / "page.js"
            page.write_text(page.read_text("utf-8") + "elsipo.ready.then(() => elsipo.system.versions());\n", "utf-8")
            await expect(log).to_contain_text("loaded anew", timeout=PATIENCE_MS)
            await expect(log).to_contain_text("→ system.versions", timeout=PATIENCE_MS)
