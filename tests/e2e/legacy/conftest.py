"""A page of 2011 in a real CEF window, and somebody at another host to talk to."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from elsipo.demo.ports import free_port
from elsipo.demo.tour import Window, attached, find_window
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started, until_shown
from elsipo.host.shell import ShellOptions
from peers.window import Document
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.demo.provider import DemoProvider
    from playwright.async_api import Frame

PATIENCE_MS = 20_000
PAGE = Path(__file__).parents[1] / "pages" / "elsipo2011"


def host_of(root: Path, provider: DemoProvider, user: str, *, ui: str = "", port: int | None = None) -> Host:
    """A host where one user is signed in; with a window where `port` is given."""
    shell = None if port is None else ShellOptions(remote_debugging_port=port)
    host = Host(Folders.below(root / user), shell=shell, audio="null", use_keyring=False)
    record = host.book.add(f"{user}@{provider.domain}", server=provider.server("udp"), ui=ui)
    host.credentials.keep(record.account_id, provider.users[user], allow_file=True)
    return host


@dataclass
class Old:
    """Alice's window with the page of 2011, and bob at another host.

    Attributes:
        host: Alice's host.
        window: Alice's window.
        frame: The page's frame.
        bob: The trusted side of bob's window, without a window.
    """

    host: Host
    window: Window
    frame: Frame
    bob: Document

    async def click(self, element_id: str) -> None:
        """Click as a person does."""
        await self.window.page.locator(f"#{element_id}").click(timeout=PATIENCE_MS)

    async def fill(self, element_id: str, text: str) -> None:
        """Type into a field."""
        await self.window.page.locator(f"#{element_id}").fill(text)

    async def reads(self, element_id: str, text: str) -> None:
        """Wait until an element says so."""
        await expect(self.window.page.locator(f"#{element_id}")).to_contain_text(text, timeout=PATIENCE_MS)

    async def status(self) -> int:
        """The registration's number."""
        return int(await self.frame.evaluate("sip.getSIPRegistrationStatus()"))

    async def last_answer(self) -> Any:
        """What the latest function of `sip` answered."""
        return await self.frame.evaluate("lastAnswer")

    async def hears(self, start: str) -> str:
        """Wait until a callback was called so; what it heard."""
        hit = "(start) => heard.find((line) => line.startsWith(start))"
        found = await self.frame.wait_for_function(hit, arg=start, timeout=PATIENCE_MS)
        return str(await found.json_value())

    async def count(self, start: str) -> int:
        """How often a callback was called so."""
        return int(await self.frame.evaluate("(s) => heard.filter((line) => line.startsWith(s)).length", start))

    async def register(self) -> None:
        """Be registered through the page."""
        await self.click("reg_button")
        await self.reads("reg_state", "online")


class Showing(Protocol):
    """Opens alice's window with a page, for as long as the context lasts."""

    def __call__(self, ui: str) -> contextlib.AbstractAsyncContextManager[tuple[Host, Window]]: ...


@pytest.fixture
def showing(display: str, provider: DemoProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Showing:
    """Alice's window with a page of one's choice; she is registered."""
    monkeypatch.setenv("DISPLAY", display)

    @contextlib.asynccontextmanager
    async def show(ui: str) -> AsyncIterator[tuple[Host, Window]]:
        port = free_port()
        async with contextlib.AsyncExitStack() as stack:
            host = await stack.enter_async_context(started(host_of(tmp_path, provider, "alice", ui=ui, port=port)))
            await until_shown(host, pages=False)
            browser = await stack.enter_async_context(attached(port))
            window = await find_window(browser, "alice@provider-a.test")
            state = window.chrome.get_by_test_id("registration-state")
            await expect(state).to_contain_text("Registered", timeout=PATIENCE_MS)
            yield host, window

    return show


@pytest.fixture
async def old(showing: Showing, provider: DemoProvider, tmp_path: Path) -> AsyncIterator[Old]:
    """A page of 2011 from a folder, loaded, and not registered by itself."""
    async with contextlib.AsyncExitStack() as stack:
        other = await stack.enter_async_context(started(host_of(tmp_path, provider, "bob")))
        bob = await stack.enter_async_context(Document.chrome(other))
        await bob.registered()
        host, window = await stack.enter_async_context(showing(str(PAGE)))
        await expect(window.page.locator("#reg_state")).to_contain_text("Pjsip", timeout=PATIENCE_MS)
        yield Old(host, window, await window.frame(), bob)
