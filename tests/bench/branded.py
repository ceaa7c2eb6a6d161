"""`login_to_branded_ms`: from the 200 to REGISTER to the provider's own page usable, cold and from what is kept.

Cold, the page is fetched by https first, while the window shows the built-in home. Kept, it is there before the 200 in
truth; what is measured is the way that it took: from asking for it to its own mark. Beside both, the same page alone,
in a frame that nobody answers. The host is in this process, so that the moment of the 200 is known; the registrar, the
https server and the window are real.
"""

from __future__ import annotations

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
from elsipo.resources import provider_kit
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated.models import BridgePageChangedParams, CapabilityAsk
from peers.tls import Authority
from peers.waiting import eventually
from peers.web import WebServer

from bench.figures import Figure, figure
from bench.start import page_says

if TYPE_CHECKING:
    from pathlib import Path

    from elsipo.rpc._generated.models import Capability

    from bench.stage import Stage

_TURNS: Final = 7
_USABLE: Final = """(() => {
    const [mark] = performance.getEntriesByName("elsipo.usable");
    return mark && location.host.startsWith("ui.") ? performance.timeOrigin + mark.startTime : 0;
})()"""
# The same files, from the same place, in a frame of the same window that nobody answers, as far as it gets there.
_ALONE: Final = """new Promise((resolve) => {
    const frame = document.createElement("iframe");
    const began = performance.now();
    frame.onload = () => requestAnimationFrame(() => resolve(performance.now() - began));
    frame.src = document.querySelector("[data-testid=page-frame]").src;
    document.body.append(frame);
})"""


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
        registrations = host.user_agent(account_id).registrations
        await registrations.register()
        await eventually(lambda: registrations.is_registered, interval_s=0.002, what="the 200 to REGISTER")
        cold = await _usable_after_ms(port, time.time() * 1000)
        asked_ms = time.time() * 1000
        host.bridge.publish(account_id, bridge.PAGE_CHANGED, BridgePageChangedParams())
        kept = await _usable_after_ms(port, asked_ms)
        return cold, kept, await page_says(port, _ALONE, "page")


async def _usable_after_ms(port: int, since_ms: float) -> float:
    async def marked() -> float:
        at_ms = await page_says(port, _USABLE)
        return at_ms if at_ms > since_ms else 0.0

    return await eventually(marked, timeout_s=30, interval_s=0.05, what="the provider's page is usable") - since_ms
