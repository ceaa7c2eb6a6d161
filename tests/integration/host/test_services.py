"""The provider's services as a page meets them: a host on Kamailio with the kit."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import NotFoundError, SipFailureError
from peers.kamailio import contacts
from peers.sip import RawUserAgent
from peers.voicemail import publish
from peers.waiting import eventually
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider


@pytest.fixture
async def page(signed_in_host: Host) -> AsyncIterator[Document]:
    """Alice's home page, registered."""
    async with Document.chrome(signed_in_host) as chrome, chrome.page(signed_in_host) as page:
        await chrome.registered()
        yield page


async def query(page: Document, service: str) -> m.ServiceAnswer:
    """Ask a service."""
    return await page.ask(bridge.SERVICE_QUERY, m.BridgeServiceQueryParams(service=service))


async def test_a_page_asks_the_services_of_the_kit(page: Document) -> None:
    listed = (await query(page, "services")).services
    assert listed is not None
    assert {"balance", "numbers", "calls", "devices", "stats"} <= {service.name for service in listed.services}
    balance = (await query(page, "balance")).balance
    assert balance is not None
    assert (balance.amount, balance.currency) == ("12.50", "EUR")
    numbers = (await query(page, "numbers")).numbers
    assert numbers is not None
    assert [number.kind for number in numbers.numbers] == ["voicemail", "special"]
    statistics = {row.label: row.value for row in (await query(page, "stats")).values or []}
    assert statistics["Registered contacts"] == "1"


async def test_a_service_that_is_not_there_is_refused_with_the_providers_words(page: Document) -> None:
    with pytest.raises(SipFailureError) as refusal:
        await query(page, "nonsense")
    assert refusal.value.data["sip_status"] == 404


async def test_a_new_service_shows_up_without_a_restart(page: Document, provider: DemoProvider) -> None:
    with closing(sqlite3.connect(provider.run_dir / "provider.sqlite")) as database, database:
        database.executescript(
            "INSERT INTO services (name, title) VALUES ('lunch', 'Lunch');"
            "CREATE VIEW service_lunch AS SELECT name AS username, json_object('soup', '<b>Lentils</b>', 'menu', "
            "json_array(json_object('dish', 'Rice', 'price', 4.5))) AS answer FROM users;"
        )
    try:
        listed = (await query(page, "services")).services
        assert m.ServiceListing(name="lunch", title="Lunch") in (listed.services if listed else [])
        lunch = await query(page, "lunch")
        assert lunch.values == [m.ServiceValue(label="Soup", value="<b>Lentils</b>")]
        assert lunch.tables == [m.ServiceTable(title="Menu", columns=["Dish", "Price"], rows=[["Rice", "4.5"]])]
    finally:
        with closing(sqlite3.connect(provider.run_dir / "provider.sqlite")) as database, database:
            database.executescript("DROP VIEW service_lunch; DELETE FROM services WHERE name = 'lunch';")


async def test_devices_are_listed_and_one_is_signed_out(tmp_path: Path, page: Document, provider: DemoProvider) -> None:
    """Two Elsipos and a telephone are alice; the telephone goes."""
    other = Host(Folders.below(tmp_path / "other"), audio="null", use_keyring=False)
    record = other.book.add(f"alice@{provider.domain}", server=provider.server("udp"))
    other.credentials.keep(record.account_id, provider.users["alice"], allow_file=True)
    async with started(other), Document.chrome(other) as elsewhere, RawUserAgent.opened() as phone:
        await elsewhere.registered()
        await phone.register(("127.0.0.1", provider.udp_port), provider.domain, ("alice", "alicepw"))
        await page.ask(bridge.DEVICE_LIST, m.BridgeDeviceListParams())
        told = await page.seen(bridge.DEVICE_LIST_CHANGED, lambda params: len(params.list.devices) == 3)
        assert [device.is_this_one for device in told.list.devices] == [True, False, False]
        telephone = next(device for device in told.list.devices if device.address.endswith(f":{phone.port}"))
        described = (await page.ask(bridge.DEVICE_LIST, m.BridgeDeviceListParams())).devices
        assert {device.user_agent for device in described if device.user_agent} >= {described[0].user_agent or ""}
        assert (described[0].user_agent or "").startswith("Elsipo/")

        def bindings() -> dict[str, str]:
            return {contact["Address"]: contact["Call-ID"] for contact in contacts(provider, "alice")}

        before = bindings()
        gone = m.BridgeDeviceSignOutParams(device_id=telephone.device_id)
        page.forget()
        await page.ask(bridge.DEVICE_SIGN_OUT, gone)
        await page.seen(bridge.DEVICE_LIST_CHANGED, lambda params: len(params.list.devices) == 2)
        # The others' bindings are as they were: nobody was unregistered meanwhile.
        del before[f"sip:alice@127.0.0.1:{phone.port}"]
        assert bindings() == before
        with pytest.raises(NotFoundError):
            await page.ask(bridge.DEVICE_SIGN_OUT, gone)
        own = m.BridgeDeviceSignOutParams(device_id=described[0].device_id)
        with pytest.raises(NotFoundError):
            await page.ask(bridge.DEVICE_SIGN_OUT, own)


async def test_calls_of_all_devices_are_one_list_without_doubles(page: Document, provider: DemoProvider) -> None:
    """A call from here, which the provider knows too, and one from a telephone, which only the provider knows."""
    server, alice = ("127.0.0.1", provider.udp_port), f"sip:alice@{provider.domain}"
    await page.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target="bob"))
    await page.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.state == "disconnected")
    async with RawUserAgent.opened() as phone:
        carol = f"sip:carol@{provider.domain}"
        refused = await phone.request("INVITE", carol, server, sender=alice, login=("alice", "alicepw"))
        assert refused.status == 480
    log = await page.ask(bridge.CALL_LOG, m.BridgeCallLogParams(limit=2))
    assert log.complete
    assert {(entry.peer_display, entry.here, entry.outcome) for entry in log.entries} == {
        ("carol", False, "no_answer"),
        ("bob", True, "no_answer"),
    }


async def test_voicemail_is_told_and_again_after_the_engine_was_restarted(
    page: Document, provider: DemoProvider
) -> None:
    await page.ask(bridge.VOICEMAIL_GET, m.BridgeVoicemailGetParams())
    async with RawUserAgent.opened() as server:

        async def told(count: int) -> bool:
            await publish(server, provider, f"Messages-Waiting: yes\r\nVoice-Message: {count}/1\r\n")
            return (await page.ask(bridge.VOICEMAIL_GET, m.BridgeVoicemailGetParams())).new_count == count

        await eventually(lambda: told(4), interval_s=0.2, what="the subscription")
        await page.seen(bridge.VOICEMAIL_STATE_CHANGED, lambda params: params.voicemail.new_count == 4)
        page.forget()
        await page.ask(bridge.ENGINE_RESTART, m.BridgeEngineRestartParams())
        await page.seen(bridge.REGISTRATION_STATE_CHANGED, lambda params: params.registration.state == "registered")
        await eventually(lambda: told(7), interval_s=0.2, what="the new engine's subscription")
