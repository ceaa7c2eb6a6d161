"""Pages over SIP in the second binding, whose Chromium of 2018 lacks much of what holds them in the first."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from e2e.shell import bindings
from e2e.sip_pages.walls import ATTEMPTS, READY, Trap, script
from elsipo.demo.bare_window import Part, bare_chrome, bare_page
from elsipo.demo.cdp import CdpError
from elsipo.demo.ports import free_port
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started, until_shown
from elsipo.host.shell import ShellOptions
from peers import processes
from peers.application import Application
from peers.page_author import PageAuthor
from peers.waiting import eventually
from peers.web import Thing, WebServer
from websockets.exceptions import WebSocketException

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider
    from peers.tls import Authority

ALICE = "alice@provider-a.test"
PATIENCE_S = 20.0


@dataclass
class OldBrowsing:
    """Alice at her window.

    Attributes:
        host: Her host.
        chrome: The chrome of her window.
        bob: Who writes pages.
        port: Of DevTools.
    """

    host: Host
    chrome: Part
    bob: PageAuthor
    port: int

    async def open(self, address: str) -> None:
        """Type an address and choose its page."""
        await self.chrome.write(_named("address-input"), address)
        await self.chrome.press_enter()
        await self.chrome.click(_named("address-open"))

    @contextlib.asynccontextmanager
    async def bobs(self, markup: str) -> AsyncIterator[Part]:
        """Bob's page, which is this, once its SDK is ready."""
        await self.open(self.bob.uri)
        await self.bob.gives(READY + markup)
        await self.chrome.is_gone(_named("page-progress"))
        async with bare_page(self.port, ALICE) as page:
            await page.says_other_than("body[data-ready] h1", "")
            yield page

    async def shows(self, heading: str) -> None:
        """Wait until the page that is shown has this heading."""

        async def is_there() -> bool:
            # Each page is a document in a process of its own; the last one goes when it comes.
            with contextlib.suppress(CdpError, OSError, WebSocketException):
                async with bare_page(self.port, ALICE) as page:
                    return await page.text("h1") == heading
            return False

        await eventually(is_there, timeout_s=PATIENCE_S, what=f"the page {heading!r}")


@pytest.fixture
async def browsing(
    display: str, provider: DemoProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OldBrowsing]:
    """Alice is registered and at home."""
    bindings.CEFPYTHON3.python()
    monkeypatch.setenv("DISPLAY", display)
    port = free_port()
    shell = ShellOptions(bindings.CEFPYTHON3.name, port)
    host = Host(Folders.below(tmp_path / "alice"), shell=shell, audio="null", use_keyring=False)
    record = host.book.add(ALICE, server=provider.server("udp"))
    host.credentials.keep(record.account_id, provider.users["alice"], allow_file=True)
    async with started(host), PageAuthor.registered(provider) as bob:
        await until_shown(host)
        async with bare_chrome(port, ALICE) as chrome:
            await chrome.says(_named("registration-state"), "Registered")
            yield OldBrowsing(host, chrome, bob, port)


async def test_a_page_is_shown_its_link_followed_and_the_way_back_shows_it_again(browsing: OldBrowsing) -> None:
    async with browsing.bobs("<h1>Bob</h1><a id=go href='sip:menu@provider-a.test'>menu</a>") as page:
        await page.click("#go")
    await browsing.shows("Menu of the day")
    await browsing.chrome.click(_named("back-button"))
    await browsing.shows("Bob")


async def test_a_page_is_written_into_the_place_that_waited_or_loaded_when_that_died(browsing: OldBrowsing) -> None:
    await browsing.open("menu")
    await browsing.shows("Menu of the day")
    place = await _waits(browsing)
    await browsing.chrome.click(_named("reload-button"))
    await eventually(lambda: _has_source(browsing, place), timeout_s=PATIENCE_S, what="the place is filled")
    await browsing.shows("Menu of the day")
    place = await _waits(browsing)
    shell = browsing.host.desktop.shell
    assert shell is not None
    assert shell.pid is not None
    # The chrome's is the oldest.
    for renderer in processes.renderers(processes.descendants(shell.pid))[1:]:
        os.kill(renderer, signal.SIGKILL)
    await browsing.chrome.click(_named("reload-button"))
    await browsing.shows("Menu of the day")
    assert not await _has_source(browsing, place)


async def test_a_page_reaches_no_network_no_storage_and_no_other_document(browsing: OldBrowsing) -> None:
    async with Trap.laid() as trap, browsing.bobs("<h1>Let me out</h1>") as page:
        for name in ATTEMPTS:
            assert await page.evaluate(f"({script(name, trap.port)})()") == "refused", name
        assert await trap.is_untouched(), trap.reached
    await browsing.chrome.says(_named("identity-aor"), ALICE)


async def test_a_page_has_the_baseline_alone(browsing: OldBrowsing) -> None:
    async with browsing.bobs("<h1>More!</h1>") as page:
        for call in ("message.send({to: 'bob', body: 'x'})", "conversation.list()", "call.history()"):
            ended = await page.evaluate(f"elsipo.{call}.then(() => 'done', (error) => error.name)")
            assert ended == "PermissionDeniedError", call
        assert await page.evaluate("elsipo.account.get().then((account) => account.aor)") == f"sip:{ALICE}"


