"""A page that was written for Elsipo 0.1 and knows nothing of us, from a folder, in a real window."""

from __future__ import annotations

import re
from typing import Any

from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.pointer import click
from playwright.async_api import expect

PATIENCE_MS = 20_000


async def test_the_page_loads_as_it_was_written(old: Any) -> None:
    assert await old.frame.title() == "Müller Telefon"
    assert await old.frame.evaluate("atFirst") == "object object object"
    assert await old.frame.evaluate("document.compatMode") == "CSS1Compat"
    assert await old.frame.evaluate("document.characterSet") == "windows-1252"
    assert await old.frame.evaluate("[sip.name(), sip.version(), elsipo.name(), echo.name()]") == [
        "Pjsip",
        "0.1.0",
        "elsipo",
        "Echo",
    ]
    assert "hello" in await old.frame.evaluate("sip.echoStr('hello')")
    await expect(old.window.chrome.get_by_test_id("address-input")).to_have_value(
        re.compile("^provider-a.test .* your folder elsipo2011$")
    )


async def test_nothing_works_before_the_page_has_registered(old: Any) -> None:
    assert await old.status() == 0
    await old.fill("number", "sip:bob@provider-a.test")
    await old.click("dial")
    assert await old.last_answer() == -1
    await old.hears("alert(Not registered!)")
    cards = old.window.page.get_by_test_id("page-alert")
    await expect(cards).to_have_count(2, timeout=PATIENCE_MS)
    await expect(cards.first).to_contain_text("Elsipo: Not registered!")
    await expect(cards.last).to_contain_text("Cannot call")
    await cards.first.get_by_role("button").click()
    await expect(cards).to_have_count(1)
    await old.fill("to", "sip:bob@provider-a.test")
    await old.fill("text", "x")
    await old.click("send")
    assert await old.last_answer() == -1
    assert await old.count("alert") == 2


async def test_registration_is_told_once_and_toggles(old: Any) -> None:
    await old.register()
    assert await old.last_answer() == 0
    assert await old.status() == 1
    assert await old.count("register_ok") == 1
    assert await old.count("registered callback") == 1
    await old.click("reg_button")
    await old.reads("reg_state", "offline")
    assert await old.status() == 3
    await expect(old.window.chrome.get_by_test_id("registration-state")).to_contain_text("Not registered")
    await old.click("reg_button")
    await old.reads("reg_state", "online")
    assert await old.status() == 1
    assert await old.count("register_ok") == 3
    assert await old.count("register_failed") == 0


async def test_a_link_calls_at_once_and_the_page_hangs_up(old: Any) -> None:
    await old.register()
    await old.fill("number", "sip:bob@provider-a.test")
    await old.click("dial")
    assert await old.last_answer() == 0
    ringing = await old.bob.seen(bridge.CALL_STATE_CHANGED, lambda p: p.call.direction == "incoming")
    assert await old.window.chrome.get_by_test_id("gesture-confirm").count() == 0
    await old.bob.ask(bridge.CALL_ANSWER, m.BridgeCallAnswerParams(call_id=ringing.call.call_id))
    await expect(old.window.chrome.get_by_test_id("call-timer")).to_be_visible(timeout=PATIENCE_MS)
    await old.click("dial")
    assert await old.last_answer() == -1
    await old.click("hangup")
    over = await old.bob.seen(bridge.CALL_STATE_CHANGED, lambda p: p.call.state == "disconnected")
    assert over.call.outcome == "answered"
    await old.reads("call_state", "ended")
    assert await old.count("call_ended") == 1


async def test_an_echo_call_that_the_other_side_ends_is_told(old: Any) -> None:
    await old.register()
    await old.fill("number", "sip:bob@provider-a.test")
    await old.click("dial")
    ringing = await old.bob.seen(bridge.CALL_STATE_CHANGED, lambda p: p.call.direction == "incoming")
    await old.bob.ask(bridge.CALL_REJECT, m.BridgeCallRejectParams(call_id=ringing.call.call_id))
    await old.reads("call_state", "ended")
    assert await old.count("call_ended") == 1


