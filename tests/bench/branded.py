"""`login_to_branded_ms`: from the 200 to REGISTER to the provider's own page usable, cold and from what is kept.

The window is open and shows another page of the account's site. Cold, the provider's page is fetched by https first.
Kept, the 200 comes to an account that shows a page of its own, and the provider's is asked for in that moment. The
floor is the same page alone in the same shell: see `alone.py`. "Usable" is in all three the page's own mark, which it
sets with the first frame after it has its line and has shown its registration. The host is in this process, so that the
moment of the 200 is known; the registrar, the https server and the windows are real.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from elsipo.demo.ports import free_port
from elsipo.demo.provider import DemoProvider
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started, until_shown
from elsipo.host.shell import ShellOptions
from elsipo.resources import icon_file, provider_kit
from elsipo.rpc._generated.models import CapabilityAsk, ShellWindowOpenParams
from elsipo.rpc._generated.shell import WINDOW_OPEN
from elsipo.rpc.errors import InvalidStateError
from peers.tls import Authority
from peers.waiting import eventually
from peers.web import WebServer

from bench.alone import page_alone
from bench.figures import Figure, figure
from bench.page import page_says

if TYPE_CHECKING:
    from pathlib import Path

    from elsipo.host.registrations import Registrations
    from elsipo.rpc._generated.models import Capability

    from bench.stage import Stage

_TURNS: Final = 7
_KEPT_FILE: Final = "<!doctype html><title>My page</title>My page."
_USABLE: Final = """(() => {
    const [mark] = performance.getEntriesByName("elsipo.usable");
    return mark && location.host.startsWith("%s") ? performance.timeOrigin + mark.startTime : 0;
})()"""
_PROVIDERS, _ALONE = _USABLE % "ui.alice", _USABLE % "ui.alone"
_SHOW: Final = """typeof show === "function" ? (show("/index.html"), performance.timeOrigin + performance.now()) : 0"""
_MINE: Final = """document.title === "My page" ? 1 : 0"""
_EMPTY: Final = """location.host.startsWith("ui.alone") && document.readyState === "complete" ? 1 : 0"""


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figures; n is 7, or 1 when quick."""
    authority = Authority.new(stage.new_folder("branded") / "ca", "Bench")
    rows: list[tuple[float, float, float]] = []
    async with WebServer.opened("ui.localhost", authority) as web:
        web.serve_folder(provider_kit() / "ui")
        async with DemoProvider(domain="aurora.test", ui_url=f"{web.origin}/aurora/elsipo.json") as provider:
            with patch.dict(os.environ, DISPLAY=stage.display):
                for turn in range(-1, 1 if quick else _TURNS):
                    row = await _sign_in(stage.new_folder("profile"), provider, authority, web.origin)
                    if turn >= 0:  # the first one fills the system's caches
                        rows.append(row)
    cold, kept, alone = zip(*rows, strict=True)
    return {
        "login_to_branded_ms": figure(kept, "ms", alone),
        "login_to_branded_cold_ms": figure(cold, "ms", alone),
    }


async def _sign_in(
    folder: Path, provider: DemoProvider, authority: Authority, origin: str
) -> tuple[float, float, float]:
    """Milliseconds to the page: cold, kept, and the page alone."""
    port = free_port()
    shell = ShellOptions(remote_debugging_port=port)
    host = Host(Folders.below(folder), shell=shell, audio="null", use_keyring=False)
    record = host.book.add(
        f"alice@{provider.domain}", server=provider.server("udp"), tls_ca_file=str(authority.ca_file)
    )
    account_id = record.account_id
    host.book.allow_local_ui(account_id, allowed=True)
    host.book.want_registration(account_id, wanted=False)
    host.credentials.keep(account_id, provider.users["alice"], allow_file=True)
    granted: list[Capability] = ["call.place", "service.request"]
    asks = [CapabilityAsk(capability=name, reason="To be measured.") for name in granted]
    host.pages._ledger.decide(account_id, origin, asks, granted)
    async with started(host):
        await until_shown(host)
        agent = host.user_agent(account_id)
        cold = await _usable_after_ms(port, _PROVIDERS, await _registered_ms(agent.registrations))
        await agent.registrations.unregister()
        await eventually(lambda: not agent.registrations.is_registered, interval_s=0.002, what="the end of the binding")
        own = folder / "mine.html"
        own.write_text(_KEPT_FILE)
        host.pages._show(account_id, str(own))
        await eventually(lambda: page_says(port, _MINE), interval_s=0.05, what="the account's own page is shown")
        registered_ms = await _registered_ms(agent.registrations)
        host.pages._show(account_id, "")
        kept = await _usable_after_ms(port, _PROVIDERS, registered_ms)
        words = agent.registrations.current.to_wire()
        (session,) = (connection.session for connection in host.bridge.connections_of("w1", "page"))
        with page_alone(provider_kit() / "ui" / "aurora", session.to_wire(), words) as url:
            return cold, kept, await _alone_ms(host, port, url)


async def _registered_ms(registrations: Registrations) -> float:
    with contextlib.suppress(InvalidStateError):  # An engine that has just come is not this account yet; it will be.
        await registrations.register()
    await eventually(lambda: registrations.is_registered, interval_s=0.002, what="the 200 to REGISTER")
    return time.time() * 1000


async def _alone_ms(host: Host, port: int, url: str) -> float:
    """In a window of its own, which has shown an empty page of the same site."""
    assert host.desktop.shell is not None
    params = ShellWindowOpenParams(
        window_id="alone", url=url, title="Alone", icon_file=str(icon_file()), width_px=1100, height_px=780
    )
    await host.desktop.shell._supervisor.request(WINDOW_OPEN, params)
    await eventually(lambda: page_says(port, _EMPTY), interval_s=0.05, what="the empty page is shown")
    return await _usable_after_ms(port, _ALONE, await page_says(port, _SHOW))


async def _usable_after_ms(port: int, usable: str, since_ms: float) -> float:
    async def marked() -> float:
        at_ms = await page_says(port, usable)
        return at_ms if at_ms > since_ms else 0.0

    return await eventually(marked, timeout_s=30, interval_s=0.05, what="the page is usable") - since_ms
