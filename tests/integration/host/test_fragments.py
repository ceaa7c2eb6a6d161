"""Fragments as a provider may send them: many, and hostile ones. Each threat stands beside its answer."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.registrar import RawRegistrar
from peers.sip import RawUserAgent
from peers.waiting import eventually
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DOMAIN = "provider-a.test"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


@dataclass
class Signed:
    """Alice is registered at a registrar that says whatever the test wants.

    Attributes:
        registrar: It.
        page: Her page.
        engine_pid: Her engine.
    """

    registrar: RawRegistrar
    page: Document
    engine_pid: int

    async def shown(self, element_id: str, html: str) -> None:
        """Wait until the page was given this content for an element."""

        def fits(told: m.BridgeFragmentReceivedParams) -> bool:
            return (told.fragment.element_id, told.fragment.html) == (element_id, html)

        await self.page.seen(bridge.FRAGMENT_RECEIVED, fits)

    async def known(self) -> dict[str, str]:
        """What a page that loads now would show."""
        fragments = (await self.page.ask(bridge.FRAGMENT_LIST, m.BridgeFragmentListParams())).fragments
        return {fragment.element_id: fragment.html for fragment in fragments}

    async def answered_all(self, count: int) -> None:
        """Wait until the engine has answered so many requests of the registrar's."""
        await eventually(lambda: self.registrar.answered >= count, timeout_s=20, what=f"{count} answers of 200")

    async def is_at_work(self) -> None:
        """The page is heard, the engine lives on, and good content is shown."""
        assert await self.page.ask(bridge.SYSTEM_ECHO, m.BridgeSystemEchoParams(text="still", hop="engine")) == "still"
        status = await self.page.ask(bridge.ENGINE_STATUS, m.BridgeEngineStatusParams())
        assert (status.state, status.pid) == ("running", self.engine_pid)
        self.registrar.fragment("i_end", "<b>good</b>")
        await self.shown("i_end", "<b>good</b>")


@pytest.fixture
async def signed(tmp_path: Path) -> AsyncIterator[Signed]:
    """She is registered, and her page is there."""
    host = Host(Folders.below(tmp_path / "alice"), audio="null", use_keyring=False)
    async with RawRegistrar.opened() as registrar:
        record = host.book.add(f"alice@{DOMAIN}", server=f"127.0.0.1:{registrar.port}")
        host.credentials.keep(record.account_id, "alicepw", allow_file=True)
        async with started(host), Document.chrome(host) as chrome, chrome.page(host) as page:
            await chrome.registered()
            pid = host.user_agent(record.account_id).status.pid
            assert pid is not None
            yield Signed(registrar, page, pid)


async def test_a_thousand_a_second_are_taken_and_the_last_of_each_element_is_shown(signed: Signed) -> None:
    count, elements = 2000, 32

    def send(number: int) -> None:
        signed.registrar.fragment(f"i_{number % elements}", f"<b>{number}</b>")

    await signed.registrar.flood(send, count, rate=1000)
    last = {f"i_{number % elements}": f"<b>{number}</b>" for number in range(count - elements, count)}
    await signed.shown(f"i_{(count - 1) % elements}", f"<b>{count - 1}</b>")
    await signed.answered_all(count)
    assert await signed.known() == last
    told = signed.page.all_seen(bridge.FRAGMENT_RECEIVED)
    assert {params.fragment.element_id: params.fragment.html for params in told} == last
    assert len(told) < count, "what nobody could have seen was shown"
    # They are no messages: nothing of them is in the history.
    kept = await signed.page.ask(bridge.CONVERSATION_LIST, m.BridgeConversationListParams())
    assert kept.conversations == []
    await signed.is_at_work()


async def test_a_stranger_fills_no_element_whatever_name_he_takes(signed: Signed) -> None:
    async with RawUserAgent.opened() as stranger:
        # His own domain: a message like any other, for nothing of the page is another domain's.
        signed.registrar.message("<b>mine</b>", sender="sip:id-i_infotext@stranger.test", by=stranger)
        message = (await signed.page.seen(bridge.MESSAGE_RECEIVED)).message
        assert message.peer == "sip:id-i_infotext@stranger.test"
        # The provider's domain, forged, from a socket that is not the registrar's (RFC 3261 section 26.1.2).
        for number in range(50):
            signed.registrar.message(f"<b>{number}</b>", sender=f"sip:id-i_infotext@{DOMAIN}", by=stranger)
        await stranger.wait_for(lambda came: came.status == 200)
        await eventually(lambda: len(stranger.came) >= 51, what="all of his were answered")
    await signed.is_at_work()
    assert await signed.known() == {"i_end": "<b>good</b>"}
    assert len(signed.page.all_seen(bridge.MESSAGE_RECEIVED)) == 1


async def test_what_could_run_is_taken_out_before_a_page_sees_it(signed: Signed) -> None:
    signed.registrar.fragment(
        "i_infotext",
        "<p onclick='steal()'>News<script>steal()</script><img src=x onerror=steal()>"
        "<a href='javascript:steal()'>more</a><iframe src='https://evil.test'></iframe></p>",
    )
    await signed.shown("i_infotext", '<p>News<a rel="noopener noreferrer">more</a></p>')


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "i/../x", "__proto__\x00", "é"])
async def test_a_name_that_is_no_elements_is_none_of_the_pages(signed: Signed, name: str) -> None:
    signed.registrar.message("<b>x</b>", sender=f"sip:id-{name}@{DOMAIN}")
    await signed.is_at_work()
    assert await signed.known() == {"i_end": "<b>good</b>"}


async def test_a_datagram_that_promises_ten_megabytes_is_no_content(signed: Signed) -> None:
    whole = "x" * (10 << 20)
    signed.registrar.fragment("i_infotext", whole[:3000], promised=len(whole))
    await signed.is_at_work()
    assert await signed.known() == {"i_end": "<b>good</b>"}


async def test_nothing_is_unpacked(signed: Signed) -> None:
    emoji = (FAMILY * 100_000).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("emoji.html", emoji[: 1 << 20])
    assert len(packed.getvalue()) < 3000
    signed.registrar.fragment("i_zip", packed.getvalue(), "application/zip")
    squeezed = gzip.compress(emoji[: 1 << 19], 9)
    assert len(squeezed) < 3000
    signed.registrar.fragment("i_gzip", squeezed, "text/html\r\nContent-Encoding: gzip")
    await signed.is_at_work()
    assert await signed.known() == {"i_end": "<b>good</b>"}


async def test_emoji_in_every_string_are_shown_as_they_are(signed: Signed) -> None:
    signed.registrar.message(
        f"<b title='{FAMILY}'>{FAMILY * 20}</b>",
        sender=f"sip:id-i_infotext@{DOMAIN}",
        display=FAMILY * 20,
    )
    await signed.shown("i_infotext", f'<b title="{FAMILY}">{FAMILY * 20}</b>')


async def test_no_provider_fills_the_memory_with_elements(signed: Signed) -> None:
    await signed.registrar.flood(lambda number: signed.registrar.fragment(f"n{number}", "x"), 600, rate=1000)
    await signed.answered_all(600)
    known = await signed.known()
    assert len(known) == 256
    assert "n599" in known
    await signed.is_at_work()
