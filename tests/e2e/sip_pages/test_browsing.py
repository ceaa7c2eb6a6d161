"""What a person does with pages over SIP: Kamailio's own, in a real window."""

from __future__ import annotations

from typing import Any

from peers.pointer import click
from playwright.async_api import expect

PATIENCE_MS = 20_000


async def test_a_page_is_asked_for_and_its_links_and_form_are_followed(browsing: Any) -> None:
    page, chrome = browsing.window.page, browsing.chrome
    await browsing.open("menu")
    await browsing.is_at("menu", "Menu of the day")
    await page.locator("#order").click()
    await browsing.is_at("order", "Order")
    await page.locator("[name=dish]").fill("Suppe & <b>Brot</b>, süß")
    await page.locator("button").click()
    answered = page.locator("pre")
    await expect(answered).to_have_text(
        "Thank you, alice. We have: dish=Suppe & <b>Brot</b>, süß&time=12:30&as=table", timeout=PATIENCE_MS
    )
    # Back and forward show what came; nobody is asked, and nothing is sent, again.
    await click(chrome("back-button"))
    await browsing.is_at("order", "Order")
    await click(chrome("back-button"))
    await browsing.is_at("menu", "Menu of the day")
    await click(chrome("forward-button"))
    await browsing.is_at("order", "Order")
    await click(chrome("back-button"))
    await page.locator("#hours").click()
    await browsing.is_at("hours")
    await expect(page.locator("pre")).to_contain_text("Monday to Friday", timeout=PATIENCE_MS)
    await expect(chrome("forward-button")).to_be_disabled()
    # Home is a page like the others, with what its own page may do.
    await click(chrome("home-button"))
    await expect(page.get_by_test_id("dial-input")).to_be_visible(timeout=PATIENCE_MS)
    await click(chrome("back-button"))
    await expect(page.locator("pre")).to_contain_text("Monday to Friday", timeout=PATIENCE_MS)


async def test_an_error_page_says_what_the_provider_said_and_the_way_back_stays(browsing: Any) -> None:
    page, chrome = browsing.window.page, browsing.chrome
    await browsing.open("menu")
    await browsing.is_at("menu", "Menu of the day")
    await page.locator("#gone").click()
    await expect(chrome("page-error")).to_contain_text("wine@provider-a.test gave no page", timeout=PATIENCE_MS)
    await expect(chrome("page-error-cause")).to_have_text("The provider said: 404 Not Found")
    await expect(chrome("page-error")).to_contain_text("Check the spelling")
    await click(chrome("back-button"))
    await browsing.is_at("menu", "Menu of the day")
    # Who gives no answer is waited for, until the person, or the clock, says stop.
    browsing.host.user_agent("alice-provider-a-test").sip_pages.answer_within_s = 1.0
    await browsing.open("silence")
    await expect(chrome("page-error-cause")).to_have_text("The provider does not answer.", timeout=PATIENCE_MS)
    await click(chrome("page-error-home"))
    await expect(page.get_by_test_id("dial-input")).to_be_visible(timeout=PATIENCE_MS)


async def test_stop_stays_where_one_is_and_a_late_answer_changes_nothing(browsing: Any) -> None:
    page, chrome = browsing.window.page, browsing.chrome
    await browsing.open("menu")
    await browsing.is_at("menu", "Menu of the day")
    await browsing.open(browsing.bob.uri)
    question = await browsing.bob.asked()
    await expect(chrome("page-progress")).to_be_visible(timeout=PATIENCE_MS)
    await click(chrome("stop-button"))
    await expect(chrome("page-progress")).to_be_hidden(timeout=PATIENCE_MS)
    await browsing.bob.answers(question, "<h1>Late</h1>")
    await browsing.is_at("menu", "Menu of the day")
    # Reload asks anew, and shows what is there now.
    await browsing.open(browsing.bob.uri)
    await browsing.bob.gives("<title>One</title><h1>One</h1>")
    await browsing.is_at("bob", "One")
    await click(chrome("reload-button"))
    await browsing.bob.gives("<title>Two</title><h1>Two</h1>")
    await browsing.is_at("bob", "Two")
    assert await page.locator("h1").count() == 1


async def test_known_pages_are_kept_listed_opened_and_forgotten(browsing: Any) -> None:
    chrome = browsing.chrome
    await browsing.open("menu")
    await browsing.is_at("menu", "Menu of the day")
    await click(chrome("bookmark-button"))
    await expect(chrome("bookmark-button")).to_have_attribute("aria-pressed", "true", timeout=PATIENCE_MS)
    await browsing.open("hours")
    await browsing.is_at("hours")
    # A page that is known is opened by Enter alone.
    await browsing.type_address("menu")
    await browsing.is_at("menu", "Menu of the day")
    await click(chrome("pages-button"))
    visited = [await item.get_attribute("data-uri") for item in await chrome("visited").all()]
    assert visited == ["sip:menu@provider-a.test", "sip:hours@provider-a.test"]
    await click(chrome("visited").nth(1).get_by_test_id("known-open"))
    await browsing.is_at("hours")
    await click(chrome("pages-button"))
    await click(chrome("bookmark").get_by_test_id("known-open"))
    await browsing.is_at("menu", "Menu of the day")
    await click(chrome("pages-button"))
    await click(chrome("bookmark-remove"))
    await expect(chrome("bookmark")).to_have_count(0, timeout=PATIENCE_MS)
    await click(chrome("history-forget"))
    await expect(chrome("visited")).to_have_count(0, timeout=PATIENCE_MS)


async def test_a_link_to_somebody_offers_the_call_and_places_it_when_the_person_agrees(browsing: Any) -> None:
    page, chrome = browsing.window.page, browsing.chrome
    await browsing.open("menu")
    await browsing.is_at("menu", "Menu of the day")
    await page.locator("#call").click()
    await expect(chrome("gesture-text")).to_contain_text("Call echo@provider-a.test?", timeout=PATIENCE_MS)
    await click(chrome("gesture-deny"))
    await expect(chrome("call")).to_have_count(0)
    await page.locator("#call").click()
    await click(chrome("gesture-allow"))
    await expect(chrome("call")).to_contain_text("echo", timeout=PATIENCE_MS)
    # No echo user is registered here.
    await expect(chrome("call")).to_have_attribute("data-outcome", "no_answer", timeout=PATIENCE_MS)
    await browsing.is_at("menu", "Menu of the day")
