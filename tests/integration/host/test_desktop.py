"""Windows of several accounts, what closing them means, and a second start of Elsipo, without native windows."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from elsipo.host import instance
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.profile_lock import ProfileLock
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import NotFoundError, PermissionDeniedError, UnauthorizedError
from peers.waiting import eventually
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider

ALICE, BOB = "alice-provider-a-test", "bob-provider-a-test"


def _entry(account_id: str, **wanted: object) -> Callable[[m.BridgeAccountListChangedParams], bool]:
    """Whether a told list has an account like that."""

    def fits(params: m.BridgeAccountListChangedParams) -> bool:
        return any(
            entry.account_id == account_id and all(getattr(entry, name) == value for name, value in wanted.items())
            for entry in params.accounts
        )

    return fits


async def _listed(chrome: Document) -> dict[str, m.AccountEntry]:
    entries = await chrome.ask(bridge.ACCOUNT_LIST, m.BridgeAccountListParams())
    return {entry.account_id: entry for entry in entries}


async def test_every_window_lists_all_accounts_with_state_and_what_is_unread(host_of_two: Host) -> None:
    async with Document.chrome(host_of_two, ALICE) as alice, Document.chrome(host_of_two, BOB) as bob:
        for chrome in (alice, bob):
            await chrome.registered()
        await bob.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to="alice", body="Hello"))
        for chrome in (alice, bob):
            await chrome.seen(bridge.ACCOUNT_LIST_CHANGED, _entry(ALICE, unread_count=1, registration="registered"))
        alice.forget()
        await alice.ask(bridge.MESSAGE_MARK_READ, m.BridgeMessageMarkReadParams(peer="sip:bob@provider-a.test"))
        await alice.seen(bridge.ACCOUNT_LIST_CHANGED, _entry(ALICE, unread_count=0))
        assert list(await _listed(alice)) == [ALICE, BOB]


async def test_a_window_is_closed_and_opened_from_another_and_its_account_stays_on_line(host_of_two: Host) -> None:
    async with Document.chrome(host_of_two, ALICE) as alice:
        async with Document.chrome(host_of_two, BOB) as bob:
            await bob.registered()
            await alice.ask(bridge.WINDOW_CLOSE, m.BridgeWindowCloseParams(account_id=BOB))
            await bob.ended()
        await alice.seen(bridge.ACCOUNT_LIST_CHANGED, _entry(BOB, has_window=False, registration="registered"))
        with pytest.raises(NotFoundError):
            await alice.ask(bridge.WINDOW_CLOSE, m.BridgeWindowCloseParams(account_id=BOB))
        with pytest.raises(NotFoundError):
            await alice.ask(bridge.WINDOW_SHOW, m.BridgeWindowShowParams(account_id="carol"))
        await alice.ask(bridge.WINDOW_SHOW, m.BridgeWindowShowParams(account_id=BOB))
        await alice.seen(bridge.ACCOUNT_LIST_CHANGED, _entry(BOB, has_window=True))
        assert not host_of_two.desktop.ended.is_set()


async def test_a_call_to_an_account_without_a_window_opens_one(host_of_two: Host) -> None:
    async with Document.chrome(host_of_two, ALICE) as alice:
        await alice.registered()
        async with Document.chrome(host_of_two, BOB) as bob:
            await bob.registered()
        await alice.ask(bridge.WINDOW_CLOSE, m.BridgeWindowCloseParams(account_id=BOB))
        await alice.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target="bob"))
        await eventually(lambda: host_of_two.windows.of_account(BOB), what="bob's window")
        async with Document.chrome(host_of_two, BOB) as bob:
            (call,) = (await bob.ask(bridge.CALL_LIST, m.BridgeCallListParams())).calls
            assert (call.direction, call.peer) == ("incoming", "sip:alice@provider-a.test")


async def test_the_last_window_ends_elsipo_unless_it_is_to_stay_and_the_wish_is_kept(tmp_path: Path) -> None:
    folders = Folders.below(tmp_path)
    for keep_running in (True, False):
        async with started(Host(folders, audio="null", use_keyring=False)) as host:
            async with Document.chrome(host) as chrome:
                before = await chrome.ask(bridge.SETTINGS_GET, m.BridgeSettingsGetParams())
                assert before.keep_running is not keep_running  # as the run before has left it; at first it ends
                settings = m.Settings(keep_running=keep_running)
                await chrome.ask(bridge.SETTINGS_SET, m.BridgeSettingsSetParams(settings=settings))
                await chrome.seen(bridge.SETTINGS_CHANGED, lambda told, wanted=settings: told.settings == wanted)
            host.desktop.closed(host.windows.all()[0].window_id)
            assert host.desktop.ended.is_set() is not keep_running


async def test_the_windows_that_were_open_come_back_at_the_same_port(tmp_path: Path, provider: DemoProvider) -> None:
    ports = []
    for expected in ([ALICE, BOB], [BOB], [BOB]):
        host = Host(Folders.below(tmp_path), audio="null", use_keyring=False)
        if not host.book.all():
            for user in ("alice", "bob"):
                host.book.add(f"{user}@{provider.domain}", server=provider.server("udp"))
        async with started(host):
            ports.append(host.bridge.port)
            assert [window.account_id for window in host.windows.all()] == expected
            # Alice's is closed while bob's stays; bob's is the last.
            for window in host.windows.all():
                host.desktop.closed(window.window_id)
    assert len(set(ports)) == 1


async def test_what_chromium_kept_for_an_account_goes_with_the_account(tmp_path: Path, provider: DemoProvider) -> None:
    folders = Folders.below(tmp_path)
    host = Host(folders, audio="null", use_keyring=False)
    record = host.book.add(f"alice@{provider.domain}", server=provider.server("udp"))
    kept, orphan = (folders.cache / f"account-{name}" for name in (record.storage_name, "0123456789abcdef"))
    for folder in (kept, orphan):
        (folder / "Local Storage").mkdir(parents=True)
    async with started(host), Document.chrome(host) as chrome:
        assert [kept.exists(), orphan.exists()] == [True, False]
        before = host.windows.all()[0].storage
        await chrome.ask(bridge.ACCOUNT_REMOVE, m.BridgeAccountRemoveParams())
        assert not kept.exists()
        assert host.windows.all()[0].storage != before


@pytest.fixture
async def own_profile(tmp_path: Path, provider: DemoProvider, monkeypatch: pytest.MonkeyPatch) -> Folders:
    """The folders that a process started from here takes for this person's; alice and somebody of another provider."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    folders = Folders.of_platform()
    folders.create()
    host = Host(folders, audio="null", use_keyring=False)
    for address in (f"alice@{provider.domain}", "carol@provider-b.test"):
        host.book.add(address, server=provider.server("udp"))
    await host.stop()
    return folders


