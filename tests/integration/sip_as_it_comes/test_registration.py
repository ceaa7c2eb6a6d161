"""What a registrar may answer: what the window shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from peers.person import Person

    At = Callable[..., AbstractAsyncContextManager[Person]]


@pytest.mark.parametrize(
    ("scenario", "expires_s"), [("stale_nonce", 300), ("register_407", 300), ("register_423", 900)]
)
async def test_what_needs_no_person_is_done_without_one(alice_at: At, scenario: str, expires_s: int) -> None:
    async with alice_at(scenario) as alice:
        registration = await alice.chrome.registered()
        assert (registration.sip_status, registration.expires_s) == (200, expires_s)
        assert set(alice.registrations()) <= {"registering", "registered"}


async def test_an_overloaded_provider_is_left_alone_for_as_long_as_it_asks(alice_at: At) -> None:
    async with alice_at("register_503", {"after": "60"}, registered=False) as alice:
        failed = await alice.registration("failed")
        assert (failed.sip_status, failed.reason_phrase) == (503, "Service Unavailable")
        assert failed.retry_in_s is not None
        assert 60 <= failed.retry_in_s <= 75


async def test_the_next_try_after_an_overload_comes_by_itself(alice_at: At) -> None:
    async with alice_at("register_503", {"after": "2"}, registered=False) as alice:
        first = await alice.registration("failed")
        assert first.retry_in_s in {2, 3}
        alice.chrome.forget()
        await alice.registration("registering")
        await alice.registration("failed")
        assert alice.sipp.count("REGISTER") == 2


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "Forbidden"), (404, "No Such Account Here"), (600, "Busy Everywhere")]
)
async def test_what_only_the_person_can_mend_is_not_tried_again(alice_at: At, status: int, reason: str) -> None:
    async with alice_at("register_refused", {"status": str(status), "reason": reason}, registered=False) as alice:
        failed = await alice.registration("failed")
        assert (failed.sip_status, failed.reason_phrase, failed.retry_in_s) == (status, reason, None)


async def test_a_call_through_a_proxy_that_wants_a_password_is_made(alice_at: At) -> None:
    async with alice_at("invite_407") as alice:
        await alice.dial()
        over = await alice.call("disconnected")
        assert over.sip_status == 486
        assert await alice.history() == [("sip:bob@provider-a.test", "busy", 486)]
        assert "alicepw" not in alice.sipp.sip()
