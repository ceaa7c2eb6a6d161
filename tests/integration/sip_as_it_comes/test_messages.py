"""What may stand in a MESSAGE, and how often it may come: what the window shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.sip import RawUserAgent
from peers.sipp_provider import sipp_provider

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from peers.person import Person

    At = Callable[..., AbstractAsyncContextManager[Person]]

TEXT = "Grüße, Ωμέγα"
PARTS = (
    b"preamble\r\n--cut\r\nContent-Type: text/html\r\n\r\n<b>no</b>\r\n"
    b"--cut\r\nContent-Type: text/plain;charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"Gr=FC=DFe\r\n--cut\r\nContent-Type: image/png\r\n\r\n\x89PNG\x00\r\n--cut--\r\n"
)


async def _shown(alice: Person, wanted: str) -> list[tuple[str, str]]:
    """Content type and text of bob's messages, once this one is shown."""
    await alice.chrome.seen(bridge.MESSAGE_RECEIVED, lambda told: told.message.body.strip() == wanted)
    page = await alice.chrome.ask(bridge.MESSAGE_LIST, m.BridgeMessageListParams(peer="bob"))
    return [(message.content_type, message.body) for message in page.messages]


@pytest.mark.parametrize(
    ("content_type", "body", "text", "shown_as"),
    [
        ("text/plain;charset=iso-8859-1", "Grüße".encode("latin-1"), "Grüße", ""),
        ('text/plain; charset="ISO-8859-1"', "Grüße".encode("latin-1"), "Grüße", ""),
        ("text/plain;charset=utf-16", TEXT.encode("utf-16"), TEXT, ""),
        ("text/plain;charset=UTF-16", TEXT.encode("utf-16-be"), TEXT, ""),
        ("text/plain;charset=no-such", TEXT.encode(), TEXT, ""),
        ("application/x-unheard-of;version=9", b"what it says", "what it says", ""),
        ("multipart/mixed;boundary=cut", PARTS, "Grüße", "text/plain;charset=utf-8"),
        ('multipart/alternative; boundary="cut"', PARTS, "Grüße", "text/plain;charset=utf-8"),
        ("multipart/mixed;boundary=other", b"--cut\r\n\r\nx", "--cut\r\n\r\nx", ""),
        ("multipart/mixed", b"no boundary", "no boundary", ""),
    ],
)
async def test_the_text_of_a_message_is_shown(
    alice_at: At, content_type: str, body: bytes, text: str, shown_as: str
) -> None:
    async with alice_at("registrar_alone") as alice, RawUserAgent.opened() as bob:
        host, _, port = (await alice.address()).partition(":")
        answer = await bob.request(
            "MESSAGE",
            "sip:alice@provider-a.test",
            (host, int(port)),
            sender="sip:bob@provider-a.test",
            body=body,
            headers={"Content-Type": content_type},
        )
        assert answer.status == 200
        assert await _shown(alice, text) == [(shown_as or content_type, text)]


async def test_a_message_that_comes_again_is_one_message(alice_at: At, scenarios: Path, tmp_path: Path) -> None:
    async with (
        alice_at("registrar_alone") as alice,
        sipp_provider(tmp_path / "bob", scenarios / "caller_repeats.xml", calls=1, target=await alice.address()) as bob,
    ):
        await bob.completed()
        assert [text.strip() for _, text in await _shown(alice, "again")] == ["once", "again"]
