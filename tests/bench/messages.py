"""`message_to_dom` and `chat_to_dom`: from a SIP MESSAGE on the wire to its text in the page, through the registrar.

A raw user agent sends. The first kind asks a service, whose answer fills an element of the asker's page; the second is
a message of a person, which is stored before it is shown. The floor is the same with a bare UDP socket in its place.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from peers.sip import RawUserAgent
from peers.waiting import eventually

from bench.figures import Figure, with_p99
from bench.stage import offset_ms_script

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from playwright.async_api import Frame

    from bench.stage import Stage

_ELEMENT: Final = "i_stats"
_WATCH: Final = """([selector, marked]) => {
    window.benchSeen = [];
    const root = selector ? document.querySelector(selector) : document.body;
    new MutationObserver(() => {
        const now = performance.timeOrigin + performance.now();
        if (!marked) { window.benchSeen.push(now); return; }
        const bodies = document.querySelectorAll('[data-testid="message-body"]');
        const last = bodies.length ? bodies[bodies.length - 1].textContent : "";
        if (last.startsWith(marked) && window.benchLast !== last) {
            window.benchLast = last;
            window.benchSeen.push(now);
        }
    }).observe(root, { childList: true, subtree: true, characterData: true });
}"""


class Sender(RawUserAgent):
    """Notes when its latest request with credentials left, by `time.time` in milliseconds."""

    sent_ms = 0.0

    def send(self, packet: str | bytes, to: tuple[str, int]) -> None:
        """Send octets as they are."""
        if b"Proxy-Authorization" in (packet.encode() if isinstance(packet, str) else packet):
            self.sent_ms = time.time() * 1000
        super().send(packet, to)


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figures; n is 300 each, or 3 when quick."""
    count = 3 if quick else 300
    domain, server = stage.provider.domain, _address(stage.provider.server("udp"))

    async def ask(sender: Sender, user: str) -> float:
        """The answer comes from id-i_stats to all who are registered as `user`."""
        answer = await sender.request(
            "MESSAGE",
            f"sip:elsipo-stats@{domain}",
            server,
            sender=f"sip:{user}@{domain}",
            body=f"id-{_ELEMENT}",
            login=(user, stage.provider.users[user]),
        )
        assert answer.status == 200, answer.start_line
        return sender.sent_ms

    async def write(sender: Sender, to: str, body: str) -> float:
        answer = await sender.request(
            "MESSAGE",
            f"sip:{to}@{domain}",
            server,
            sender=f"sip:bob@{domain}",
            body=body,
            login=("bob", stage.provider.users["bob"]),
        )
        assert answer.status == 200, answer.start_line
        return sender.sent_ms

    async with Sender.opened() as sender, stage.elsipo() as elsipo, elsipo.window() as window:
        frame = await window.frame()
        ahead_ms = await frame.evaluate(offset_ms_script())
        async with _Bare.opened() as bare:
            await bare.register(server, domain, ("carol", stage.provider.users["carol"]))
            bare_fragment = await bare.times(count, lambda _: ask(sender, "carol"))
            bare_chat = await bare.times(count, lambda number: write(sender, "carol", f"bench {number}"))
            await bare.register(server, domain, ("carol", stage.provider.users["carol"]), expires_s=0)
        await frame.evaluate(_WATCH, [f"#{_ELEMENT}", None])
        fragment = await _times(frame, count, ahead_ms, lambda _: ask(sender, "alice"))
        await write(sender, "alice", "hello")
        await window.page.get_by_test_id("conversation").first.click()
        await window.page.get_by_test_id("message-body").first.wait_for()
        await frame.evaluate(_WATCH, ["", "bench"])
        chat = await _times(frame, count, ahead_ms, lambda number: write(sender, "alice", f"bench {number}"))
    return with_p99("message_to_dom", fragment, "ms", bare_fragment) | with_p99("chat_to_dom", chat, "ms", bare_chat)


class _Bare(RawUserAgent):
    """Where Elsipo would be: a socket that notes when each MESSAGE came."""

    def __init__(self) -> None:
        super().__init__()
        self.came_ms: list[float] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Note it, and answer."""
        if data.startswith(b"MESSAGE "):
            self.came_ms.append(time.time() * 1000)
        super().datagram_received(data, addr)

    async def times(self, count: int, send: Callable[[int], Awaitable[float]]) -> list[float]:
        """How long each of `count` took, in milliseconds."""
        took = []
        for number in range(count):
            self.came_ms.clear()
            self.came.clear()
            sent_ms = await send(number)
            await eventually(lambda: self.came_ms, interval_s=0.002, what="the MESSAGE comes")
            took.append(self.came_ms[0] - sent_ms)
        return took


async def _times(frame: Frame, count: int, ahead_ms: float, send: Callable[[int], Awaitable[float]]) -> list[float]:
    took: list[float] = []
    for number in range(count):
        sent_ms = await send(number)
        seen: Any = await frame.wait_for_function("() => window.benchSeen.shift()", polling=5)
        took.append(float(await seen.json_value()) - ahead_ms - sent_ms)
    return took


def _address(server: str) -> tuple[str, int]:
    host, _, port = server.partition(":")
    return host, int(port)
