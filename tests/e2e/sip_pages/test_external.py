"""A page that is on the web, and came over SIP as an address and a digest: Kamailio's own, as it is and changed."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.resources import provider_kit
from peers.pointer import click
from peers.web import Thing, WebServer
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from elsipo.demo.provider import DemoProvider

PATIENCE_MS = 20_000
ACCOUNT = "alice-provider-a-test"
PATH = "/specials.html"


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    """Has the kit's page."""
    async with WebServer.opened("127.0.0.1", None) as server:
        server.things[PATH] = Thing((provider_kit() / "specials.html").read_bytes(), "text/html")
        yield server


@pytest.fixture
async def provider(web: WebServer, new_provider: Callable[..., DemoProvider]) -> DemoProvider:
    """Kamailio, which refers to it."""
    provider = new_provider(domain="provider-a.test", specials_url=f"{web.origin}{PATH}")
    await provider.start()
    return provider


async def test_a_page_on_the_web_is_shown_behind_the_walls_of_pages_over_sip(browsing: Any, web: WebServer) -> None:
    browsing.host.book.allow_local_ui(ACCOUNT, allowed=True)
    page, chrome = browsing.window.page, browsing.chrome
    await browsing.open("menu")
    await browsing.is_at("menu", "Menu of the day")
    await page.locator("#specials").click()
    await browsing.is_at("specials", "This season's specials")
    frame = await browsing.window.frame()
    assert await frame.evaluate("self.origin") == "null"
    reached = await frame.evaluate(f"fetch('{web.origin}{PATH}').then(() => 'fetched', () => 'refused')")
    assert reached == "refused"
    await page.locator("#order").click()
    await browsing.is_at("order", "Order")
    await browsing.type_address("specials")
    await browsing.is_at("specials", "This season's specials")
    assert web.asked == [PATH]
    await expect(chrome("bookmark-button")).to_be_visible()


async def test_a_page_that_was_changed_on_the_web_is_not_shown_and_it_is_said_why(
    browsing: Any, web: WebServer
) -> None:
    chrome = browsing.chrome
    await browsing.open("specials")
    cause = chrome("page-error-cause")
    await expect(cause).to_contain_text("only by https", timeout=PATIENCE_MS)  # this machine was not allowed
    assert web.asked == []
    browsing.host.book.allow_local_ui(ACCOUNT, allowed=True)
    honest = web.things[PATH]
    web.things[PATH] = Thing(honest.body.replace(b"Pumpkin", b"Poison "), "text/html")
    await click(chrome("page-error-retry"))
    await expect(cause).to_contain_text("not what the provider meant (SHA-256)", timeout=PATIENCE_MS)
    await expect(chrome("page-error")).to_contain_text("show your provider this text")
    web.things[PATH] = honest
    await click(chrome("page-error-retry"))
    await browsing.is_at("specials", "This season's specials")
    # Who names no digest that counts is told so.
    await browsing.open(browsing.bob.uri)
    sha1 = hashlib.sha1(honest.body, usedforsecurity=False)
    where = f'message/external-body;access-type=URL;URL="{web.origin}{PATH}";hash={sha1.hexdigest().upper()}'
    await browsing.bob.gives("Content-Type: text/html\r\n\r\n", where)
    await expect(cause).to_contain_text("without a SHA-256 digest", timeout=PATIENCE_MS)
    await click(chrome("page-error-retry"))
    digest = b64encode(hashlib.sha256(honest.body).digest()).decode()
    await browsing.bob.gives(f"Content-Type: image/gif\r\nContent-Digest: sha-256=:{digest}:\r\n\r\n", where)
    await expect(cause).to_contain_text("image/gif", timeout=PATIENCE_MS)
