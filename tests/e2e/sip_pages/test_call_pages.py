"""A page that an application shows beside a call, in a real window: after a word, behind walls, gone with the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from e2e.sip_pages.walls import READY, Trap, script
from peers.application import Application
from peers.pointer import click
from peers.waiting import eventually
from peers.web import Thing, WebServer, proxy_says
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.demo.provider import DemoProvider
    from peers.tls import Authority
    from playwright.async_api import FrameLocator

PATIENCE_MS = 20_000
ACCOUNT = "alice-provider-a-test"
MENU = b"""<!DOCTYPE html><html lang=en><title>Menu</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; margin: 20px; } button { font: inherit; padding: 6px 14px; }</style>
<h1>Your order</h1><p>We are talking about table <b>7</b>.</p>
<form action=/thanks><p><label>Guests <input name=guests value=2 size=3></label></p><button>Confirm</button></form>
<p><a id=away href="AWAY">Another server</a></p></html>"""


@dataclass
class Counter:
    """Alice is in a call with the application, whose web server has its page.

    Attributes:
        browsing: Alice at her window.
        application: At the other end.
        web: Has the page.
        other: Another server, where the page must not lead.
    """

    browsing: Any
    application: Application
    web: WebServer
    other: WebServer

    @property
    def url(self) -> str:
        """Of its page."""
        return f"{self.web.origin}/order?call=7"

    @property
    def shown(self) -> FrameLocator:
        """The application's page, within what the chrome frames."""
        frame = self.browsing.window.chrome.get_by_test_id("call-page-frame").content_frame
        inner: FrameLocator = frame.frame_locator("iframe")
        return inner

    async def show(self) -> None:
        """Offer the page; the person agrees."""
        assert (await self.application.refers(f"<{self.url}>")).status == 200
        await click(self.browsing.chrome("call-page-allow"))
        await expect(self.shown.locator("h1")).to_have_text("Your order", timeout=PATIENCE_MS)


@pytest.fixture
async def counter(browsing: Any, provider: DemoProvider) -> AsyncIterator[Counter]:
    browsing.host.book.allow_local_ui(ACCOUNT, allowed=True)
    async with (
        Application.registered(provider) as application,
        WebServer.opened("127.0.0.1", None) as web,
        WebServer.opened("127.0.0.1", None) as other,
    ):
        web.things["/order"] = Thing(MENU.replace(b"AWAY", f"{other.origin}/".encode()), "text/html")
        web.things["/thanks"] = Thing(b"<!DOCTYPE html><h1>Thank you</h1>", "text/html")
        other.things["/"] = Thing(b"<!DOCTYPE html><h1>Elsewhere</h1>", "text/html")
        await browsing.host.user_agent(ACCOUNT).calls.dial(application.uri)
        await application.called()
        yield Counter(browsing, application, web, other)


async def test_a_page_is_shown_after_consent_works_with_its_server_and_goes_with_the_call(counter: Counter) -> None:
    chrome = counter.browsing.chrome
    assert (await counter.application.refers(f"<{counter.url}>")).status == 200
    question = chrome("call-page-ask-text")
    await expect(question).to_contain_text(f"Show a page from {counter.web.origin}", timeout=PATIENCE_MS)
    await expect(question).to_contain_text("call with carol")
    await expect(chrome("call-page-panel")).to_have_count(0)
    assert counter.web.asked == []
    await click(chrome("call-page-allow"))
    await expect(counter.shown.locator("h1")).to_have_text("Your order", timeout=PATIENCE_MS)
    await expect(chrome("call-page-origin")).to_have_text(counter.web.origin)
    await counter.application.hears("200 OK")
    # Home is still beside it, as it was.
    await expect(counter.browsing.window.page.get_by_test_id("dial-input")).to_be_visible()
    await counter.shown.locator("button").click()
    await expect(counter.shown.locator("h1")).to_have_text("Thank you", timeout=PATIENCE_MS)
    await counter.application.hangs_up()
    await expect(chrome("call-page-panel")).to_have_count(0, timeout=PATIENCE_MS)


async def test_a_page_that_is_closed_leaves_the_call_and_one_that_is_refused_is_never_loaded(counter: Counter) -> None:
    chrome = counter.browsing.chrome
    await counter.show()
    await click(chrome("call-page-close"))
    await expect(chrome("call-page-panel")).to_have_count(0, timeout=PATIENCE_MS)
    await expect(chrome("call")).to_have_attribute("data-state", "confirmed")
    before = list(counter.web.asked)
    assert (await counter.application.refers(f"<{counter.url}>")).status == 200
    await click(chrome("call-page-refuse"))
    await counter.application.hears("603 Decline")
    await expect(chrome("call-page-ask")).to_have_count(0)
    assert counter.web.asked == before