@pytest.mark.parametrize("place", ["http://127.0.0.1:PORT/", "http://x.localhost:BRIDGE/", "data:text/html,<h1>gone"])
async def test_a_page_that_leaves_its_place_is_taken_away(browsing: OldBrowsing, place: str) -> None:
    async with Trap.laid() as trap:
        where = place.replace("PORT", str(trap.port)).replace("BRIDGE", str(browsing.host.bridge.port))
        async with browsing.bobs("<h1>Bye</h1>") as page:
            await page.evaluate(f"setTimeout(() => {{ location.href = '{where}'; }}) && 1")
        await browsing.chrome.says(_named("page-error"), "tried to leave its place")
        assert trap.reached == []


# Tries to get out, and tells its own server how that went.
APPLICATION = b"""<!DOCTYPE html><title>Application</title><h1>Application</h1><script>
const tries = [
  () => { top.location = 'http://127.0.0.1:1/'; return 'out'; },
  () => { parent.location = 'http://127.0.0.1:1/'; return 'out'; },
  () => top.document.title + 'out',
  () => window.open('about:blank') === null ? 'held' : 'out',
];
const said = tries.map((attempt) => { try { return attempt(); } catch (error) { return 'held'; } });
location.href = '/said/' + said.join('/');
</script>"""


async def test_the_page_of_a_call_is_held_by_its_panel_and_gone_with_the_call(
    browsing: OldBrowsing, provider: DemoProvider
) -> None:
    browsing.host.book.allow_local_ui("alice-provider-a-test", allowed=True)
    chrome = browsing.chrome
    async with Application.registered(provider) as application, WebServer.opened("127.0.0.1", None) as web:
        web.things["/app"] = Thing(APPLICATION, "text/html")
        web.things["/said/held/held/held/held"] = Thing(b"<h1>Held</h1>", "text/html")
        await browsing.host.user_agent("alice-provider-a-test").calls.dial(application.uri)
        await application.called()
        assert (await application.refers(f"<{web.origin}/app>")).status == 200
        await chrome.says(_named("call-page-ask-text"), "runs without its sandbox here")
        assert web.asked == []
        await chrome.click(f"{_named('call-page-allow')}:not([disabled])")
        await chrome.says(_named("call-page-origin"), web.origin)

        async def has_said() -> bool:
            return any(asked.startswith("/said") for asked in web.asked)

        await eventually(has_said, timeout_s=PATIENCE_S, what="the application's report")
        assert [asked for asked in web.asked if asked.startswith("/said")] == ["/said/held/held/held/held"]
        await application.hangs_up()
        await chrome.is_gone(_named("call-page-panel"))


async def test_the_page_of_a_call_comes_by_https_by_a_way_that_is_none_for_webrtc(
    trusted: Authority, browsing: OldBrowsing, provider: DemoProvider
) -> None:
    browsing.host.book.allow_local_ui("alice-provider-a-test", allowed=True)
    async with (
        Application.registered(provider) as application,
        WebServer.opened("app.example", trusted) as web,
        Trap.laid() as trap,
    ):
        web.things["/app"] = Thing(b"<script>location.href = '/came'</script>", "text/html")
        await browsing.host.user_agent("alice-provider-a-test").calls.dial(application.uri)
        await application.called()
        async with browsing.bobs("<h1>Let me out</h1>") as page:
            for url in (f"{web.origin}/app", f"https://app.example:{trap.port}/"):
                assert (await application.refers(f"<{url}>")).status == 200
                await browsing.chrome.click(f"{_named('call-page-allow')}:not([disabled])")
                came = (lambda: "/came 404" in web.asked) if web.origin in url else (lambda: bool(trap.reached))
                await eventually(came, timeout_s=PATIENCE_S, what=url)
            trap.reached.clear()
            for scheme in ("turn", "turns"):
                attempt = script("WebRTC over TCP", trap.port).replace("turn:127.0.0.1", f"{scheme}:app.example")
                assert await page.evaluate(f"({attempt})()") == "refused"
                assert set(trap.reached) <= {""}, scheme


async def _waits(browsing: OldBrowsing) -> str:
    """The address of the place that waits for the next page, once it is laid out."""
    source = f"(document.querySelector('{_named('page-waiting')}') || {{ src: '' }}).src"

    async def is_there() -> bool:
        return await browsing.chrome.evaluate(source) != ""

    await eventually(is_there, timeout_s=PATIENCE_S, what="a place for the next page")
    return str(await browsing.chrome.evaluate(source))


async def _has_source(browsing: OldBrowsing, place: str) -> bool:
    """Whether the page that is shown is in this place."""
    return await browsing.chrome.evaluate(f"document.querySelector('{_named('page-frame')}').src") == place


def _named(test_id: str) -> str:
    return f'[data-testid="{test_id}"]'
