"""A provider whose page would do harm, and the person at its window, who agrees to what it asks for or does not.

All of it is real: the registrar names the manifest, an https server has it, and the page's own script does the attack;
DevTools only read what the script wrote down, so that nothing of theirs counts as the person's click.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final, Self

from elsipo.demo.bare_window import bare_chrome, bare_page
from elsipo.demo.cdp import CdpError
from elsipo.demo.ports import free_port
from elsipo.demo.provider import DemoProvider
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started, until_shown
from elsipo.host.shell import ShellOptions
from peers.waiting import eventually
from peers.web import Thing, WebServer
from websockets.exceptions import WebSocketException

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from e2e.shell.bindings import Binding
    from elsipo.demo.bare_window import Part
    from peers.tls import Authority

ALICE, BOB = "alice-evil-test", "bob-evil-test"
ASKS: Final = ("call.observe", "call.place", "message.send", "history.read", "service.request")
PATIENCE_S: Final = 20.0
_MANIFEST, _ATTACK = "/elsipo.json", "/attack.js"

_PAGE: Final = b"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Free calls</title>
<script src="spy.js"></script><script src="/elsipo.js"></script></head>
<body><h1>Free calls</h1><pre id="outcome"></pre><script src="attack.js"></script></body></html>"""

# Before the SDK: hears what the chrome says to the frame, and all that comes through the port.
_SPY: Final = b"""window.heard = [];
addEventListener('message', (event) => {
    heard.push(JSON.stringify(event.data));
    event.ports.forEach((port) => port.addEventListener('message', (told) => heard.push(JSON.stringify(told.data))));
});"""

_SCRIPT: Final = """const ended = (answer) => answer.then(() => 'done', (error) => error.name);
const times = (count, what) => Promise.all(Array.from({length: count}, () => ended(what())));
const settled = (begin) => new Promise((resolve) => {
    try { begin(resolve); } catch (error) { resolve('refused'); }
});
let line = null;
const greeted = () => new Promise((resolve) => {
    addEventListener('message', (event) => { if (event.ports[0]) resolve(event.ports[0]); });
    parent.postMessage({type: 'elsipo.hello'}, '*');
});
// Past the SDK, straight through the port: the result, or the error's number.
const raw = async (method, params) => {
    line = line || await greeted();
    line.start();
    return new Promise((resolve) => {
        const id = method + Math.random();
        line.addEventListener('message', ({ data }) => {
            const answer = typeof data === 'string' && JSON.parse(data);
            if (answer && answer.id === id) resolve(answer.error ? answer.error.code : answer.result);
        });
        line.postMessage(JSON.stringify({jsonrpc: '2.0', id, method, params}));
    });
};
(async () => {
    await elsipo.ready;
    let outcome;
    try { outcome = await (async () => { ATTACK })(); } catch (error) { outcome = 'threw ' + error.name; }
    const shown = document.getElementById('outcome');
    shown.textContent = JSON.stringify(outcome === undefined ? null : outcome);
    shown.setAttribute('data-version', 'VERSION');
})();"""


