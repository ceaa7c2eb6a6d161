"""Fragments that are on the web: what came over the registrar's flow says where, and how they are recognised."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.registrar import RawRegistrar
from peers.waiting import eventually
from peers.web import Thing, WebServer
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DOMAIN = "provider-a.test"


@dataclass
class Signed:
    """Alice is registered, and her page is there.

    Attributes:
        registrar: At this registrar.
        web: Who has what it refers to.
        page: Her page.
    """

    registrar: RawRegistrar
    web: WebServer
    page: Document

    def refers(self, element_id: str, path: str, meant: bytes) -> None:
        """Send a fragment that is at a path, and is to be this."""
        digest = b64encode(hashlib.sha256(meant).digest()).decode()
        self.registrar.fragment(
            element_id,
            f"Content-Type: text/html\r\nContent-Digest: sha-256=:{digest}:\r\n\r\n",
            content_type=f'message/external-body;access-type=URL;URL="{self.web.origin}{path}"',
        )

    async def shown(self, element_id: str, html: str) -> None:
        """Wait until the page was given this content for an element."""
        await self.page.seen(
            bridge.FRAGMENT_RECEIVED, lambda told: (told.fragment.element_id, told.fragment.html) == (element_id, html)
        )

    async def known(self) -> dict[str, str]:
        """What a page that loads now would show."""
        fragments = (await self.page.ask(bridge.FRAGMENT_LIST, m.BridgeFragmentListParams())).fragments
        return {fragment.element_id: fragment.html for fragment in fragments}


@pytest.fixture
async def signed(tmp_path: Path) -> AsyncIterator[Signed]:
    host = Host(Folders.below(tmp_path / "alice"), audio="null", use_keyring=False)
    async with RawRegistrar.opened() as registrar, WebServer.opened("127.0.0.1", None) as web:
        record = host.book.add(f"alice@{DOMAIN}", server=f"127.0.0.1:{registrar.port}")
        host.book.allow_local_ui(record.account_id, allowed=True)
        host.credentials.keep(record.account_id, "alicepw", allow_file=True)
        async with started(host), Document.chrome(host) as chrome, chrome.page(host) as page:
            await chrome.registered()
            yield Signed(registrar, web, page)


async def test_a_fragment_on_the_web_is_shown_cleaned_and_fetched_once(signed: Signed) -> None:
    large = b"<b>" + b"x" * 20_000 + b"</b><script>alert(1)</script>"
    signed.web.things["/large"] = Thing(large, "text/plain")
    signed.refers("i_one", "/large", large)
    await signed.shown("i_one", f"<b>{'x' * 20_000}</b>")
    signed.refers("i_two", "/large", large)
    await signed.shown("i_two", f"<b>{'x' * 20_000}</b>")
    assert signed.web.asked == ["/large"]


async def test_what_is_not_what_was_meant_fills_no_element(signed: Signed) -> None:
    signed.web.things["/changed"] = Thing(b"<b>changed</b>")
    signed.refers("i_one", "/changed", b"<b>meant</b>")
    signed.refers("i_two", "/gone", b"<b>meant</b>")
    await eventually(lambda: len(signed.web.asked) == 2, what="both were looked for")
    signed.registrar.fragment("i_end", "<b>good</b>")
    await signed.shown("i_end", "<b>good</b>")
    assert await signed.known() == {"i_end": "<b>good</b>"}


async def test_what_came_later_is_not_replaced_by_what_took_longer_and_few_are_awaited(signed: Signed) -> None:
    let_go = asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        await let_go.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n<b>late</b>")

    for number in range(6):
        signed.web.things[f"/{number}"] = Thing(instead=late)
        signed.refers(f"i_{number}", f"/{number}", b"<b>late</b>")
    await eventually(lambda: len(signed.web.asked) == 4, what="four are asked for")
    signed.registrar.fragment("i_0", "<b>newer</b>")
    await signed.shown("i_0", "<b>newer</b>")
    let_go.set()
    for number in (1, 2, 3):
        await signed.shown(f"i_{number}", "<b>late</b>")
    assert await signed.known() == {"i_0": "<b>newer</b>"} | {f"i_{number}": "<b>late</b>" for number in (1, 2, 3)}
    assert sorted(signed.web.asked) == ["/0", "/1", "/2", "/3"]