async def _elsipo(*arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "elsipo",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=dict(os.environ),
    )
    output, _ = await asyncio.wait_for(process.communicate(), timeout=30)
    return process.returncode, output.decode()


async def test_a_second_start_offers_its_address_where_it_fits_and_nobody_is_called(own_profile: Folders) -> None:
    async with started(Host(own_profile, audio="null", use_keyring=False)) as host:
        async with Document.chrome(host, ALICE) as alice, Document.chrome(host, "carol-provider-b-test") as carol:
            assert await _elsipo("sip:bob@provider-b.test") == (0, "")
            await carol.seen(bridge.ADDRESS_OFFERED)
            take = m.BridgeAddressTakeOfferParams()
            assert (await carol.ask(bridge.ADDRESS_TAKE_OFFER, take)).text == "sip:bob@provider-b.test"
            assert (await carol.ask(bridge.ADDRESS_TAKE_OFFER, take)).text is None
            assert await _elsipo("tel:+49-30-123") == (0, "")
            await alice.seen(bridge.ADDRESS_OFFERED)
            assert (await alice.ask(bridge.ADDRESS_TAKE_OFFER, take)).text == "tel:+49-30-123"
            for chrome in (alice, carol):
                assert (await chrome.ask(bridge.CALL_LIST, m.BridgeCallListParams())).calls == []
        host.desktop.change_settings(m.Settings(keep_running=True))
        for window in host.windows.all():
            host.desktop.closed(window.window_id)
        assert await _elsipo() == (0, "")
        assert [window.account_id for window in host.windows.all()] == ["carol-provider-b-test"]


@pytest.mark.parametrize("address", ["sip:" + "x" * 600, "sip:bob\n@provider-a.test"], ids=["long", "of two lines"])
async def test_an_address_that_cannot_be_one_is_refused_where_it_comes_in(address: str) -> None:
    code, words = await _elsipo("open", address)
    assert code == 2
    assert "not an address" in words


async def test_elsipo_is_ended_from_the_command_line(own_profile: Folders) -> None:
    assert await _elsipo("quit") == (1, "elsipo: Elsipo does not run.\n")

    async def run() -> None:
        async with started(Host(own_profile, audio="null", use_keyring=False)) as host:
            await host.run_until_closed()

    running = asyncio.create_task(run())
    await eventually((own_profile.data / "instance.json").exists, what="an open door")
    assert await _elsipo("quit") == (0, "")
    assert running.done() or await asyncio.wait_for(running, 10) is None
    ProfileLock(own_profile.data / "lock").release()


async def test_two_starts_at_once_both_hand_over(own_profile: Folders) -> None:
    host = Host(own_profile, audio="null", use_keyring=False)
    async with started(host), Document.chrome(host, ALICE) as alice:
        told = [instance.hand_over(own_profile.data, f"tel:{number}") for number in range(5)]
        assert await asyncio.gather(*told) == [True] * 5
        await alice.seen(bridge.ADDRESS_OFFERED)


async def test_a_launcher_gives_orders_alone_and_its_token_is_good_once_and_for_this_person(
    own_profile: Folders,
) -> None:
    async with started(Host(own_profile, audio="null", use_keyring=False)) as host:
        file = own_profile.data / "instance.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        token = json.loads(file.read_text())["token"]
        async with Document.opened(host, token) as launcher:
            assert json.loads(file.read_text())["token"] != token
            for method, params in (
                (bridge.ACCOUNT_LIST, m.BridgeAccountListParams()),
                (bridge.CALL_DIAL, m.BridgeCallDialParams(target="bob")),
                (bridge.PAGE_OPEN, m.BridgePageOpenParams()),
            ):
                with pytest.raises(PermissionDeniedError):
                    await launcher.ask(method, params)  # type: ignore[arg-type]
        with pytest.raises(UnauthorizedError):
            async with Document.opened(host, token):
                pass
        async with Document.chrome(host, ALICE) as chrome, chrome.page(host) as page:
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.PROGRAM_QUIT, m.BridgeProgramQuitParams())
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.ACCOUNT_LIST, m.BridgeAccountListParams())
    assert not file.exists()