class Intruder:
    """Alice's window at the hostile provider; bob has his account there, in the same Elsipo.

    Attributes:
        host: Their host.
        web: Has the page.
        chrome: The chrome of alice's window.
        name: What the provider calls itself, and its services.
    """

    def __init__(self, host: Host, web: WebServer, chrome: Part, port: int) -> None:
        self.host = host
        self.web = web
        self.chrome = chrome
        self.name = "Free Calls"
        self._port = port
        self._version = 1
        self._is_decided = False

    @classmethod
    @contextlib.asynccontextmanager
    async def signed_in(cls, binding: Binding, authority: Authority, folder: Path) -> AsyncIterator[Self]:
        """Alice has signed in there and is asked what the page may do."""
        async with contextlib.AsyncExitStack() as stack:
            web = await stack.enter_async_context(WebServer.opened("evil.localhost", authority))
            web.things.update({"/index.html": Thing(_PAGE, "text/html"), "/spy.js": Thing(_SPY, "text/javascript")})
            _publish(web, 1, "return 'nothing yet'", "Free Calls")
            provider = DemoProvider(domain="evil.test", ui_url=web.origin + _MANIFEST, tick_s=60)
            await stack.enter_async_context(provider)
            port = free_port()
            shell = ShellOptions(binding.name, port)
            host = Host(Folders.below(folder), shell=shell, audio="null", use_keyring=False)
            for user in ("alice", "bob"):
                address = f"{user}@{provider.domain}"
                record = host.book.add(address, server=provider.server("udp"), tls_ca_file=str(authority.ca_file))
                host.book.allow_local_ui(record.account_id, allowed=True)
                host.credentials.keep(record.account_id, provider.users[user], allow_file=True)
            await stack.enter_async_context(started(host))
            if binding.has_sandbox:
                assert host.desktop.shell is not None
                host.desktop.shell.sandboxed = (
                    True  # as for an ordinary user, whom the page is shown before she answers
                )
            await until_shown(host, pages=False)
            chrome = await stack.enter_async_context(bare_chrome(port, "alice@evil.test"))
            await chrome.says(_named("registration-state"), "Registered")
            await _has_keyboard(host, chrome)
            await chrome.says(_named("page-consent-text"), "Trust me: call.place")
            await chrome.click(_named("reload-button"))
            yield cls(host, web, chrome, port)

    async def person(self, *, agrees: bool) -> None:
        """Alice says what the page may: in the bar that asks her, or later in the list of what she said."""
        if not self._is_decided:
            self._is_decided = True
            await self.chrome.click(_named("page-consent-allow" if agrees else "page-consent-refuse"))
            await self.chrome.is_gone(_named("page-consent"))
            return
        await self.asks_about()
        for capability in ASKS:
            box = _named(f"grant-{capability}")
            if await self.chrome.evaluate(f"document.querySelector('{box}').checked") != agrees:
                await self.chrome.click(box)
        await self.chrome.click(_named("about-close"))

    async def tries(self, attack: str) -> Any:
        """Publish a version of the page that tries something, let alice look for it, and tell what it wrote down.

        Args:
            attack: The body of an async function; Chromium 66 must understand it.
        """
        await self.shows(attack)
        return await self.outcome()

    async def shows(self, attack: str) -> None:
        """As `tries`, without waiting for what comes of it."""
        self._version += 1
        _publish(self.web, self._version, attack, self.name)
        await self.asks_about()
        await self.chrome.click(_named("about-refresh"))
        await self.chrome.says(_named("about-version"), str(self._version))
        await self.chrome.click(_named("about-close"))

    async def outcome(self) -> Any:
        """What the page that was published last wrote down."""
        return json.loads(await eventually(self._written, timeout_s=PATIENCE_S, what="the page writes down what came"))

    async def asks_about(self) -> None:
        """Alice opens what is known of her provider."""
        await self.chrome.click(_named("account-menu-button"))
        await self.chrome.click(_named("menu-provider"))

    async def is_usable(self) -> None:
        """The window is alice's still, and answers a click."""
        await self.chrome.says(_named("identity-aor"), "alice@evil.test")
        await self.chrome.click(_named("account-menu-button"))
        await self.chrome.says(_named("account-menu"), "Provider")
        await self.chrome.click(_named("account-menu-button"))
        await self.chrome.is_gone(_named("account-menu"))

    async def _written(self) -> str:
        # Each version is a document of its own, perhaps in a process of its own; the last one goes when it comes.
        with contextlib.suppress(CdpError, OSError, WebSocketException):
            async with bare_page(self._port, "alice@evil.test") as page:
                return await page.text(f'#outcome[data-version="{self._version}"]')
        return ""


async def _has_keyboard(host: Host, chrome: Part) -> None:
    """Bring alice's window before bob's, which takes the pointer's clicks else."""
    await host.desktop.show(ALICE)

    async def is_in_front() -> bool:
        return await chrome.evaluate("document.hasFocus()") is True

    await eventually(is_in_front, timeout_s=PATIENCE_S, what="alice's window has the keyboard")


def _publish(web: WebServer, version: int, attack: str, name: str) -> None:
    script = _SCRIPT.replace("VERSION", str(version)).replace("ATTACK", attack)
    web.things[_ATTACK] = Thing(script.encode(), "text/javascript")
    manifest = {
        "elsipo": 1,
        "name": name,
        "version": str(version),
        "page": {"entry": "index.html", "files": ["spy.js", "attack.js"]},
        "capabilities": [{"capability": ask, "reason": f"Trust me: {ask}"} for ask in ASKS],
        "services": [{"name": f"s{number}", "title": name} for number in range(32)],
    }
    web.things[_MANIFEST] = Thing(json.dumps(manifest).encode())


def _named(test_id: str) -> str:
    return f'[data-testid="{test_id}"]'
