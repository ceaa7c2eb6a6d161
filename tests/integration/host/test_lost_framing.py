"""A stream whose messages are larger than the SIP stack holds: nobody can tell any more where a message begins."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.stream_registrar import StreamRegistrar, message
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DOMAIN = "provider-a.test"
BUFFER = 4000
"""Octets that the stack takes at once."""

Signed = tuple[StreamRegistrar, Document]


@pytest.fixture
async def signed(tmp_path: Path) -> AsyncIterator[Signed]:
    """Alice is registered over TCP, and her page is there."""
    host = Host(Folders.below(tmp_path / "alice"), audio="null", use_keyring=False)
    async with StreamRegistrar.opened() as registrar:
        record = host.book.add(f"alice@{DOMAIN}", server=f"127.0.0.1:{registrar.port}", transport="tcp")
        host.credentials.keep(record.account_id, "alicepw", allow_file=True)
        async with started(host), Document.chrome(host) as chrome, chrome.page(host) as page:
            await chrome.registered()
            yield registrar, page


async def _known(page: Document) -> dict[str, str]:
    fragments = (await page.ask(bridge.FRAGMENT_LIST, m.BridgeFragmentListParams())).fragments
    return {fragment.element_id: fragment.html for fragment in fragments}


async def _good_content_is_shown(registrar: StreamRegistrar, page: Document) -> None:
    await registrar.send(message(b"<b>good</b>", sender=f"sip:id-i_end@{DOMAIN}"))
    await page.seen(bridge.FRAGMENT_RECEIVED, lambda told: told.fragment.element_id == "i_end")


async def test_ten_megabytes_end_the_connection_and_the_account_is_back_on_another(
    signed: Signed, caplog: pytest.LogCaptureFixture
) -> None:
    registrar, page = signed
    caplog.set_level(logging.INFO)
    await registrar.send(message(b"<b>secret" + b"y" * (10 << 20), sender=f"sip:id-i_infotext@{DOMAIN}"))
    await registrar.connected(2)
    await _good_content_is_shown(registrar, page)
    assert await _known(page) == {"i_end": "<b>good</b>"}
    assert "Rx buffer overflow" in caplog.text
    assert "secret" not in caplog.text
    assert "yyyy" not in caplog.text


async def test_a_message_within_the_body_of_another_is_none(signed: Signed) -> None:
    registrar, page = signed
    # What bob writes, the registrar brings to alice: over its own flow, but as the body of a message from bob.
    forged = message(b"<b>forged</b>", sender=f"sip:id-i_infotext@{DOMAIN}")
    outer = message(b"", sender=f"sip:bob@{DOMAIN}", promised=BUFFER + len(forged))
    padding = b"." * (BUFFER - len(outer))
    await registrar.send(outer + padding + forged + b"." * len(outer))
    await registrar.connected(2)
    await _good_content_is_shown(registrar, page)
    assert await _known(page) == {"i_end": "<b>good</b>"}
    kept = await page.ask(bridge.CONVERSATION_LIST, m.BridgeConversationListParams())
    assert kept.conversations == []
