"""Registering at Kamailio: what is accepted, what is refused, and what happens when nobody answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import engine as wire
from elsipo.rpc.errors import InvalidAddressError, InvalidStateError
from peers.kamailio import contacts
from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from elsipo.demo.provider import DemoProvider
    from peers.engine_driver import Engine
    from peers.tls import Authority


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_the_right_password_binds_the_contact_that_is_told(
    engine: Engine, provider: DemoProvider, transport: str
) -> None:
    server = provider.server("tcp" if transport == "tcp" else "udp")
    await engine.configure("alice", server, transport=transport, register_expires_s=60)
    registration = await engine.register()
    assert (registration.sip_status, registration.expires_s, registration.transport) == (200, 60, transport)
    assert registration.registrar_address == server
    assert [contact["Address"] for contact in contacts(provider, "alice")] == [registration.contact]


@pytest.mark.parametrize(("user", "password"), [("alice", "wrong"), ("mallory", "mallorypw")])
async def test_a_wrong_password_and_an_unknown_user_are_for_the_person_to_mend(
    engine: Engine, provider: DemoProvider, user: str, password: str
) -> None:
    await engine.configure(user, provider.server(), password=password)
    await engine.ask(wire.ACCOUNT_REGISTER)
    failed = await engine.registration("failed")
    assert failed.sip_status in {401, 403}
    assert failed.retry_in_s is None
    assert failed.reason_phrase
    assert contacts(provider, user) == []
    log = "\n".join(engine.supervisor.status.log_lines)
    assert password not in log


async def test_a_short_binding_is_refreshed_by_itself(engine: Engine, provider: DemoProvider) -> None:
    await engine.configure("alice", provider.server(), register_expires_s=7)
    await engine.register()
    await engine.registration("registered", since=len(engine.told), timeout_s=7.0)
    assert contacts(provider, "alice")[0]["Expires"] > 3


async def test_registering_again_renews_the_binding(alice: Engine, provider: DemoProvider) -> None:
    (before,) = contacts(provider, "alice")
    await alice.register()
    (after,) = contacts(provider, "alice")
    assert after["Address"] == before["Address"]
    assert after["CSeq"] > before["CSeq"]


async def test_unregistering_takes_the_binding_back(alice: Engine, provider: DemoProvider) -> None:
    await alice.ask(wire.ACCOUNT_UNREGISTER)
    await alice.registration("unregistering")
    gone = await alice.registration("unregistered")
    assert gone.sip_status == 200
    assert contacts(provider, "alice") == []
    await alice.register()


async def test_stopping_unregisters(alice: Engine, provider: DemoProvider) -> None:
    await alice.supervisor.stop()
    assert contacts(provider, "alice") == []


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_server_that_was_down_is_found_again(
    engine: Engine, new_provider: Callable[..., DemoProvider], transport: str
) -> None:
    provider = new_provider(tick_s=5.0)
    await provider.start()
    server = provider.server("tcp" if transport == "tcp" else "udp")
    ports = {"udp_port": provider.udp_port, "tcp_port": provider.tcp_port}
    await provider.stop()
    await engine.configure("alice", server, transport=transport)
    await engine.ask(wire.ACCOUNT_REGISTER)
    failed = await engine.registration("failed")
    assert failed.retry_in_s is not None
    assert server in failed.reason_phrase
    back = new_provider(tick_s=5.0, **ports)
    await back.start()
    registration = await engine.registration("registered", timeout_s=20.0)
    assert registration.registrar_address == server


async def test_a_lost_connection_is_made_again(engine: Engine, new_provider: Callable[..., DemoProvider]) -> None:
    provider = new_provider(tick_s=5.0)
    await provider.start()
    ports = {"udp_port": provider.udp_port, "tcp_port": provider.tcp_port}
    await engine.configure("alice", provider.server("tcp"), transport="tcp")
    await engine.register()
    since = len(engine.told)
    await provider.stop()
    failed = await engine.registration("failed", since=since)
    assert failed.retry_in_s is not None
    back = new_provider(tick_s=5.0, **ports)
    await back.start()
    await engine.registration("registered", since=since, timeout_s=20.0)
    assert len(contacts(back, "alice")) == 1


async def test_tls_with_the_providers_authority_registers(
    engine: Engine, tls_provider: DemoProvider, authority: Authority
) -> None:
    await engine.configure("alice", tls_provider.server("tls"), transport="tls", tls_ca_file=str(authority.ca_file))
    registration = await engine.register()
    assert registration.registrar_address == tls_provider.server("tls")
    assert (await engine.send("sip:alice@provider-a.test", "over TLS")).state == "sent"
    await eventually(lambda: contacts(tls_provider, "alice"), what="alice is registered")


async def test_tls_signed_by_another_authority_is_refused(
    engine: Engine, tls_provider: DemoProvider, other_authority: Authority
) -> None:
    await engine.configure(
        "alice", tls_provider.server("tls"), transport="tls", tls_ca_file=str(other_authority.ca_file)
    )
    await engine.ask(wire.ACCOUNT_REGISTER)
    failed = await engine.registration("failed")
    assert "certificate" in failed.reason_phrase
    assert contacts(tls_provider, "alice") == []


async def test_the_systems_authorities_do_not_vouch_for_a_private_one(
    engine: Engine, tls_provider: DemoProvider
) -> None:
    await engine.configure("alice", tls_provider.server("tls"), transport="tls")
    await engine.ask(wire.ACCOUNT_REGISTER)
    assert "certificate" in (await engine.registration("failed")).reason_phrase


async def test_a_certificate_for_another_domain_is_refused(
    engine: Engine, tls_provider: DemoProvider, authority: Authority
) -> None:
    await engine.configure(
        "alice",
        tls_provider.server("tls"),
        transport="tls",
        tls_ca_file=str(authority.ca_file),
        aor="sip:alice@provider-b.test",
    )
    await engine.ask(wire.ACCOUNT_REGISTER)
    assert "certificate" in (await engine.registration("failed")).reason_phrase


async def test_what_is_no_address_is_refused_and_an_account_is_for_life(engine: Engine, provider: DemoProvider) -> None:
    with pytest.raises(InvalidStateError):
        await engine.ask(wire.ACCOUNT_REGISTER)
    with pytest.raises(InvalidAddressError):
        await engine.configure("alice", provider.server(), aor="sip:provider-a.test")
    await engine.configure("alice", provider.server())
    with pytest.raises(InvalidStateError):
        await engine.configure("bob", provider.server())


async def test_a_second_register_while_one_is_under_way_is_refused(
    registered: Callable[..., Awaitable[Engine]], engine: Engine
) -> None:
    del registered
    await engine.configure("alice", "127.0.0.1:9")
    await engine.ask(wire.ACCOUNT_REGISTER)
    with pytest.raises(InvalidStateError):
        await engine.ask(wire.ACCOUNT_REGISTER)
