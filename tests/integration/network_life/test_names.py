"""A provider that is found by its domain (RFC 3263): which server is asked, and which when that one is dead."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from elsipo.rpc._generated import engine as wire
from peers.kamailio import contacts
from peers.sip import RawUserAgent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager

    from elsipo.demo.provider import DemoProvider
    from peers.engine_driver import Engine
    from peers.name_server import NameServer

    Hurried = Callable[..., AbstractAsyncContextManager[Engine]]

DOMAIN = "provider-a.test"


@contextmanager
def _dead_server() -> Iterator[int]:
    """The port of somebody who never says a word."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        yield int(silent.getsockname()[1])


async def _signs_in(engine: Engine, **settings: object) -> str:
    """Register by the domain alone; the address of the server that did it."""
    await engine.configure("alice", "", **settings)
    registration = await engine.register()
    return registration.registrar_address or ""


async def test_a_domain_leads_to_its_server_and_so_do_messages(
    hurried: Hurried, names: NameServer, provider: DemoProvider
) -> None:
    names.add(f"_sip._udp.{DOMAIN}", "SRV", f"10 10 {provider.udp_port} sip.{DOMAIN}.")
    names.add(f"sip.{DOMAIN}", "A", "127.0.0.1")
    async with hurried(names) as engine:
        assert await _signs_in(engine) == provider.server()
        assert len(contacts(provider, "alice")) == 1
        assert (await engine.send(f"sip:alice@{DOMAIN}", "to myself")).state == "sent"
        assert (await engine.message(lambda told: told.body == "to myself")).from_registrar
    assert names.asked[:2] == [f"{DOMAIN} NAPTR", f"_sip._udp.{DOMAIN} SRV"]


async def test_the_server_of_the_best_priority_is_asked_first(
    hurried: Hurried, names: NameServer, provider: DemoProvider
) -> None:
    async with RawUserAgent.opened() as second:
        names.add(
            f"_sip._udp.{DOMAIN}",
            "SRV",
            f"20 10 {second.port} two.{DOMAIN}.",
            f"10 10 {provider.udp_port} one.{DOMAIN}.",
        )
        names.add(f"one.{DOMAIN}", "A", "127.0.0.1")
        names.add(f"two.{DOMAIN}", "A", "127.0.0.1")
        async with hurried(names) as engine:
            assert await _signs_in(engine) == provider.server()
        assert second.came == []


async def test_when_the_first_server_is_dead_the_second_is_asked(
    hurried: Hurried, names: NameServer, provider: DemoProvider
) -> None:
    with _dead_server() as dead:
        names.add(
            f"_sip._udp.{DOMAIN}", "SRV", f"10 10 {dead} one.{DOMAIN}.", f"20 10 {provider.udp_port} two.{DOMAIN}."
        )
        names.add(f"one.{DOMAIN}", "A", "127.0.0.1")
        names.add(f"two.{DOMAIN}", "A", "127.0.0.1")
        async with hurried(names) as engine:
            assert await _signs_in(engine) == provider.server()
            assert _states(engine) == ["registering", "registered"]
            assert (await engine.send(f"sip:alice@{DOMAIN}", "by the second")).state == "sent"


async def test_when_the_server_dies_later_the_other_takes_over(
    hurried: Hurried, names: NameServer, new_provider: Callable[..., DemoProvider], provider: DemoProvider
) -> None:
    first = new_provider(tick_s=5.0)
    await first.start()
    names.add(
        f"_sip._udp.{DOMAIN}",
        "SRV",
        f"10 10 {first.udp_port} one.{DOMAIN}.",
        f"20 10 {provider.udp_port} two.{DOMAIN}.",
    )
    names.add(f"one.{DOMAIN}", "A", "127.0.0.1")
    names.add(f"two.{DOMAIN}", "A", "127.0.0.1")
    async with hurried(names) as engine:
        assert await _signs_in(engine) == first.server()
        await first.stop()
        since = len(engine.told)
        assert (await engine.send(f"sip:alice@{DOMAIN}", "anybody?")).sip_status == 408
        back = await engine.registration("registered", since=since)
        assert back.registrar_address == provider.server()


async def test_a_tcp_server_that_refuses_is_passed_over(
    hurried: Hurried, names: NameServer, provider: DemoProvider
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        names.add(
            f"_sip._tcp.{DOMAIN}",
            "SRV",
            f"1 1 {closed.getsockname()[1]} one.{DOMAIN}.",
            f"2 1 {provider.tcp_port} one.{DOMAIN}.",
        )
        names.add(f"one.{DOMAIN}", "A", "127.0.0.1")
        async with hurried(names) as engine:
            assert await _signs_in(engine, transport="tcp") == provider.server("tcp")
            assert _states(engine) == ["registering", "registered"]


async def test_naptr_says_under_which_name_the_servers_of_a_transport_are(
    hurried: Hurried, names: NameServer, provider: DemoProvider
) -> None:
    names.add(
        DOMAIN,
        "NAPTR",
        '10 10 "s" "SIPS+D2T" "" _sips._tcp.elsewhere.test.',
        f'20 20 "s" "SIP+D2U" "" _sip._udp.worse.{DOMAIN}.',
        f'20 10 "s" "SIP+D2U" "" _sip._udp.pool.{DOMAIN}.',
    )
    names.add(f"_sip._udp.pool.{DOMAIN}", "SRV", f"10 10 {provider.udp_port} a.pool.{DOMAIN}.")
    names.add(f"a.pool.{DOMAIN}", "A", "127.0.0.1")
    async with hurried(names) as engine:
        assert await _signs_in(engine) == provider.server()
    assert f"_sip._udp.worse.{DOMAIN} SRV" not in names.asked


async def test_a_domain_that_does_not_exist_is_said_to_be_none(hurried: Hurried, names: NameServer) -> None:
    async with hurried(names) as engine:
        await engine.configure("alice", "", aor="sip:alice@nowhere.invalid")
        await engine.ask(wire.ACCOUNT_REGISTER)
        failed = await engine.registration("failed")
        assert failed.reason_phrase == "The name nowhere.invalid could not be found."
        assert failed.retry_in_s is not None


async def test_a_domain_whose_servers_are_all_dead_is_tried_again_from_the_first(
    hurried: Hurried, names: NameServer, new_provider: Callable[..., DemoProvider]
) -> None:
    provider = new_provider(tick_s=5.0)
    await provider.start()
    await provider.stop()
    with _dead_server() as dead:
        names.add(f"_sip._udp.{DOMAIN}", "SRV", f"10 1 {provider.udp_port} one.{DOMAIN}.", f"20 1 {dead} one.{DOMAIN}.")
        names.add(f"one.{DOMAIN}", "A", "127.0.0.1")
        async with hurried(names) as engine:
            await engine.configure("alice", "")
            await engine.ask(wire.ACCOUNT_REGISTER)
            failed = await engine.registration("failed")
            assert failed.reason_phrase == f"No answer from {DOMAIN}."
            await provider.start()
            registration = await engine.registration("registered", timeout_s=20)
            assert registration.registrar_address == provider.server()


def _states(engine: Engine) -> list[str]:
    return [told.registration.state for told in engine.told if hasattr(told, "registration")]
