"""The demo provider's messages: between users, the timed one, services, and forgeries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from elsipo.demo.provider import DemoProvider
    from peers.sip import RawUserAgent, SipMessage

DOMAIN = "provider-a.test"
ALICE, BOB = f"sip:alice@{DOMAIN}", f"sip:bob@{DOMAIN}"
LOGIN = ("alice", "alicepw")


async def _say(provider: DemoProvider, agent: RawUserAgent, to: str, body: str) -> SipMessage:
    server = ("127.0.0.1", provider.udp_port)
    return await agent.request("MESSAGE", f"sip:{to}@{DOMAIN}", server, sender=ALICE, body=body, login=LOGIN)


async def test_a_message_reaches_another_user_as_it_was(
    provider: DemoProvider, alice: RawUserAgent, bob: RawUserAgent
) -> None:
    assert (await _say(provider, alice, "bob", "Grüße 你好 👋")).status == 200
    came = await bob.wait_for(lambda message: message.from_user == "alice" and message.method == "MESSAGE")
    assert came.body.decode() == "Grüße 你好 👋"
    assert came.source == ("127.0.0.1", provider.udp_port)
    assert came.header("Proxy-Authorization") == ""


@pytest.mark.parametrize(("user", "status"), [("carol", 480), ("nobody-of-that-name", 404)])
async def test_who_cannot_be_reached_is_told_apart_from_who_does_not_exist(
    provider: DemoProvider, alice: RawUserAgent, user: str, status: int
) -> None:
    assert (await _say(provider, alice, user, "Hello?")).status == status


async def test_the_time_comes_again_and_again_to_who_is_registered(provider: DemoProvider, alice: RawUserAgent) -> None:
    first = await alice.wait_for(lambda message: message.from_user == "id-i_infotext")
    assert first.body.startswith(b"Hi! Server time: ")
    number = int(first.body.rpartition(b"Cnt: ")[2])
    await alice.wait_for(lambda message: message.body.endswith(f"Cnt: {number + 1}".encode()))
    assert first.source == ("127.0.0.1", provider.udp_port)


async def test_a_service_answers_from_the_element_that_was_named(provider: DemoProvider, alice: RawUserAgent) -> None:
    assert (await _say(provider, alice, "elsipo-stats", "id-i_stats")).status == 200
    came = await alice.wait_for(lambda message: message.from_user == "id-i_stats")
    assert came.header("From").startswith(f"<sip:id-i_stats@{DOMAIN}>")
    assert b"Time: " in came.body
    assert b"ULoc: 1" in came.body
    assert came.source == ("127.0.0.1", provider.udp_port)


@pytest.mark.parametrize("body", ["", "i_stats", "id-", "id-a b", "id-a\r\nid-b", 'id-"><script>', "id-" + "x" * 65])
async def test_a_service_refuses_what_is_no_element(provider: DemoProvider, alice: RawUserAgent, body: str) -> None:
    assert (await _say(provider, alice, "elsipo-stats", body)).status == 400


async def test_an_unknown_service_is_not_found(provider: DemoProvider, alice: RawUserAgent) -> None:
    answer = await _say(provider, alice, "elsipo-nonsense", "id-i_stats")
    assert (answer.status, answer.start_line) == (404, "SIP/2.0 404 No Such Service")


async def test_a_forged_sender_without_a_password_is_challenged(
    provider: DemoProvider, stranger: RawUserAgent, bob: RawUserAgent
) -> None:
    for sender in (ALICE, f"sip:id-i_forged@{DOMAIN}"):
        answer = await stranger.request("MESSAGE", BOB, ("127.0.0.1", provider.udp_port), sender=sender, body="x")
        assert answer.status == 407
    assert not [message for message in bob.came if message.from_user in {"alice", "id-i_forged"}]


@pytest.mark.parametrize("sender", [BOB, f"sip:id-i_forged@{DOMAIN}", "sip:alice@elsewhere.test"])
async def test_a_user_cannot_speak_as_another_or_as_an_element(
    provider: DemoProvider, alice: RawUserAgent, bob: RawUserAgent, sender: str
) -> None:
    server = ("127.0.0.1", provider.udp_port)
    answer = await alice.request("MESSAGE", BOB, server, sender=sender, body="forged", login=LOGIN)
    assert answer.status == 403
    assert not [message for message in bob.came if message.body == b"forged"]


async def test_a_message_that_claims_to_be_within_a_call_is_not_let_through(
    provider: DemoProvider, stranger: RawUserAgent, bob: RawUserAgent
) -> None:
    server = ("127.0.0.1", provider.udp_port)
    for uri in (BOB, f"sip:bob@127.0.0.1:{bob.port}"):
        answer = await stranger.request(
            "MESSAGE",
            uri,
            server,
            sender=f"sip:id-i_infotext@{DOMAIN}",
            body="forged",
            headers={"Route": f"<sip:127.0.0.1:{provider.udp_port};lr>"},
            to_tag="anything",
        )
        assert answer.status == 407
    assert not [message for message in bob.came if message.body == b"forged"]


async def test_it_is_no_relay_to_elsewhere(provider: DemoProvider, alice: RawUserAgent, bob: RawUserAgent) -> None:
    uri = f"sip:bob@127.0.0.1:{bob.port}"
    answer = await alice.request(
        "MESSAGE", uri, ("127.0.0.1", provider.udp_port), sender=ALICE, body="relayed", login=LOGIN
    )
    assert answer.status == 403
