"""A page over SIP that tries to get out: what holds it, in a real window."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENCE_MS = 20_000
READY = "<script>elsipo.ready.then(() => document.body.setAttribute('data-ready', ''))</script>"


class Trap:
    """A listener on loopback that a page would love to reach.

    Attributes:
        port: Where it listens.
        reached: What came in, one text a connection.
    """

    def __init__(self) -> None:
        self.port = 0
        self.reached: list[str] = []

    async def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note who came."""
        with contextlib.suppress(ConnectionError):
            self.reached.append((await reader.read(200)).decode("latin-1"))
            writer.close()
            await writer.wait_closed()

    def datagram_received(self, data: bytes, _: object) -> None:
        """Note what came by UDP."""
        self.reached.append(f"UDP, {len(data)} octets")


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, trap: Trap) -> None:
        self.datagram_received = trap.datagram_received  # type: ignore[method-assign]


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    """Nobody reaches it unless a wall is down."""
    trap = Trap()
    server = await asyncio.start_server(trap.met, "127.0.0.1", 0)
    trap.port = server.sockets[0].getsockname()[1]
    udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Udp(trap), local_addr=("127.0.0.1", trap.port)
    )
    try:
        yield trap
    finally:
        udp.close()
        server.close()


ATTEMPTS = {
    "fetch": "await fetch(URL, {mode: 'no-cors'}); return 'fetched'",
    "its own place": "await fetch('/'); return 'fetched'",
    "XMLHttpRequest": """return await new Promise((done) => { const x = new XMLHttpRequest(); x.open('GET', URL);
        x.onload = () => done('loaded'); x.onerror = () => done('refused'); x.send(); })""",
    "WebSocket": """return await new Promise((done) => { const s = new WebSocket(URL.replace('http', 'ws'));
        s.onopen = () => done('opened'); s.onerror = () => done('refused'); })""",
    "EventSource": """return await new Promise((done) => { const s = new EventSource(URL);
        s.onopen = () => done('opened'); s.onerror = () => done('refused'); })""",
    "beacon": "navigator.sendBeacon(URL, 'x'); return 'refused'",
    "image": """return await new Promise((done) => { const i = new Image(); i.onload = () => done('loaded');
        i.onerror = () => done('refused'); i.src = URL + 'beacon.png'; })""",
    "script": """return await new Promise((done) => { const s = document.createElement('script');
        s.onload = () => done('loaded'); s.onerror = () => done('refused'); s.src = URL + 'x.js';
        document.body.append(s); })""",
    "style": """return await new Promise((done) => { const l = document.createElement('link'); l.rel = 'stylesheet';
        l.onload = () => done('loaded'); l.onerror = () => done('refused'); l.href = URL + 'x.css';
        document.head.append(l); })""",
    "hints": """for (const rel of ['preconnect', 'prefetch', 'preload', 'dns-prefetch', 'modulepreload', 'prerender']) {
        const l = document.createElement('link'); l.rel = rel; l.as = 'image'; l.href = URL; document.head.append(l); }
        return 'refused'""",
    "speculation": """const s = document.createElement('script'); s.type = 'speculationrules';
        const list = [{source: 'list', urls: [URL]}];
        s.textContent = JSON.stringify({prefetch: list, prerender: list});
        document.head.append(s); return 'refused'""",
    "frame": """const f = document.createElement('iframe'); f.src = URL; document.body.append(f); return 'refused'""",
    "WebRTC": """let peer; try { peer = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:' + PORT}]}); }
        catch { return 'refused' } peer.createDataChannel('x');
        await peer.setLocalDescription(await peer.createOffer());
        return 'refused'""",
    "WebRTC of a frame": """const f = document.createElement('iframe'); document.body.append(f);
        let peer; const how = {iceServers: [{urls: 'stun:127.0.0.1:' + PORT}]};
        try { peer = new f.contentWindow.RTCPeerConnection(how); }
        catch { return 'refused' } peer.createDataChannel('x');
        await peer.setLocalDescription(await peer.createOffer());
        return 'refused'""",
    "WebRTC of a document of its own": """const f = document.createElement('iframe');
        f.srcdoc = `<script>const p = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:PORT'}]});
            p.createDataChannel('x'); p.createOffer().then((o) => p.setLocalDescription(o));</` + 'script>';
        document.body.append(f); await new Promise((done) => { f.onload = done; }); return 'refused'""",
    "worker": "new Worker(URL.createObjectURL(new Blob(['1']))); return 'refused'",
    "popup": "return window.open('about:blank') === null ? 'refused' : 'opened'",
    "top": "top.location = URL; return 'navigated'",
    "parent": "return parent.document.title",
    "storage": "localStorage.setItem('x', 'y'); return 'stored'",
    "cookie": "document.cookie = 'x=y'; return document.cookie",
    "database": "indexedDB.open('x'); return 'opened'",
    "microphone": "await navigator.mediaDevices.getUserMedia({audio: true}); return 'heard'",
}


