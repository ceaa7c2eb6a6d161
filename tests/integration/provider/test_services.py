"""The kit's services as any SIP client meets them: JSON over MESSAGE, from SQLite."""

from __future__ import annotations

import itertools
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from peers.waiting import eventually

if TYPE_CHECKING:
    from elsipo.demo.provider import DemoProvider
    from peers.sip import RawUserAgent

LOGIN = ("alice", "alicepw")


async def ask(provider: DemoProvider, agent: RawUserAgent, service: str, number: int = 1) -> Any:
    """Ask a service as alice, and read its answer."""
    question_id = f"question{number}"
    answer = await agent.request(
        "MESSAGE",
        f"sip:elsipo-{service}@{provider.domain}",
        ("127.0.0.1", provider.udp_port),
        sender=f"sip:alice@{provider.domain}",
        headers={"Accept": "application/json", "Elsipo-Message-ID": question_id},
        login=LOGIN,
    )
    assert answer.start_line == "SIP/2.0 200 OK"
    came = await agent.wait_for(lambda message: message.header("elsipo-in-reply-to") == question_id)
    assert came.from_user == f"elsipo-{service}"
    assert came.source == ("127.0.0.1", provider.udp_port)
    assert came.header("content-type") == "application/json"
    return json.loads(came.body)


async def test_services_are_listed(provider: DemoProvider, alice: RawUserAgent) -> None:
    names = {service["name"] for service in (await ask(provider, alice, "services"))["services"]}
    assert {"balance", "numbers", "calls", "devices", "stats"} <= names


async def test_balance_numbers_and_statistics_are_told(provider: DemoProvider, alice: RawUserAgent) -> None:
    balance = await ask(provider, alice, "balance", 1)
    assert (balance["amount"], balance["currency"]) == ("12.50", "EUR")
    numbers = (await ask(provider, alice, "numbers", 2))["numbers"]
    assert {"title": "Voicemail", "uri": f"sip:echo@{provider.domain}", "kind": "voicemail"} in numbers
    statistics = (await ask(provider, alice, "stats", 3))["statistics"]
    assert next(row["value"] for row in statistics if row["label"] == "Registered contacts") == 1


async def test_a_new_service_is_a_view_and_needs_no_restart(provider: DemoProvider, alice: RawUserAgent) -> None:
    with closing(sqlite3.connect(provider.run_dir / "provider.sqlite")) as database, database:
        database.executescript(
            "INSERT INTO services (name, title) VALUES ('lunch', 'Lunch');"
            "CREATE VIEW service_lunch AS SELECT name AS username, json_object('soup', 'Lentils') AS answer FROM users;"
        )
    try:
        assert {"name": "lunch", "title": "Lunch"} in (await ask(provider, alice, "services", 1))["services"]
        assert await ask(provider, alice, "lunch", 2) == {"soup": "Lentils"}
    finally:
        with closing(sqlite3.connect(provider.run_dir / "provider.sqlite")) as database, database:
            database.executescript("DROP VIEW service_lunch; DELETE FROM services WHERE name = 'lunch';")


@pytest.mark.parametrize("service", ["nonsense", "x' OR '1'='1", 'x"; DROP TABLE users; --', "services2", ""])
async def test_what_is_no_service_is_not_found(provider: DemoProvider, alice: RawUserAgent, service: str) -> None:
    answer = await alice.request(
        "MESSAGE",
        f"sip:elsipo-{service.replace(' ', '%20').replace(chr(34), '%22')}@{provider.domain}",
        ("127.0.0.1", provider.udp_port),
        sender=f"sip:alice@{provider.domain}",
        headers={"Accept": "application/json"},
        login=LOGIN,
    )
    assert answer.status == 404


async def test_devices_are_known_after_a_moment(provider: DemoProvider, alice: RawUserAgent) -> None:
    numbers = itertools.count()
    ours = f"sip:alice@127.0.0.1:{alice.port}"

    async def written() -> bool:
        devices = (await ask(provider, alice, "devices", next(numbers))).get("devices", [])
        return ours in {device["contact"] for device in devices}

    await eventually(written, what="the registration in SQLite")


async def test_only_the_voicemail_server_publishes_and_only_the_owner_subscribes(
    provider: DemoProvider, alice: RawUserAgent
) -> None:
    server, bob = ("127.0.0.1", provider.udp_port), f"sip:bob@{provider.domain}"
    asked = {"Event": "message-summary", "Expires": "60"}
    forged = await alice.request(
        "PUBLISH", bob, server, sender=f"sip:alice@{provider.domain}", headers=asked, body="x", login=LOGIN
    )
    assert forged.start_line == "SIP/2.0 403 Not The Voicemail Server"
    curious = await alice.request(
        "SUBSCRIBE", bob, server, sender=f"sip:alice@{provider.domain}", headers=asked, login=LOGIN
    )
    assert curious.start_line == "SIP/2.0 403 Not Your Box"


async def test_calls_are_told_with_their_outcome(provider: DemoProvider, alice: RawUserAgent) -> None:
    server = ("127.0.0.1", provider.udp_port)
    sender = f"sip:alice@{provider.domain}"
    invite = await alice.request("INVITE", f"sip:bob@{provider.domain}", server, sender=sender, login=LOGIN)
    assert invite.status == 480
    call = (await ask(provider, alice, "calls"))["calls"][0]
    assert (call["direction"], call["outcome"], call["duration_s"]) == ("outgoing", "no_answer", 0)
    assert call["peer"] == f"sip:bob@{provider.domain}"
    assert call["sip_call_id"] == invite.header("call-id")
