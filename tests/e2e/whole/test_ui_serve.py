"""`elsipo ui serve` as its user has it, installed from a wheel: its window, with panel and page; no account, no SIP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from elsipo.demo.ports import free_port
from elsipo.demo.tour import attached
from elsipo.ui_kit.begin import begin
from peers.pointer import click
from peers.waiting import wait_until
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_MS = 20_000
PATIENCE_S = 30
TITLE = "Elsipo: a page and its played provider"
SOURCES = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the packages of Elsipo's wheel are installed, without its sources."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "-q",
        "--disable-pip-version-check",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
    ]
    done = subprocess.run([*pip, "--wheel-dir", str(folder), str(SOURCES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("elsipo-*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


@contextlib.contextmanager
def _served(wheel: Path, folder: Path, *options: str, display: str = "") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The command at work, and the address that it says."""
    command = [sys.executable, "-u", "-m", "elsipo", *options, "ui", "serve", str(folder)]
    surroundings = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    surroundings |= {"PYTHONPATH": str(wheel)} | ({"DISPLAY": display} if display else {})
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings, cwd=folder.parent) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().partition(" is shown at ")[2].split()[0], process
        finally:
            process.send_signal(signal.SIGINT)


def _has_title(port: int, title: str) -> bool:
    """Whether a document has this title. DevTools that come in the middle of a navigation may wait for ever."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
        return any(target["title"] == title for target in json.load(answer))
    return False


async def test_a_new_page_lives_with_a_played_provider_and_is_loaded_anew_when_saved(
    wheel: Path, display: str, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    begin(folder)
    port = free_port()
    with _served(wheel, folder, "--remote-debugging-port", str(port), display=display) as (url, process):
        await asyncio.to_thread(wait_until, lambda: _has_title(port, TITLE), timeout_s=PATIENCE_S)
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
                await click(panel.get_by_test_id(button))
                await expect(log.locator("li").first).to_have_text(told)
            # The page is held to its manifest and to the person's word, as in a window of Elsipo.
            await panel.locator("#element").fill("i_other")
            await click(panel.get_by_test_id("play-fragment"))
            await expect(log.locator("li").first).to_contain_text("do not name i_other")
            await panel.reload()  # DevTools tells a client that comes later nothing of the frames that are there
            inside = panel.frame_locator("[data-testid=page-frame]")
            await inside.locator("#to").fill("bob")
            await inside.locator("#call").click()
            await expect(panel.get_by_test_id("play-ask")).to_contain_text('call.dial {"target":"bob"}')
            await click(panel.get_by_test_id("play-deny"))
            await expect(inside.locator("#problem")).to_contain_text("click")
            page = folder / "page.js"
            page.write_text(page.read_text("utf-8") + "elsipo.ready.then(() => elsipo.system.versions());\n", "utf-8")
            await expect(log).to_contain_text("loaded anew", timeout=PATIENCE_MS)
            await expect(log).to_contain_text("→ system.versions", timeout=PATIENCE_MS)
            await panel.close()
        # Who closes the window is done with it.
        assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0


def test_without_a_display_it_says_where_the_page_is_shown(wheel: Path, tmp_path: Path) -> None:
    begin(tmp_path / "mine")
    with _served(wheel, tmp_path / "mine") as (url, process):
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{url}setting.json") as answer:  # noqa: S310 - see above
            setting = json.load(answer)
        assert setting["golden"]["account.get"]["aor"].startswith("sip:")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
