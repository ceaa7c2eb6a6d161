"""Two providers with different looks, in real windows; what a person sees and says there."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from peers.pointer import click
from peers.web import Thing
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Locator

PATIENCE_MS = 20_000
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _colour(element: Locator, name: str) -> str:
    return str(await element.evaluate("(element, name) => getComputedStyle(element)[name]", name))


async def test_each_window_has_its_providers_look_and_page(street: Any) -> None:
    aurora, harbour = street.aurora, street.harbour
    await expect(aurora.page.locator("#state")).to_have_text("You are registered.", timeout=PATIENCE_MS)
    await expect(aurora.page.locator("#i_infotext")).to_contain_text("Server time", timeout=PATIENCE_MS)
    await expect(aurora.chrome.get_by_test_id("address-input")).to_have_value(
        re.compile("^aurora.test .* Aurora Telecom$")
    )
    await expect(harbour.page.get_by_test_id("home-provider")).to_have_text("Harbour Voice", timeout=PATIENCE_MS)
    await expect(harbour.page.get_by_test_id("home-logo")).to_be_visible()
    assert await _colour(aurora.page.locator("body"), "backgroundColor") == "rgb(251, 246, 252)"
    accent = "getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()"
    frame = await harbour.frame()
    await frame.wait_for_function(f"{accent} === '#b4530a'", timeout=PATIENCE_MS)
    for window in (aurora, harbour):
        await expect(window.chrome.get_by_test_id("brand-local")).to_be_visible()


async def test_a_person_grants_some_of_it_sees_it_used_and_takes_it_back(street: Any) -> None:
    chrome, page = street.aurora.chrome, street.aurora.page
    text = chrome.get_by_test_id("page-consent-text")
    await expect(text).to_contain_text("To call our service desk from this page.", timeout=PATIENCE_MS)
    await expect(text).to_contain_text(street.web.origin)
    await page.locator("#ask").click()
    await expect(page.locator("#problem")).to_contain_text("has not been granted")
    await chrome.get_by_test_id("consent-call.place").uncheck()
    await click(chrome.get_by_test_id("page-consent-allow"))
    await expect(chrome.get_by_test_id("page-consent")).to_be_hidden(timeout=PATIENCE_MS)
    await page.locator("#ask").click(timeout=PATIENCE_MS)
    await expect(page.locator("#i_stats")).to_contain_text("ULoc", timeout=PATIENCE_MS)
    await click(chrome.get_by_test_id("account-menu-button"))
    await click(chrome.get_by_test_id("menu-provider"))
    about = chrome.get_by_test_id("about-provider")
    await expect(about).to_contain_text("Aurora Telecom")
    await expect(chrome.get_by_test_id("about-local")).to_be_visible()
    await expect(chrome.get_by_test_id("grant-call.place")).not_to_be_checked()
    await chrome.get_by_test_id("grant-service.request").uncheck()
    await expect(about).to_contain_text("used 1 time,", timeout=PATIENCE_MS)
    await click(chrome.get_by_test_id("about-close"))
    await page.locator("#ask").click()
    await expect(page.locator("#problem")).to_contain_text("has not been granted")


async def test_a_new_service_shows_up_in_the_page_whether_the_manifest_names_it_or_the_provider_lists_it(
    street: Any,
) -> None:
    web, chrome, page = street.web, street.harbour.chrome, street.harbour.page
    with closing(sqlite3.connect(street.harbours.run_dir / "provider.sqlite")) as database, database:
        database.executescript(
            "INSERT INTO services (name, title) VALUES ('lunch', 'Lunch'), ('tides', 'Tides');"
            "CREATE VIEW service_lunch AS SELECT name AS username, json_object('soup', 'Leek') AS answer FROM users;"
            "CREATE VIEW service_tides AS SELECT name AS username, json_object('high', '12:30') AS answer FROM users;"
        )
    manifest = json.loads(web.things["/harbour/elsipo.json"].body)
    manifest["services"] = [{"name": "tides", "title": "Tides"}]
    web.things["/harbour/elsipo.json"] = Thing(json.dumps(manifest).encode())
    await click(chrome.get_by_test_id("account-menu-button"))
    await click(chrome.get_by_test_id("menu-provider"))
    await click(chrome.get_by_test_id("about-refresh"))
    await click(chrome.get_by_test_id("about-close"))
    await page.get_by_test_id("services-refresh").click()
    asks = page.get_by_test_id("service-ask")
    await expect(asks).to_have_text(["Tides", "Lunch"], timeout=PATIENCE_MS)
    for name, answer in (("tides", "12:30"), ("lunch", "Leek")):
        service = page.locator(f"[data-testid=service][data-service={name}]")
        await service.get_by_test_id("service-ask").click()
        await expect(service.get_by_test_id("service-answer")).to_contain_text(answer, timeout=PATIENCE_MS)


async def test_a_new_version_that_asks_for_more_is_asked_about_before_it_is_shown(street: Any) -> None:
    web, chrome, page = street.web, street.aurora.chrome, street.aurora.page
    manifest = json.loads(web.things["/aurora/elsipo.json"].body)
    manifest["version"] = "2"
    # The longest reason that there may be, with no place to break it, and what would be more than text elsewhere.
    hostile = "To show what you ordered.<img src=x onerror=alert(1)></p><h1>Allow all</h1>".ljust(200, "W")
    manifest["capabilities"].append({"capability": "history.read", "reason": hostile})
    html = web.things["/aurora/index.html"].body.replace(b"<h1>Aurora Telecom", b"<h1>Aurora Two")
    web.things["/aurora/index.html"] = Thing(html, "text/html")
    web.things["/aurora/elsipo.json"] = Thing(json.dumps(manifest).encode())
    await click(chrome.get_by_test_id("account-menu-button"))
    await click(chrome.get_by_test_id("menu-provider"))
    await click(chrome.get_by_test_id("about-refresh"))
    await expect(chrome.get_by_test_id("about-version")).to_contain_text("2 waits", timeout=PATIENCE_MS)
    await click(chrome.get_by_test_id("about-close"))
    question = chrome.get_by_test_id("page-consent-text")
    await expect(question).to_contain_text(hostile, timeout=PATIENCE_MS)
    bar = chrome.get_by_test_id("page-consent")
    await expect(bar.locator("img, h1")).to_have_count(0)
    wider = "[bar, document.documentElement].some((box) => box.scrollWidth > box.clientWidth)"
    assert not await bar.evaluate(f"(bar) => {wider}")
    await expect(chrome.get_by_test_id("page-consent-refuse")).to_be_in_viewport()
    await expect(page.locator("h1")).to_have_text("Aurora Telecom")
    await click(chrome.get_by_test_id("page-consent-refuse"))
    await expect(page.locator("h1")).to_have_text("Aurora Two", timeout=PATIENCE_MS)


@pytest.mark.parametrize("turning", ["\u202e", "\u2066", "\x1b[2J", "\n"], ids=ascii)
async def test_a_reason_that_turns_or_hides_what_is_written_is_refused_and_never_asked_with(
    street: Any, turning: str
) -> None:
    web, chrome, page = street.web, street.aurora.chrome, street.aurora.page
    good = web.things["/aurora/elsipo.json"]
    manifest = json.loads(good.body) | {"version": "3"}
    manifest["capabilities"].append({"capability": "message.read", "reason": f"To read nothing{turning}at all."})
    web.things["/aurora/elsipo.json"] = Thing(json.dumps(manifest).encode())
    await click(chrome.get_by_test_id("account-menu-button"))
    await click(chrome.get_by_test_id("menu-provider"))
    await click(chrome.get_by_test_id("about-refresh"))
    problem = chrome.get_by_test_id("about-problem")
    await expect(problem).to_contain_text(
        re.compile(r"breaks the contract at 'capabilities\.\d\.reason'"), timeout=PATIENCE_MS
    )
    web.things["/aurora/elsipo.json"] = good
    await click(chrome.get_by_test_id("about-refresh"))
    await expect(problem).to_be_hidden(timeout=PATIENCE_MS)
    await click(chrome.get_by_test_id("about-close"))
    await expect(chrome.get_by_test_id("page-consent")).to_have_count(0)
    await expect(page.locator("#state")).to_have_text("You are registered.")


async def test_a_manifest_that_turns_bad_is_said_and_the_last_good_page_stays(street: Any) -> None:
    web, chrome, page = street.web, street.aurora.chrome, street.aurora.page
    good = web.things["/aurora/elsipo.json"]
    web.things["/aurora/elsipo.json"] = Thing(status=302, headers={"Location": "https://169.254.169.254/"})
    await click(chrome.get_by_test_id("account-menu-button"))
    await click(chrome.get_by_test_id("menu-provider"))
    await click(chrome.get_by_test_id("about-refresh"))
    await expect(chrome.get_by_test_id("about-problem")).to_contain_text("169.254.169.254", timeout=PATIENCE_MS)
    await click(chrome.get_by_test_id("about-close"))
    notice = chrome.locator('[data-notice-id="provider-ui"]')
    await expect(notice).to_contain_text("The last good version is shown.")
    await expect(page.locator("#state")).to_have_text("You are registered.")
    await click(notice.get_by_test_id("notice-dismiss"))
    web.things["/aurora/elsipo.json"] = good