async def test_a_page_gets_out_of_its_panel_nowhere(counter: Counter) -> None:
    await counter.show()
    inner = await counter.shown.locator("body").element_handle()
    assert inner is not None
    frame = await inner.owner_frame()
    assert frame is not None
    for attempt in (
        "top.location = 'http://127.0.0.1:1/'; return 'navigated'",
        "parent.location = 'http://127.0.0.1:1/'; return 'navigated'",
        "return top.document.title",
        "return parent.document.title",
        "return window.open('about:blank') === null ? 'refused' : 'opened'",
        "await navigator.mediaDevices.getUserMedia({audio: true}); return 'heard'",
        f"return (await fetch('{counter.browsing.host.bridge.chrome_url}')).status",
        f"""return await new Promise((done) => {{ const s = new WebSocket(
            '{counter.browsing.host.bridge.chrome_url.replace("http", "ws")}rpc', 'elsipo.v1');
            s.onopen = () => done('opened'); s.onerror = () => done('refused'); }})""",
    ):
        outcome = await frame.evaluate(f"async () => {{ try {{ {attempt} }} catch {{ return 'refused' }} }}")
        assert outcome == "refused", attempt
    # It greets as a page of Elsipo's would, and gets no line: an answer would come before what is asked next.
    await frame.evaluate(
        """() => { addEventListener('message', () => { document.title = 'answered'; });
            for (const window of [parent, top]) window.postMessage({type: 'elsipo.hello'}, '*'); }"""
    )
    assert (await counter.application.refers(f"<{counter.url}>")).status == 200
    await click(counter.browsing.chrome("call-page-refuse"))
    await expect(counter.browsing.chrome("call-page-ask")).to_have_count(0, timeout=PATIENCE_MS)
    assert await frame.title() == "Menu"
    # Its own server is all that it may show.
    await counter.shown.locator("#away").click()
    await expect(counter.shown.get_by_text("Your order")).to_have_count(0, timeout=PATIENCE_MS)  # Chromium says why
    assert counter.other.asked == []
    await expect(counter.browsing.chrome("identity-aor")).to_be_visible()
    await expect(counter.browsing.chrome("call")).to_have_attribute("data-state", "confirmed")


async def test_what_is_offered_from_this_machine_is_nothing_of_elsipos_own(counter: Counter) -> None:
    host, chrome = counter.browsing.host, counter.browsing.chrome
    for url in (host.bridge.chrome_url, f"{host.bridge.page_origin(ACCOUNT)}/"):
        before = len(host.bridge.connections_of(host.windows.all()[0].window_id))
        assert (await counter.application.refers(f"<{url}>")).status == 200
        await click(chrome("call-page-allow"))
        await expect(chrome("call-page-origin")).to_have_text(url.rstrip("/"), timeout=PATIENCE_MS)
        # Chromium's own words for a document that is not to be framed.
        await expect(counter.shown.get_by_text("refused to connect").first).to_be_attached(timeout=PATIENCE_MS)
        assert len(host.bridge.connections_of(host.windows.all()[0].window_id)) == before


async def test_a_page_comes_by_https_through_the_host_as_long_as_it_is_open(
    trusted: Authority, counter: Counter
) -> None:
    async with WebServer.opened("app.example", trusted) as web:
        web.things["/order"] = Thing(MENU.replace(b"AWAY", f"{counter.other.origin}/".encode()), "text/html")
        web.things["/thanks"] = Thing(b"<!DOCTYPE html><h1>Thank you</h1>", "text/html")
        counter.web = web
        assert await _way_to(counter, web.port) == b"403"
        await counter.show()
        assert await _way_to(counter, web.port) == b"200"
        await counter.shown.locator("button").click()
        await expect(counter.shown.locator("h1")).to_have_text("Thank you", timeout=PATIENCE_MS)
        await click(counter.browsing.chrome("call-page-close"))
        await expect(counter.browsing.chrome("call-page-panel")).to_have_count(0, timeout=PATIENCE_MS)
        assert await _way_to(counter, web.port) == b"403"


async def test_the_way_to_a_page_that_is_open_is_none_for_webrtc_of_a_page_over_sip(
    trusted: Authority, counter: Counter
) -> None:
    assert trusted
    async with Trap.laid() as trap:
        assert (await counter.application.refers(f"<https://app.example:{trap.port}/>")).status == 200
        await click(counter.browsing.chrome("call-page-allow"))
        await eventually(lambda: trap.reached, timeout_s=PATIENCE_MS / 1000, what="Chromium that asks for the page")
        frame = await counter.browsing.opens_bobs(READY)
        trap.reached.clear()
        for scheme in ("turn", "turns"):
            attempt = script("WebRTC over TCP", trap.port).replace("turn:127.0.0.1", f"{scheme}:app.example")
            assert await frame.evaluate(attempt) == "refused"
            await eventually(lambda: trap.reached, timeout_s=PATIENCE_MS / 1000, what="WebRTC that may say nothing")
            assert set(trap.reached) == {""}, scheme
            trap.reached.clear()


async def _way_to(counter: Counter, port: int) -> bytes:
    """What the windows' proxy says to who wants to go to a port of the application's."""
    listener = counter.browsing.host._front.web_listener
    return await proxy_says(listener.getsockname()[1], f"app.example:{port}")
