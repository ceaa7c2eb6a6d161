"""Remote debugging: off unless asked for, on loopback alone, and good for Playwright."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from e2e.shell import bindings
from elsipo.demo import cdp
from elsipo.demo.ports import free_port
from peers.waiting import wait_until
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site

TAKING_PLAYWRIGHT = [binding for binding in bindings.ALL if binding.takes_playwright]
_LISTENING = "0A"
_LOOPBACK = "0100007F"


def test_nothing_listens_unless_asked_for(open_window: Callable[..., None], site: Site, shell: ShellProcess) -> None:
    open_window(f"{site.origin}/")
    site.reported("token")
    assert _listening(shell) == set()


async def test_devtools_answer_on_loopback_alone(start: Callable[..., ShellProcess], site: Site) -> None:
    port = free_port()
    shell = start("--remote-debugging-port", str(port))
    shell.request(
        "window.open", window_id="w", url=f"{site.origin}/", title="", icon_file="", width_px=640, height_px=480
    )
    site.reported("token")
    wait_until(lambda: _listening(shell), what="the debugging port")
    assert _listening(shell) == {(_LOOPBACK, port)}
    (page,) = [target for target in await asyncio.to_thread(cdp.targets, port) if target["type"] == "page"]
    assert page["url"] == f"{site.origin}/"
    async with cdp.Target.attached(page) as attached:
        assert await attached.evaluate("document.title") == "A page: é"
        assert (await attached.screenshot()).startswith(b"\x89PNG")


@pytest.mark.parametrize("binding", TAKING_PLAYWRIGHT, indirect=True, ids=lambda binding: binding.name)
def test_playwright_attaches(start: Callable[..., ShellProcess], site: Site) -> None:
    port = free_port()
    shell = start("--remote-debugging-port", str(port))
    shell.request(
        "window.open", window_id="w", url=f"{site.origin}/", title="", icon_file="", width_px=640, height_px=480
    )
    site.reported("token")
    with sync_playwright() as playwright:
        browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        (page,) = [page for page in browser.contexts[0].pages if page.url == f"{site.origin}/"]
        assert page.title() == "A page: é"
        assert page.screenshot().startswith(b"\x89PNG")
        browser.close()


def test_no_address_outside_is_reached(start: Callable[..., ShellProcess], site: Site) -> None:
    address = site.page(
        "/reaches", "fetch('http://outside.test/').then(() => report({out: true}), () => report({out: false}))"
    )
    shell = start(env={"http_proxy": site.origin, "HTTP_PROXY": site.origin})
    shell.request("window.open", window_id="w", url=address, title="", icon_file="", width_px=640, height_px=480)
    assert site.reported("out") is False
    assert {path for path in site.requested if "outside" in path} == set()
    assert _remote_addresses(shell) <= {_LOOPBACK}


def test_a_port_that_cannot_be_is_refused(start: Callable[..., ShellProcess]) -> None:
    assert start("--remote-debugging-port", "80").ended() == 2


def _listening(shell: ShellProcess) -> set[tuple[str, int]]:
    """Addresses (as the kernel writes them) and ports that the shell's processes listen on."""
    return {(address, port) for state, address, port, _ in _sockets(shell) if state == _LISTENING}


def _remote_addresses(shell: ShellProcess) -> set[str]:
    return {remote for state, _, _, remote in _sockets(shell) if state != _LISTENING}


def _sockets(shell: ShellProcess) -> list[tuple[str, str, int, str]]:
    owned = set()
    for pid in shell.descendants():
        with contextlib.suppress(OSError):
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    owned.add(str(descriptor.readlink()).removeprefix("socket:[").rstrip("]"))
    found = []
    for table in ("tcp", "tcp6"):
        for line in (Path("/proc/net") / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in owned:
                address, _, port = fields[1].rpartition(":")
                found.append((fields[3], address, int(port, 16), fields[2].rpartition(":")[0]))
    return found