async def test_a_call_that_nobody_clicked_for_asks_in_the_chrome(old: Any) -> None:
    await old.register()
    # Each word over DevTools counts as a click: the page calls by itself, and nobody looks until it has.
    await old.frame.evaluate("""() => {
        const timer = setInterval(() => {
            if (navigator.userActivation.isActive) return;
            clearInterval(timer);
            said(sip.doCall('sip:bob@provider-a.test'));
            // The chrome waits a moment for news of a click before it asks.
            setTimeout(() => sip.sendIM('sip:bob@provider-a.test', 'asked'), 500);
        }, 50);
    }""")
    await old.bob.seen(bridge.MESSAGE_RECEIVED, lambda p: p.message.body == "asked")
    bar = old.window.chrome.get_by_test_id("gesture-confirm")
    await expect(bar).to_contain_text("bob@provider-a.test", timeout=PATIENCE_MS)
    await click(old.window.chrome.get_by_test_id("gesture-deny"))
    await old.hears("alert(This needs a click")
    await old.hears("call_ended")
    assert old.bob.all_seen(bridge.CALL_STATE_CHANGED) == []


async def test_it_is_called_and_answers(old: Any) -> None:
    await old.register()
    call = await old.bob.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target="alice"))
    assert await old.hears("call_in") == "call_in(<sip:bob@provider-a.test>)"
    await old.click("answer")
    await old.bob.seen(
        bridge.CALL_STATE_CHANGED, lambda p: p.call.call_id == call.call_id and p.call.state == "confirmed"
    )
    await old.bob.ask(bridge.CALL_HANG_UP, m.BridgeCallHangUpParams(call_id=call.call_id))
    await old.reads("call_state", "ended")
    assert await old.count("call_in") == 1
    assert await old.count("call_ended") == 1


async def test_it_rejects_and_the_caller_sees_486(old: Any) -> None:
    await old.register()
    await old.bob.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target="alice"))
    await old.hears("call_in")
    await old.click("reject")
    over = await old.bob.seen(bridge.CALL_STATE_CHANGED, lambda p: p.call.state == "disconnected")
    assert (over.call.sip_status, over.call.outcome) == (486, "busy")
    await old.hears("call_ended")
    assert await old.last_answer() == 0


async def test_messages_go_both_ways_and_one_that_fails_is_told(old: Any) -> None:
    await old.register()
    await old.fill("to", "sip:bob@provider-a.test")
    await old.fill("text", "Grüße")
    await old.click("send")
    assert await old.last_answer() == 0
    received = await old.bob.seen(bridge.MESSAGE_RECEIVED)
    assert received.message.body == "Grüße"
    assert received.from_header is not None
    assert "<sip:alice@provider-a.test>" in received.from_header
    await old.bob.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to="alice", body='"Hi" <b>\\n'))
    assert await old.hears("message(") == 'message(<sip:bob@provider-a.test>, text/plain, "Hi" <b>\\n)'
    await old.fill("to", "sip:nobody@provider-a.test")
    await old.click("send")
    failed = await old.hears("message_failed")
    assert failed.startswith("message_failed(sip:nobody@provider-a.test, 404, ")
    assert await old.count("message(") == 1
    assert await old.count("message_failed") == 1


async def test_what_the_provider_sends_for_an_element_gets_there(old: Any) -> None:
    await old.register()
    await old.reads("i_infotext", "Server time")


async def test_alert_from_a_javascript_link_is_seen_and_stops_nothing(old: Any) -> None:
    await old.click("imprint")
    await expect(old.window.page.get_by_test_id("page-alert")).to_contain_text("Impressum", timeout=PATIENCE_MS)
    assert await old.frame.evaluate("1 + 1") == 2


async def test_the_page_has_no_network_but_its_own_folder(old: Any) -> None:
    refused = "(url) => fetch(url).then(() => 'fetched', () => 'refused')"
    port = old.host.bridge.port
    assert await old.frame.evaluate(refused, "js/phone.js") == "fetched"
    for url in ("https://example.invalid/", f"http://127.0.0.1:{port}/", f"http://bob.localhost:{port}/"):
        assert await old.frame.evaluate(refused, url) == "refused"
    image = """(url) => new Promise((done) => {
        const image = new Image();
        document.addEventListener('securitypolicyviolation', () => done('refused'), { once: true });
        image.onload = () => done('loaded');
        image.src = url;
    })"""
    assert await old.frame.evaluate(image, "http://example.invalid/x.png?secret") == "refused"
