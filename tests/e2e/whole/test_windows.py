"""What a person and a hostile page can do in the real windows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from peers.pointer import click
from peers.sip import RawUserAgent
from peers.waiting import eventually
from playwright.async_api import Error, expect

if TYPE_CHECKING:
    from elsipo.demo.provider import DemoProvider
    from playwright.async_api import Page

PATIENCE_MS = 20_000


async def test_an_address_that_is_wrong_is_said_in_the_form_and_the_right_one_signs_in(
    empty_window: Page, provider: DemoProvider
) -> None:
    page = empty_window
    await expect(page.get_by_test_id("sign-in-form")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_test_id("sign-in-address").fill("not an address")
    await page.get_by_test_id("sign-in-password").fill("alicepw")
    await page.get_by_test_id("sign-in-submit").click()
    await expect(page.get_by_test_id("sign-in-error")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_test_id("sign-in-address").fill("alice@provider-a.test")
    await page.get_by_test_id("sign-in-advanced").click()
    await page.get_by_test_id("sign-in-server").fill(provider.server("udp"))
    await page.get_by_test_id("sign-in-submit").click()
    await expect(page.get_by_test_id("registration-state")).to_contain_text("Registered", timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("identity-aor")).to_contain_text("alice@provider-a.test")
    assert "alicepw" not in await page.content()


async def test_a_document_whose_token_got_lost_is_loaded_again(empty_window: Page) -> None:
    page = empty_window
    await expect(page.get_by_test_id("sign-in-form")).to_be_visible(timeout=PATIENCE_MS)
    # What the shell calls is not what the chrome has put there, in the next document alone.
    await page.add_init_script("""if (!sessionStorage.getItem("lost")) {
        sessionStorage.setItem("lost", "once");
        Object.defineProperty(window, "elsipoAuthorize", { get: () => () => undefined, set: () => undefined });
    }""")
    await page.reload()
    await expect(page.get_by_test_id("connecting")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("sign-in-form")).to_be_visible(timeout=PATIENCE_MS)


async def test_a_call_rings_in_the_chrome_and_is_answered_and_ended_there(desk: Any) -> None:
    await desk.bob.page.get_by_test_id("dial-input").fill("alice")
    await desk.bob.page.get_by_test_id("dial-call").click()
    incoming = desk.alice.chrome.get_by_test_id("incoming-call")
    await expect(incoming).to_be_visible(timeout=PATIENCE_MS)
    await expect(desk.alice.chrome.get_by_test_id("incoming-peer")).to_contain_text("ob")
    await click(desk.alice.chrome.get_by_test_id("incoming-answer"))
    for window in (desk.alice, desk.bob):
        await expect(window.chrome.get_by_test_id("call-timer")).to_be_visible(timeout=PATIENCE_MS)
    await click(desk.alice.chrome.get_by_test_id("call-hang-up"))
    for window in (desk.alice, desk.bob):
        await expect(window.chrome.get_by_test_id("call-timer")).to_be_hidden(timeout=PATIENCE_MS)


async def test_a_rejected_call_is_shown_as_busy_to_the_caller(desk: Any) -> None:
    await desk.bob.page.get_by_test_id("dial-input").fill("alice")
    await desk.bob.page.get_by_test_id("dial-call").click()
    await click(desk.alice.chrome.get_by_test_id("incoming-reject"))
    await expect(desk.alice.chrome.get_by_test_id("incoming-call")).to_be_hidden(timeout=PATIENCE_MS)
    await expect(desk.bob.chrome.get_by_test_id("call")).to_contain_text("usy", timeout=PATIENCE_MS)


async def test_a_killed_engine_is_said_and_comes_back_while_the_window_stays(desk: Any) -> None:
    agent = desk.host.user_agent("alice-provider-a-test")
    before = agent.status.pid
    frame = await desk.alice.frame()
    await frame.evaluate("window.stillTheSame = true")
    os.kill(before, signal.SIGKILL)
    await frame.wait_for_function(
        "async (pid) => { const s = await elsipo.engine.status(); return s.state === 'running' && s.pid !== pid; }",
        arg=before,
        timeout=PATIENCE_MS,
    )
    state = desk.alice.chrome.get_by_test_id("registration-state")
    await expect(state).to_contain_text("Registered", timeout=PATIENCE_MS)
    assert await frame.evaluate("window.stillTheSame") is True


async def test_a_page_has_no_network_and_cannot_reach_the_chrome(desk: Any) -> None:
    frame = await desk.alice.frame()
    port = desk.host.bridge.port
    refused = """async (attempt) => {
        try { await fetch(attempt); return 'fetched'; } catch (error) { }
        try { return String(parent.document.title); } catch (error) { }
        try { parent.location = 'http://127.0.0.1:1/'; return 'navigated the chrome'; } catch (error) { }
        return 'refused';
    }"""
    for address in (f"http://127.0.0.1:{port}/", "http://example.invalid/", "/"):
        assert await frame.evaluate(refused, address) == "refused"
    socket = """(url) => new Promise((resolve) => {
        try {
            const socket = new WebSocket(url, 'elsipo.v1');
            socket.onopen = () => resolve('opened');
            socket.onerror = () => resolve('refused');
        } catch (error) { resolve('refused'); }
    })"""
    assert await frame.evaluate(socket, f"ws://127.0.0.1:{port}/rpc") == "refused"


async def test_a_page_cannot_open_windows_or_leave_its_place(desk: Any) -> None:
    frame = await desk.alice.frame()
    assert await frame.evaluate("window.open('http://127.0.0.1:1/') === null") is True
    with pytest.raises(Error):
        await frame.evaluate("top.location.href = 'http://example.invalid/'; throw new Error('still here')")
    await expect(desk.alice.chrome.get_by_test_id("identity-aor")).to_be_visible()


async def test_html_from_the_provider_cannot_run_and_from_a_stranger_is_not_shown(desk: Any) -> None:
    frame = await desk.alice.frame()
    registration = desk.host.user_agent("alice-provider-a-test").registrations.current
    async with RawUserAgent.opened() as stranger:
        host, _, port = registration.contact.partition("@")[2].partition(";")[0].rstrip(">").partition(":")
        answer = await stranger.request(
            "MESSAGE",
            f"sip:alice@{host}:{port}",
            (host, int(port)),
            sender="sip:id-i_infotext@provider-a.test",
            body="<b>forged</b><img src=x onerror=\"document.title='owned'\">",
            headers={"Content-Type": "text/html"},
        )
    assert answer.status == 200
    await desk.alice.page.get_by_test_id("stats-button").click()
    await expect(desk.alice.page.locator("#i_stats")).to_contain_text("Time", timeout=PATIENCE_MS)
    assert "forged" not in await frame.evaluate("document.body.innerText")
    assert await frame.title() != "owned"


async def test_a_page_whose_renderer_dies_is_shown_again_and_the_call_goes_on(desk: Any) -> None:
    await desk.alice.page.get_by_test_id("dial-input").fill("echo")
    await desk.alice.page.get_by_test_id("dial-call").click()
    await expect(desk.alice.chrome.get_by_test_id("call-timer")).to_be_visible(timeout=PATIENCE_MS)
    window = desk.host.windows.of_account("alice-provider-a-test")
    (before,) = desk.host.bridge.connections_of(window.window_id, "page")
    (chrome,) = desk.host.bridge.connections_of(window.window_id, "chrome")
    line = await desk.alice.chrome.context.new_cdp_session(await desk.alice.frame())
    with contextlib.suppress(Error, TimeoutError):  # nobody is left to answer
        await asyncio.wait_for(line.send("Page.crash"), 1)
    # Playwright takes the whole window for crashed and looks at it no more: the host's end tells.
    await eventually(
        lambda: desk.host.bridge.connections_of(window.window_id, "page") not in ([], [before]),
        timeout_s=PATIENCE_MS / 1000,
        what="another document greets",
    )
    assert desk.host.bridge.connections_of(window.window_id, "chrome") == [chrome]
    (call,) = desk.host.user_agent("alice-provider-a-test").calls.running().calls
    assert call.state == "confirmed"
