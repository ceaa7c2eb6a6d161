"""Calls of ours that come to nothing, each in its own way: what the window shows, and what the history keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from peers.rtp import RtpPeer

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from peers.person import Person

    At = Callable[..., AbstractAsyncContextManager[Person]]

BOB = "sip:bob@provider-a.test"


@pytest.mark.parametrize(
    ("status", "reason", "header", "outcome"),
    [
        (480, "Temporarily Unavailable", "X-None: 1", "no_answer"),
        (486, "Busy Here", "X-None: 1", "busy"),
        (503, "Service Unavailable", "Retry-After: 30", "failed"),
        (600, "Busy Everywhere", "X-None: 1", "busy"),
    ],
)
async def test_a_refusal_is_shown_as_it_was_said(
    alice_at: At, status: int, reason: str, header: str, outcome: str
) -> None:
    keys = {"status": str(status), "reason": reason, "header": header}
    async with alice_at("final_response", keys) as alice:
        await alice.dial()
        over = await alice.call("disconnected")
        assert (over.sip_status, over.reason_phrase) == (status, reason)
        assert await alice.history() == [(BOB, outcome, status)]


async def test_a_redirection_within_the_domain_is_followed_once(
    alice_at: At,
) -> None:
    keys = {"contact": "sip:carol@provider-a.test", "then": "486 Busy Here"}
    async with alice_at("redirect", keys) as alice:
        await alice.dial()
        over = await alice.call("disconnected")
        assert (over.sip_status, over.reason_phrase) == (486, "Busy Here")
        await alice.sipp.received("INVITE sip:carol@provider-a.test", 1)
        assert await alice.history() == [(BOB, "busy", 486)]


async def test_redirections_are_not_followed_in_circles(
    alice_at: At,
) -> None:
    keys = {"contact": "sip:carol@provider-a.test", "then": "302 Moved Temporarily"}
    async with alice_at("redirect", keys) as alice:
        await alice.dial()
        over = await alice.call("disconnected")
        assert over.sip_status == 302
        assert (
            over.reason_phrase
            == "The provider sent the call on more than once, the last time to sip:again@provider-a.test."
        )
        assert await alice.history() == [(BOB, "failed", 302)]


@pytest.mark.parametrize("contact", ["sip:bob@elsewhere.test", "tel:+123456", "sip:bob@127.0.0.1:9"])
async def test_a_redirection_to_elsewhere_ends_the_call_and_says_where_to(alice_at: At, contact: str) -> None:
    keys = {"status": "302", "reason": "Moved Temporarily", "header": f"Contact: <{contact}>"}
    async with alice_at("final_response", keys) as alice:
        await alice.dial()
        over = await alice.call("disconnected")
        assert over.sip_status == 302
        assert over.reason_phrase == f"The provider sent the call on to {contact}, which is not in provider-a.test."
        assert await alice.history() == [(BOB, "failed", 302)]


async def test_early_media_is_heard_before_an_answer(
    alice_at: At,
) -> None:
    async with RtpPeer.opened() as rtp, alice_at("early_media", {"media": str(rtp.port)}, audio="echo") as alice:
        call = await alice.dial()
        await alice.call("early", sip_status=180, has_audio=False)
        early = await alice.call("early", has_audio=True)
        assert early.confirmed_at_ms is None
        await rtp.hears_its_tone()
        await alice.hang_up(call)
        over = await alice.call("disconnected")
        assert (over.sip_status, over.has_audio) == (487, False)
        assert await alice.history() == [(BOB, "cancelled", 487)]


async def test_an_answer_that_crosses_our_cancel_leaves_no_ghost(
    alice_at: At,
) -> None:
    async with alice_at("cancel_crosses_200", {"media": "9"}) as alice:
        call = await alice.dial()
        await alice.call("early")
        await alice.hang_up(call)
        await alice.call("disconnected")
        await alice.sipp.received("BYE sip:bob@", 1)
        assert await alice.history() == [(BOB, "cancelled", 487)]
