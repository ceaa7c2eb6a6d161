"""Several accounts in real windows of both bindings: menu, titles, places, a second start, deaths."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from typing import TYPE_CHECKING, Any

import pytest
from e2e.shell import bindings
from e2e.shell.desk import Desk
from elsipo.demo.bare_window import BareWindow, bare_window
from elsipo.demo.echo import EchoUser
from elsipo.demo.run import free_port
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.instance import hand_over
from elsipo.host.run import started, until_shown
from elsipo.host.shell_options import ShellOptions
from elsipo.rpc._generated import models as m
from peers import processes
from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from e2e.shell.bindings import Binding
    from elsipo.demo.provider import DemoProvider

ALICE, BOB = "alice-provider-a-test", "bob-provider-a-test"
ALICES, BOBS = (f"{user}@provider-a.test \u2013 registered \u2013 Elsipo" for user in ("alice", "bob"))
TONE_HZ, TONE_MS = 1000, 5000
PATIENCE_S = 25


@pytest.fixture(params=bindings.ALL, ids=lambda binding: binding.name)
def binding(request: pytest.FixtureRequest) -> Binding:
    """Each CEF binding in turn."""
    found: Binding = request.param
    found.python()
    return found


@pytest.fixture(autouse=True)
def _machine(display: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A display, and a folder with a short name for the files that a killed Chromium leaves."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="elsipo-", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("DISPLAY", display)
        monkeypatch.setenv("TMPDIR", folder)
        yield


@pytest.fixture
def start(
    binding: Binding, provider: DemoProvider, tmp_path: Path
) -> Callable[[], contextlib.AbstractAsyncContextManager[tuple[Host, int]]]:
    """Starts Elsipo with alice and bob, one run after the other on one profile."""

    @contextlib.asynccontextmanager
    async def one_run() -> AsyncIterator[tuple[Host, int]]:
        port = free_port()
        shell = ShellOptions(binding.name, port)
        host = Host(Folders.below(tmp_path / "you"), shell=shell, audio="null", use_keyring=False)
        for user in () if host.book.all() else ("alice", "bob"):
            record = host.book.add(f"{user}@{provider.domain}", server=provider.server("udp"))
            host.credentials.keep(record.account_id, provider.users[user], allow_file=True)
        async with started(host):
            await until_shown(host)
            yield host, port

    return one_run


async def test_two_windows_are_listed_closed_opened_counted_and_come_back_in_their_places(
    start: Any, display: str, tmp_path: Path
) -> None:
    desk = Desk(display)
    async with start() as (host, port), bare_window(port, "alice@provider-a.test") as alice:
        await _titled(desk, ALICES)
        await _titled(desk, BOBS)
        await host.user_agent(BOB).messages.send("alice", "Hello")
        await _titled(desk, f"(1) {ALICES}")
        await _choose(alice, "menu-close-window", BOB)
        await eventually(lambda: BOBS not in desk.titles(), timeout_s=PATIENCE_S, what="bob's window is closed")
        await _choose(alice, "menu-account", BOB)
        window = await _titled(desk, BOBS)
        desk.move(window, 120, 70)
        desk.resize(window, 720, 510)
        place = m.WindowBounds(x_px=120, y_px=70, width_px=720, height_px=510)
        await eventually(lambda: host.desktop.memory.place(BOB) == place, what="the place is known")
        await _open_menu(host, alice)
        await alice.chrome.says('[data-testid="menu-accounts"]', "this window")
        (tmp_path / "menu.png").write_bytes(await alice.screenshot())
    async with start():
        window = await _titled(desk, BOBS)
        await eventually(lambda: desk.place(window) == (120, 70, 720, 510), what="bob's window in its place")


async def test_one_more_account_is_added_from_the_menu_and_has_a_window_and_a_storage_of_its_own(
    start: Any, display: str, provider: DemoProvider
) -> None:
    async with start() as (host, port), bare_window(port, "alice@provider-a.test") as alice:
        await _open_menu(host, alice)
        for field, text in (
            ("menu-add-account", ""),
            ("sign-in-address", "carol@provider-a.test"),
            ("sign-in-password", provider.users["carol"]),
            ("sign-in-advanced", ""),
            ("sign-in-server", provider.server("udp")),
            ("sign-in-submit", ""),
        ):
            await alice.chrome.write(f'[data-testid="{field}"]', text)
        await _titled(Desk(display), ALICES.replace("alice", "carol"))
        assert len({window.storage for window in host.windows.all()}) == 3


@pytest.mark.parametrize("binding", [bindings.CEF_CAPI], indirect=True, ids=lambda binding: binding.name)
async def test_chromium_makes_storages_for_accounts_and_none_beside(start: Any, tmp_path: Path) -> None:
    cache = Folders.below(tmp_path / "you").cache
    async with start():
        pass
    shutil.rmtree(cache)
    async with start() as (host, _):
        storages = {f"account-{window.storage}" for window in host.windows.all()}
    assert {file.parent.name for file in cache.glob("*/Preferences")} == storages


async def test_without_a_window_it_stays_on_line_if_wanted_and_a_second_start_brings_one_with_an_address(
    start: Any, display: str, tmp_path: Path
) -> None:
    desk = Desk(display)
    async with start() as (host, port):
        async with bare_window(port, "alice@provider-a.test") as alice:
            await _open_menu(host, alice)
            await alice.chrome.click('[data-testid="menu-keep-running"]')
            await eventually(lambda: host.desktop.memory.settings.keep_running, what="the wish is known")
        for title in (BOBS, ALICES):
            desk.close(await _titled(desk, title))
            await eventually(lambda gone=title: gone not in desk.titles(), timeout_s=PATIENCE_S, what="it is closed")
        await eventually(lambda: not len(host.windows), what="no window")
        assert not host.desktop.ended.is_set()
        assert host.user_agent(BOB).registrations.is_registered
        assert await hand_over(tmp_path / "you" / "data", "sip:carol@provider-a.test")
        await _titled(desk, ALICES)  # the last that was closed
        async with bare_window(port, "alice@provider-a.test") as alice:
            field = "document.querySelector('[data-testid=address-input]').value"

            async def offered() -> bool:
                return await alice.chrome.evaluate(field) == "sip:carol@provider-a.test"

            await eventually(offered, timeout_s=PATIENCE_S, what="the address is offered")
        assert host.user_agent(ALICE).calls.running().calls == []


async def test_a_call_is_heard_on_while_renderers_and_the_shell_die_and_the_windows_come_back(
    start: Any, display: str, provider: DemoProvider, tmp_path: Path
) -> None:
    desk = Desk(display)
    async with contextlib.AsyncExitStack() as stack:
        echo = EchoUser(
            Folders.below(tmp_path / "echo"), f"echo@{provider.domain}", provider.users["echo"], provider.server("udp")
        )
        stack.push_async_callback(echo.stop)
        await echo.start()
        host, _ = await stack.enter_async_context(start())
        await _titled(desk, ALICES)
        desk.move(await _titled(desk, BOBS), 90, 60)
        await eventually(lambda: host.desktop.memory.place(BOB), what="the place is known")
        calls = host.user_agent(ALICE).calls
        # The title may be older than what the account has heard since.
        await eventually(lambda: host.user_agent(ALICE).registrations.is_registered, what="alice is registered")
        call = await calls.dial("echo")
        await eventually(lambda: [c.state for c in calls.running().calls] == ["confirmed"], what="the call")
        hearing = asyncio.create_task(calls.probe_audio(call.call_id, TONE_HZ, TONE_MS))
        shell = host.desktop.shell
        assert shell is not None
        pid = shell.pid
        assert pid is not None
        tokens = [window.tokens.get("chrome") for window in host.windows.all()]
        for renderer in processes.renderers(processes.descendants(pid)):
            with contextlib.suppress(ProcessLookupError):  # a spare one that Chromium ended by itself
                os.kill(renderer, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: shell.pid not in {None, pid}, timeout_s=PATIENCE_S, what="another shell")
        probe = await hearing
        # The tone is found over all of the time, as loud as it was sent: a gap would have made it quieter.
        assert abs(probe.heard_hz - TONE_HZ) < 20
        assert probe.heard_dbfs > -13
        await until_shown(host)
        window = await _titled(desk, BOBS)
        await eventually(lambda: desk.place(window)[:2] == (90, 60), what="bob's window in its place")
        assert [c.state for c in calls.running().calls] == ["confirmed"]
        assert tokens == [None, None]
        await calls.hang_up(call.call_id)


async def test_a_window_that_stays_empty_is_shown_by_another_shell_process(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as (host, _):
        desktop = host.desktop
        await desktop.close(BOB)
        await eventually(lambda: desktop.windows.of_account(BOB) is None, what="bob's window is closed")
        pid = desktop.shell.pid
        zygotes = [child for child, command in processes.descendants(pid).items() if "--type=zygote" in command]
        assert zygotes
        for zygote in zygotes:  # they fork the renderers
            os.kill(zygote, signal.SIGSTOP)
        monkeypatch.setattr("elsipo.host.shell._COMES_WITHIN_S", 2.0)
        try:
            await desktop.show(BOB)
            await eventually(lambda: desktop.shell.pid not in {None, pid}, timeout_s=30, what="another shell")
        finally:
            for zygote in zygotes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(zygote, signal.SIGCONT)
        await until_shown(host)
        assert len(desktop.windows) == 2


async def test_an_engine_that_died_three_times_is_started_again_from_its_window(start: Any) -> None:
    async with start() as (host, port), bare_window(port, "alice@provider-a.test") as alice:
        agent = host.user_agent(ALICE)
        for _ in range(3):
            await eventually(lambda: agent.registrations.is_registered, timeout_s=PATIENCE_S, what="registered")
            assert agent.status.pid is not None
            os.kill(agent.status.pid, signal.SIGKILL)
            await eventually(lambda: agent.status.state != "running", what="its death is noticed")
        await alice.chrome.says('[data-testid="engine-state"]', "keeps failing")
        await alice.chrome.says('[data-testid="engine-restart"]', "Restart")
        # Not by the pointer: the bar has just changed, and Chromium may not have painted it yet.
        await alice.chrome.evaluate("document.querySelector('[data-testid=engine-crash-report]').click()")
        await alice.chrome.says('[data-testid="crash-text"]', "SIGKILL")
        await alice.chrome.click('[data-testid="crash-close"]')
        await alice.chrome.click('[data-testid="engine-restart"]')
        await alice.chrome.says('[data-testid="registration-state"]', "Registered")
        assert host.user_agent(BOB).status.restarts == 0


async def _titled(desk: Desk, title: str) -> str:
    """The native window of that title, once it is there."""
    return await asyncio.to_thread(desk.window, title)


async def _open_menu(host: Host, alice: BareWindow) -> None:
    """In the window that has the keyboard: a menu closes when another gets it."""
    await host.desktop.show(ALICE)
    focused = "document.hasFocus()"

    async def has_keyboard() -> bool:
        return await alice.chrome.evaluate(focused) is True

    await eventually(has_keyboard, timeout_s=PATIENCE_S, what="alice's window has the keyboard")
    await alice.chrome.click('[data-testid="account-menu-button"]')


async def _choose(window: BareWindow, item: str, account_id: str) -> None:
    """Take an item of the menu, once; the menu is opened again where another window's keyboard closed it."""
    script = f"""(() => {{
            const item = document.querySelector('[data-testid="{item}"][data-account-id="{account_id}"]');
            (item || document.querySelector('[data-testid="account-menu-button"]')).click();
            return item !== null;
        }})()"""

    async def taken() -> bool:
        return await window.chrome.evaluate(script) is True

    await eventually(taken, timeout_s=PATIENCE_S, what=f"{item} of {account_id}")
