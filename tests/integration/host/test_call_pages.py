"""Pages that an application offers in a call, as the host holds them: what may be offered, and what becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import NotFoundError
from peers.application import Application
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.demo.provider import DemoProvider
    from elsipo.host.host import Host

ACCOUNT = "alice-provider-a-test"
# No name server is asked for an address that is written in numbers.
PAGE = "https://198.41.0.4:8443/menu?call=7"


class Call:
    """Alice is in a call with the application.

    Attributes:
        host: Alice's.
        chrome: Of her window.
        application: At the other end.
        call_id: The call.
    """

    def __init__(self, host: Host, chrome: Document, application: Application, call_id: str) -> None:
        self.host = host
        self.chrome = chrome
        self.application = application
        self.call_id = call_id

    async def told(self, *states: str) -> list[m.CallPage]:
        """The pages, once these are their states."""
        news = await self.chrome.seen(
            bridge.CALL_PAGE_LIST_CHANGED, lambda told: [page.state for page in told.list.pages] == list(states)
        )
        return news.list.pages

    async def listed(self) -> list[m.CallPage]:
        """The pages now."""
        return (await self.chrome.ask(bridge.CALL_PAGE_LIST, m.BridgeCallPageListParams())).pages

    async def decide(self, page: m.CallPage, *, allowed: bool) -> None:
        """The person's word."""
        params = m.BridgeCallPageDecideParams(call_id=page.call_id, offer_id=page.offer_id, allowed=allowed)
        await self.chrome.ask(bridge.CALL_PAGE_DECIDE, params)

    async def offered(self, url: str = PAGE) -> m.CallPage:
        """The application offers a page; how the window sees it."""
        assert (await self.application.refers(f"<{url}>")).status == 200
        news = await self.chrome.seen(
            bridge.CALL_PAGE_LIST_CHANGED,
            lambda told: any(page.url == url and page.state == "offered" for page in told.list.pages),
        )
        return next(page for page in news.list.pages if page.state == "offered")


@pytest.fixture
async def call(signed_in_host: Host, provider: DemoProvider) -> AsyncIterator[Call]:
    async with contextlib.AsyncExitStack() as stack:
        application = await stack.enter_async_context(Application.registered(provider))
        chrome = await stack.enter_async_context(Document.chrome(signed_in_host))
        registration = await chrome.ask(bridge.REGISTRATION_GET, m.BridgeRegistrationGetParams())
        if registration.state != "registered":
            await chrome.seen(bridge.REGISTRATION_STATE_CHANGED, lambda told: told.registration.state == "registered")
        placed = await chrome.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target=application.uri))
        await chrome.seen(bridge.CALL_STATE_CHANGED, lambda told: told.call.state == "confirmed")
        await application.called()
        yield Call(signed_in_host, chrome, application, placed.call_id)


async def _get(host: Host, url: str) -> tuple[int, str]:
    """Status and head of what the chrome frames."""
    name = url.removeprefix("http://").partition("/")[0]
    reader, writer = await asyncio.open_connection("127.0.0.1", host.bridge.port)
    writer.write(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
    answer = (await asyncio.wait_for(reader.read(), 10)).decode()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1]), answer


async def test_a_page_is_framed_after_consent_held_to_its_origin_and_gone_when_it_is_closed(call: Call) -> None:
    page = await call.offered()
    assert (page.call_id, page.origin, page.frame_url) == (call.call_id, "https://198.41.0.4:8443", None)
    await call.decide(page, allowed=True)
    await call.application.hears("200 OK")
    (shown,) = await call.told("open")
    assert shown.frame_url is not None
    status, answer = await _get(call.host, shown.frame_url)
    assert status == 200
    assert "frame-src https://198.41.0.4:8443;" in answer
    assert f'src="{PAGE.replace("&", "&amp;")}"' in answer
    with pytest.raises(NotFoundError):
        await call.decide(page, allowed=True)
    params = m.BridgeCallPageCloseParams(call_id=call.call_id)
    await call.chrome.ask(bridge.CALL_PAGE_CLOSE, params)
    await call.told()
    assert (await _get(call.host, shown.frame_url))[0] == 404
    with pytest.raises(NotFoundError):
        await call.chrome.ask(bridge.CALL_PAGE_CLOSE, params)


async def test_pages_go_with_their_call_and_a_newer_one_takes_the_place_of_the_older(call: Call) -> None:
    await call.decide(await call.offered(), allowed=True)
    newer = await call.offered(f"{PAGE}&step=2")
    assert [page.state for page in await call.listed()] == ["open", "offered"]
    await call.decide(newer, allowed=True)
    (shown,) = await call.listed()
    assert shown.url == f"{PAGE}&step=2"
    await call.offered(f"{PAGE}&step=3")
    await call.application.hangs_up()
    await call.chrome.seen(bridge.CALL_STATE_CHANGED, lambda told: told.call.state == "disconnected")
    assert await call.listed() == []
    assert shown.frame_url is not None
    assert (await _get(call.host, shown.frame_url))[0] == 404


async def test_who_is_refused_is_told_and_offers_nothing_more(call: Call) -> None:
    await call.decide(await call.offered(), allowed=False)
    await call.application.hears("603 Decline")
    assert (await call.application.refers(f"<{PAGE}>")).status == 603
    assert await call.listed() == []


async def test_what_nobody_decides_on_lapses_and_may_be_offered_again(call: Call) -> None:
    call.host.user_agent(ACCOUNT).call_pages.decide_within_s = 0.01
    await call.offered()
    await call.application.hears("480 Temporarily Unavailable")
    assert await call.listed() == []
    call.host.user_agent(ACCOUNT).call_pages.decide_within_s = 60
    await call.offered(f"{PAGE}&again")


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest/meta-data",
        "https://192.168.1.1/",
        "https://[::1]/",
        "http://app.example.org/",
        "http://127.0.0.1:8080/",
        "https://user:secret@198.41.0.4/",
        "https://198.41.0.4;frame-src*/",
        "https://198.41.0.4:99999/",
        "https://nowhere.invalid/",
    ],
)
async def test_where_no_fetch_may_go_no_page_is_offered_from(call: Call, url: str) -> None:
    assert (await call.application.refers(f"<{url}>")).status == 200
    await call.application.hears("403 Forbidden")
    assert await call.listed() == []
    # And the call is ready for an honest one.
    await call.offered()


async def test_this_machine_may_offer_pages_where_the_person_allowed_it(call: Call) -> None:
    call.host.book.allow_local_ui(ACCOUNT, allowed=True)
    assert (await call.offered("http://127.0.0.1:8080/app")).origin == "http://127.0.0.1:8080"


async def test_an_engine_that_dies_takes_the_offer_but_not_the_page_of_a_call_that_goes_on(call: Call) -> None:
    await call.decide(await call.offered(), allowed=True)
    await call.offered(f"{PAGE}&step=2")
    await call.told("open", "offered")
    await call.chrome.ask(bridge.ENGINE_RESTART, m.BridgeEngineRestartParams())
    assert [page.state for page in await call.listed() if page.state == "offered"] == []
