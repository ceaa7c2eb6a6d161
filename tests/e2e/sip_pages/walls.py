"""What a page over SIP tries to get out, one JavaScript body each, and what lies in wait for it outside."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READY: Final = "<script>elsipo.ready.then(() => document.body.setAttribute('data-ready', ''))</script>"


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

    @classmethod
    @contextlib.asynccontextmanager
    async def laid(cls) -> AsyncIterator[Self]:
        """A trap on TCP and UDP; nobody reaches it unless a wall is down."""
        trap = cls()
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

    async def is_untouched(self) -> bool:
        """Whether nobody came; what was started in silence comes before this, which does arrive."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"ours")
        await reader.read()
        writer.close()
        return self.reached == ["ours"]


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, trap: Trap) -> None:
        self.datagram_received = trap.datagram_received  # type: ignore[method-assign]


ATTEMPTS: Final = {
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
    "hints": """for (const rel of ['preconnect', 'prefetch', 'preload', 'dns-prefetch', 'modulepreload', 'prerender',
            'import', 'manifest', 'icon', 'next']) {
        const l = document.createElement('link'); l.rel = rel; l.as = 'image'; l.href = URL; document.head.append(l); }
        return 'refused'""",
    "elements": """for (const [tag, name] of [['object', 'data'], ['embed', 'src'], ['video', 'src'], ['audio', 'src'],
            ['video', 'poster'], ['input', 'src'], ['body', 'background'], ['applet', 'archive'], ['portal', 'src']]) {
        const made = document.createElement(tag); made.type = 'image'; made.setAttribute(name, URL + tag);
        document.body.append(made); }
        const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
        drawn.innerHTML = '<image href="' + URL + 'i"/><use href="' + URL + 'u#x"/>'; document.body.append(drawn);
        return 'refused'""",
    "style sheet": """const s = document.createElement('style');
        s.textContent = '@import "' + URL + 'a"; @font-face { font-family: f; src: url(' + URL + 'f); }'
            + 'body { font-family: f; cursor: url(' + URL + 'c), auto; background: url(' + URL + 'b); }';
        document.head.append(s); return 'refused'""",
    "ping": """const a = document.createElement('a'); a.href = '#x'; a.ping = URL; document.body.append(a); a.click();
        return 'refused'""",
    "form": """const f = document.createElement('form'); f.action = URL; f.target = '_blank'; document.body.append(f);
        f.submit(); return 'refused'""",
    "speculation": """const s = document.createElement('script'); s.type = 'speculationrules';
        const list = [{source: 'list', urls: [URL]}];
        s.textContent = JSON.stringify({prefetch: list, prerender: list});
        document.head.append(s); return 'refused'""",
    "frame": """const f = document.createElement('iframe'); f.src = URL; document.body.append(f); return 'refused'""",
    "WebRTC": """let peer; try { peer = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:' + PORT}]}); }
        catch { return 'refused' } peer.createDataChannel('x');
        await peer.setLocalDescription(await peer.createOffer());
        return 'refused'""",
    "WebRTC over TCP": """let peer;
        const turn = {urls: 'turn:127.0.0.1:PORT?transport=tcp', username: 'x', credential: 'y'};
        try { peer = new RTCPeerConnection({iceServers: [turn]}); }
        catch (error) { return 'refused' } peer.createDataChannel('x');
        const done = new Promise((end) => { peer.onicecandidate = (event) => event.candidate || end(); });
        await peer.setLocalDescription(await peer.createOffer());
        await done; return 'refused'""",
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


def script(name: str, port: int) -> str:
    """An attempt against the trap at a port, as an async function."""
    body = ATTEMPTS[name].replace("PORT", str(port))
    if name != "worker":
        body = body.replace("URL", f"'http://127.0.0.1:{port}/'")
    return f"async () => {{ try {{ {body} }} catch (error) {{ return 'refused' }} }}"
