"""The demo provider's registrar: who may come in, and as whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from peers.kamailio import contacts, registered_users

if TYPE_CHECKING:
    from elsipo.demo.provider import DemoProvider
    from peers.sip import RawUserAgent

DOMAIN = "provider-a.test"


async def test_the_right_password_registers_and_a_second_time_unregisters(
    provider: DemoProvider, stranger: RawUserAgent
) -> None:
    server = ("127.0.0.1", provider.udp_port)
    assert (await stranger.register(server, DOMAIN, ("alice", "alicepw"))).status == 200
    assert [contact["Address"] for contact in contacts(provider, "alice")] == [f"sip:alice@127.0.0.1:{stranger.port}"]
    assert registered_users(provider) == {"alice"}
    assert (await stranger.register(server, DOMAIN, ("alice", "alicepw"), expires_s=0)).status == 200
    assert contacts(provider, "alice") == []


@pytest.mark.parametrize("login", [("alice", "wrong"), ("mallory", "alicepw"), ("alice", "")])
async def test_a_wrong_login_is_challenged_again(
    provider: DemoProvider, stranger: RawUserAgent, login: tuple[str, str]
) -> None:
    assert (await stranger.register(("127.0.0.1", provider.udp_port), DOMAIN, login)).status == 401
    assert registered_users(provider) == set()


async def test_nobody_registers_for_another_user(provider: DemoProvider, stranger: RawUserAgent) -> None:
    answer = await stranger.request(
        "REGISTER",
        f"sip:{DOMAIN}",
        ("127.0.0.1", provider.udp_port),
        sender=f"sip:bob@{DOMAIN}",
        to=f"sip:bob@{DOMAIN}",
        login=("alice", "alicepw"),
    )
    assert answer.status == 403
    assert registered_users(provider) == set()


async def test_another_domain_is_not_served(provider: DemoProvider, stranger: RawUserAgent) -> None:
    server = ("127.0.0.1", provider.udp_port)
    assert (await stranger.register(server, "elsewhere.test", ("alice", "alicepw"))).status == 403


async def test_a_challenge_names_the_domain_as_its_realm(provider: DemoProvider, stranger: RawUserAgent) -> None:
    server = ("127.0.0.1", provider.udp_port)
    answer = await stranger.request("REGISTER", f"sip:{DOMAIN}", server, sender=f"sip:alice@{DOMAIN}")
    assert answer.status == 401
    assert f'realm="{DOMAIN}"' in answer.header("WWW-Authenticate")
    assert 'qop="auth"' in answer.header("WWW-Authenticate")