async def test_a_page_reaches_no_network_no_storage_and_no_other_document(browsing: Any, trap: Trap) -> None:
    frame = await browsing.opens_bobs(READY + "<h1>Let me out</h1>")
    for name, attempt in ATTEMPTS.items():
        script = f"async () => {{ try {{ {attempt} }} catch {{ return 'refused' }} }}".replace("PORT", str(trap.port))
        if name != "worker":
            script = script.replace("URL", f"'http://127.0.0.1:{trap.port}/'")
        assert await frame.evaluate(script) == "refused", name
    # What was started in silence would have arrived before this, which does arrive.
    reader, writer = await asyncio.open_connection("127.0.0.1", trap.port)
    writer.write(b"ours")
    await reader.read()
    writer.close()
    assert trap.reached == ["ours"]
    await expect(browsing.chrome("identity-aor")).to_be_visible()


async def test_a_page_has_the_baseline_and_nothing_of_the_home_that_was_there_before(browsing: Any) -> None:
    frame = await browsing.opens_bobs(READY)
    session = await frame.evaluate("elsipo.session")
    assert session["role"] == "page"
    assert session["capabilities"] == []
    for call in (
        "message.send({to: 'bob', body: 'x'})",
        "conversation.list()",
        "call.history()",
        "call.list()",
        "account.unregister()",
        "service.request({service: 'stats', element_id: 'x'})",
        "engine.restart()",
    ):
        name = await frame.evaluate(f"elsipo.{call}.then(() => 'done', (error) => error.name)")
        assert name == "PermissionDeniedError", call
    dial = "elsipo.call.dial({target: 'bob'}).then(() => 'done', (error) => error.name)"
    dialled = asyncio.ensure_future(frame.evaluate(dial))
    await browsing.chrome("gesture-allow").click(timeout=PATIENCE_MS)
    assert await dialled == "PermissionDeniedError"
    assert (await frame.evaluate("elsipo.account.get()"))["aor"] == "sip:alice@provider-a.test"


async def test_a_page_follows_no_link_by_itself(browsing: Any) -> None:
    frame = await browsing.opens_bobs(READY + "<a id=go href='sip:menu@provider-a.test'>menu</a>")
    await browsing.window.chrome.get_by_test_id("address-input").click()  # the focus is ours, not the page's
    await frame.evaluate("document.getElementById('go').click()")
    await expect(browsing.chrome("gesture-text")).to_contain_text("Go to menu@provider-a.test?", timeout=PATIENCE_MS)
    await browsing.chrome("gesture-deny").click()
    await browsing.is_at("bob")


@pytest.mark.parametrize("place", ["http://127.0.0.1:PORT/", "http://x.localhost:BRIDGE/", "data:text/html,<h1>gone"])
async def test_a_page_that_leaves_its_place_is_taken_away(browsing: Any, trap: Trap, place: str) -> None:
    frame = await browsing.opens_bobs(READY)
    where = place.replace("PORT", str(trap.port)).replace("BRIDGE", str(browsing.host.bridge.port))
    await frame.evaluate("(where) => { setTimeout(() => { location.href = where; }) }", where)
    await expect(browsing.chrome("page-error")).to_contain_text("tried to leave its place", timeout=PATIENCE_MS)
    assert trap.reached == []
    await browsing.chrome("page-error-home").click()
    await expect(browsing.window.page.get_by_test_id("dial-input")).to_be_visible(timeout=PATIENCE_MS)


async def test_an_answer_of_no_known_kind_is_no_page(browsing: Any) -> None:
    await browsing.open(browsing.bob.uri)
    await browsing.bob.gives("GIF89a", "image/gif")
    await expect(browsing.chrome("page-error-cause")).to_contain_text("image/gif", timeout=PATIENCE_MS)
    await browsing.chrome("page-error-retry").click()
    await browsing.bob.gives("{broken", "application/json")
    await expect(browsing.chrome("page-error-cause")).to_contain_text("JSON", timeout=PATIENCE_MS)
    await browsing.chrome("page-error-retry").click()
    await browsing.bob.gives('{"balance": {"amount": "1 <b>€</b>"}, "lines": [1, true]}', "application/json")
    await expect(browsing.window.page.locator("td").first).to_contain_text("1 <b>€</b>", timeout=PATIENCE_MS)
