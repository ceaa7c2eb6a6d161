"""The provider's services in the built-in page, in a real window on the demo provider."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from elsipo.demo.ports import free_port
from elsipo.demo.tour import Window, attached, find_window
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started, until_shown
from elsipo.host.shell import ShellOptions
from peers.sip import RawUserAgent
from peers.voicemail import publish
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider

expect.set_options(timeout=20_000)


@pytest.fixture
async def provider(new_provider: Callable[..., DemoProvider]) -> DemoProvider:
    """A provider of the test's own, where nobody has a message in the box."""
    provider = new_provider()
    await provider.start()
    return provider


@pytest.fixture
async def window(
    display: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, provider: DemoProvider
) -> AsyncIterator[Window]:
    """Alice's window."""
    monkeypatch.setenv("DISPLAY", display)
    port = free_port()
    host = Host(Folders.below(tmp_path / "alice"), shell=ShellOptions(remote_debugging_port=port), use_keyring=False)
    record = host.book.add(f"alice@{provider.domain}", server=provider.server("udp"))
    host.credentials.keep(record.account_id, provider.users["alice"], allow_file=True)
    async with started(host):
        await until_shown(host)
        async with attached(port) as browser:
            yield await find_window(browser, "alice@provider-a.test")


async def test_services_are_shown_and_a_device_is_signed_out(window: Window, provider: DemoProvider) -> None:
    """Balance, numbers and voicemail are there; a new service appears and its markup is text; a telephone goes."""
    server, home = ("127.0.0.1", provider.udp_port), window.page
    await expect(home.get_by_test_id("balance-amount")).to_contain_text("12.50")
    await expect(home.get_by_test_id("number")).to_have_count(2)

    async with RawUserAgent.opened() as phone:
        await phone.register(server, "provider-a.test", ("alice", "alicepw"))
        await publish(phone, provider, "Messages-Waiting: yes\r\nVoice-Message: 3/1\r\n")
        await expect(home.get_by_test_id("voicemail")).to_contain_text("3 new, 1 heard")
        await expect(home.get_by_test_id("number")).to_have_count(1)  # the box has its own call button

        with closing(sqlite3.connect(provider.run_dir / "provider.sqlite")) as database, database:
            database.executescript(
                "INSERT INTO services (name, title) VALUES ('lunch', 'Lunch');"
                "CREATE VIEW service_lunch AS SELECT name AS username, json_object("
                "'soup', '<img src=x onerror=alert(1)>', 'menu', "
                "json_array(json_object('dish', 'Rice', 'price', '4.50')))"
                " AS answer FROM users;"
            )
        await home.get_by_test_id("services-refresh").click()
        lunch = home.locator("[data-testid=service][data-service=lunch]")
        await lunch.get_by_test_id("service-ask").click()
        await expect(lunch.get_by_test_id("service-answer")).to_contain_text("<img src=x onerror=alert(1)>")
        await expect(lunch.locator("img")).to_have_count(0)
        await expect(lunch.locator("table")).to_contain_text("Rice")

        devices = home.get_by_test_id("device")
        await expect(devices).to_have_count(2)
        await expect(devices.first).to_contain_text("this one")
        await home.get_by_test_id("device-sign-out").click()
        await home.get_by_test_id("device-sign-out-confirm").click()
        await expect(devices).to_have_count(1)
