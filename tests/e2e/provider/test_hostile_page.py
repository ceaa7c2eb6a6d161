"""A provider's page that would do harm, in the real window: each threat, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from elsipo.rpc._generated.models import CapabilityAsk
from playwright.async_api import Error, expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Frame

PATIENCE_MS = 20_000
ACCOUNT = "alice-aurora-test"
pytestmark = pytest.mark.asyncio(loop_scope="module")

BEGUN = """async () => { await elsipo.ready; }"""
OUTCOMES = """async ([count, what]) => {
    const [noun, verb, params] = what;
    const asked = Array.from({length: count}, () => elsipo[noun][verb](params));
    const ends = await Promise.all(asked.map((answer) => answer.then(() => 'done', (error) => error.name)));
    return ends;
}"""


@pytest_asyncio.fixture(loop_scope="module")
async def page(street: Any) -> AsyncIterator[Frame]:
    """The page at its own origin, with every grant it asked for: what it does is what a granted page can."""
    ledger = street.host.pages._ledger
    bundle = street.host.pages.provider(ACCOUNT).current
    asks = [
        CapabilityAsk(capability=name, reason="To be tested.")
        for name in ("call.place", "message.send", "history.read", "service.request")
    ]
    manifest = bundle.manifest.model_copy(update={"capabilities": asks})
    street.host.pages.provider(ACCOUNT)._shelf.current = bundle.model_copy(update={"manifest": manifest})
    ledger.decide(ACCOUNT, bundle.origin, asks, [ask.capability for ask in asks])
    await street.aurora.chrome.get_by_test_id("reload-button").click()
    await expect(street.aurora.page.locator("#state")).to_have_text("You are registered.", timeout=PATIENCE_MS)
    frame = await street.aurora.frame()
    await frame.evaluate(BEGUN)
    yield frame
    # Whatever it did: the window is there, and answers a click.
    chrome = street.aurora.chrome
    await expect(chrome.get_by_test_id("identity-aor")).to_have_text("alice@aurora.test")
    await chrome.get_by_test_id("account-menu-button").click()
    await expect(chrome.get_by_test_id("account-menu")).to_be_visible()
    await chrome.keyboard.press("Escape")


async def test_it_finds_no_token_anywhere(page: Frame, street: Any) -> None:
    seen = await page.evaluate(
        """() => JSON.stringify([location.href, document.cookie, document.referrer, name,
            Object.keys(localStorage), Object.keys(sessionStorage), Object.keys(elsipo),
            performance.getEntries().map((entry) => entry.name), elsipo.session])"""
    )
    window = street.host.windows.of_account(ACCOUNT)
    for token in street.host.windows.issue(window, "chrome"), street.host.windows.issue(window, "page"):
        assert token not in seen
    assert "token" not in seen
    with pytest.raises(Error):
        await page.evaluate("parent.document.title")


async def test_it_reaches_no_socket_and_no_network(page: Frame, street: Any) -> None:
    attempt = """async (url) => {
        const socket = new Promise((resolve) => {
            try {
                const ws = new WebSocket(url.replace('http', 'ws') + 'rpc', 'elsipo.v1');
                ws.onopen = () => resolve('opened'); ws.onerror = () => resolve('refused');
            } catch (error) { resolve('refused'); }
        });
        const fetched = fetch(url, {mode: 'no-cors'}).then(() => 'opened', () => 'refused');
        const image = new Promise((resolve) => {
            const img = new Image(); img.onload = () => resolve('opened'); img.onerror = () => resolve('refused');
            img.src = url + 'logo.svg';
        });
        return Promise.all([socket, fetched, image, navigator.sendBeacon(url, 'x') ? 'refused' : 'refused']);
    }"""
    for url in (street.host.bridge.chrome_url, f"{street.web.origin}/"):
        before = list(street.web.asked)
        assert set(await page.evaluate(attempt, url)) == {"refused"}
        assert street.web.asked == before


async def test_it_frames_nothing_and_covers_nothing_of_the_chrome(page: Frame, street: Any) -> None:
    await page.evaluate(
        """(url) => {
            const frame = document.body.appendChild(document.createElement('iframe'));
            frame.src = url;
            const cover = document.body.appendChild(document.createElement('div'));
            cover.style = 'position:fixed;top:-500px;left:-500px;width:9999px;height:9999px;z-index:999;background:red';
        }""",
        street.host.bridge.chrome_url,
    )
    chrome = street.aurora.chrome
    bar = await chrome.get_by_test_id("chrome-topbar").bounding_box()
    box = await chrome.get_by_test_id("page-frame").bounding_box()
    assert box["y"] >= bar["y"] + bar["height"]
    await chrome.get_by_test_id("account-menu-button").click(timeout=PATIENCE_MS)
    await chrome.keyboard.press("Escape")
    assert not [inner for inner in page.child_frames if inner.url == street.host.bridge.chrome_url]


@pytest.mark.parametrize("how", ["top.location = 'https://evil.example/'", "window.open('/', '_top')"])
async def test_it_does_not_navigate_the_window(page: Frame, street: Any, how: str) -> None:
    chrome = street.aurora.chrome
    before = chrome.url
    await page.evaluate(f"() => {{ try {{ {how}; }} catch (error) {{ }} }}")
    assert await page.evaluate("1 + 1") == 2
    assert chrome.url == before


async def test_it_opens_no_window_and_gets_no_device(page: Frame) -> None:
    assert await page.evaluate("window.open('about:blank') === null") is True
    for device, wants in (("camera", "{video: true}"), ("microphone", "{audio: true}")):
        assert await page.evaluate(f"document.featurePolicy.allowsFeature('{device}')") is False
        ask = f"navigator.mediaDevices.getUserMedia({wants}).then(() => 'got it', (error) => error.name)"
        assert await page.evaluate(ask) in {"NotAllowedError", "NotFoundError"}


async def test_fifty_calls_without_a_gesture_are_none_and_the_person_is_asked_once(page: Frame, street: Any) -> None:
    await page.evaluate(
        "() => { window.ends = Promise.all(Array.from({length: 50}, () => elsipo.call.dial({target: 'bob'})"
        ".then(() => 'done', (error) => error.name))); }"
    )
    questions = street.aurora.chrome.get_by_test_id("gesture-confirm")
    await expect(questions).to_have_count(1, timeout=PATIENCE_MS)
    await street.aurora.chrome.get_by_test_id("gesture-deny").click()
    await expect(questions).to_have_count(0, timeout=PATIENCE_MS)
    assert set(await page.evaluate("window.ends")) == {"GestureRequiredError"}
    assert street.host.user_agent(ACCOUNT).calls.running().calls == []


async def test_messages_in_a_loop_are_held_to_a_persons_pace(page: Frame) -> None:
    ends = await page.evaluate(OUTCOMES, [50, ["message", "send", {"to": "bob", "body": "Buy!"}]])
    assert ends.count("done") <= 12
    assert ends.count("RateLimitedError") >= 38


async def test_it_reads_no_other_accounts_history_and_is_believed_no_other_account(page: Frame) -> None:
    for noun, verb in (("message", "list"), ("account", "get"), ("call", "history")):
        params = {"account_id": "alice-harbour-test", "peer": "bob"}
        ends = await page.evaluate(
            """([noun, verb, params]) => {
                const channel = elsipo[noun][verb];
                return channel(params).then((answer) => JSON.stringify(answer), (error) => error.name);
            }""",
            [noun, verb, params],
        )
        assert ends == "InvalidParamsError" or "harbour" not in ends
    assert "aurora" in await page.evaluate("elsipo.account.get().then((account) => account.aor)")
