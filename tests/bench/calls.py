"""`call_setup`: from dialling to 180 shown, and to audio flowing, in Elsipo's page and in baresip, against one SIPp.

The callee is SIPp, registered as carol; its audio goes to a socket of ours, where the first packet of RTP is noted.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import TYPE_CHECKING, Final

from elsipo.demo.ports import free_port
from peers.baresip import Baresip
from peers.needs import program
from peers.pointer import click
from peers.processes import Program
from peers.sip import RawUserAgent
from peers.waiting import eventually

from bench.figures import Figure, figure
from bench.stage import offset_ms_script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

    from bench.stage import Stage

_SCENARIO: Final = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="callee">
<recv request="INVITE" crlf="true" rrs="true"/>
<send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:carol@[local_ip]:[local_port]>
Content-Length: 0

]]></send>
<pause milliseconds="150"/>
<send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:carol@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=carol 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [rtp_sink] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15

]]></send>
<recv request="ACK"/>
<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""
# The chrome shows calls; the page's button is where a person dials.
_CLICKED: Final = """() => document.addEventListener("click", () => {
    window.benchClicked = performance.timeOrigin + performance.now();
}, { capture: true })"""
_RINGING: Final = """() => {
    window.benchRinging = 0;
    new MutationObserver(() => {
        const call = document.querySelector('[data-testid="call"]');
        if (!call) window.benchRinging = 0;
        else if (!window.benchRinging && call.getAttribute("data-state") === "early") {
            window.benchRinging = performance.timeOrigin + performance.now();
        }
    }).observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true });
}"""

_GONE: Final = "window.benchRinging === 0"


class _Sink(asyncio.DatagramProtocol):
    """Notes when the first packet of each call came, by `time.time` in milliseconds."""

    def __init__(self) -> None:
        self.first_ms = 0.0

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        """Audio."""
        del data, addr
        self.first_ms = self.first_ms or time.time() * 1000


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figures; n is 10, or 1 when quick."""
    count = 1 if quick else 10
    async with _callee(stage) as sink:
        theirs_ringing, theirs_audio = await _baresip(stage, sink, count)
        ours_ringing, ours_audio = await _elsipo(stage, sink, count)
    return {
        "call_setup": figure(ours_ringing, "ms", theirs_ringing),
        "call_setup_audio": figure(ours_audio, "ms", theirs_audio),
    }


async def _elsipo(stage: Stage, sink: _Sink, count: int) -> tuple[list[float], list[float]]:
    ringing, audio = [], []
    async with stage.elsipo() as elsipo, elsipo.window() as window:
        frame = await window.frame()
        page_ahead_ms = await frame.evaluate(offset_ms_script())
        chrome_ahead_ms = await window.chrome.evaluate(offset_ms_script())
        await frame.evaluate(_CLICKED)
        await window.chrome.evaluate(_RINGING)
        for turn in range(-1, count):
            await window.page.get_by_test_id("dial-input").fill("carol")
            sink.first_ms = 0.0
            await window.page.get_by_test_id("dial-call").click()
            clicked_ms = await frame.evaluate("window.benchClicked") - page_ahead_ms
            shown_ms = await _number(window.chrome, "window.benchRinging") - chrome_ahead_ms
            await eventually(lambda: sink.first_ms, interval_s=0.005, what="audio flows")
            if turn >= 0:  # the first call finds nothing prepared
                ringing.append(shown_ms - clicked_ms)
                audio.append(sink.first_ms - clicked_ms)
            await click(window.chrome.get_by_test_id("call-hang-up"))
            await eventually(lambda: window.chrome.evaluate(_GONE), what="the call has gone from the window")
    return ringing, audio


async def _number(page: Page, expression: str) -> float:
    return float(await eventually(lambda: page.evaluate(expression), interval_s=0.005, what=expression))


async def _baresip(stage: Stage, sink: _Sink, count: int) -> tuple[list[float], list[float]]:
    ringing, audio = [], []
    async with Baresip.running(stage.new_folder("baresip") / "run", stage.provider) as baresip:
        for turn in range(-1, count):
            baresip.forget()
            sink.first_ms = 0.0
            began_ms = time.time() * 1000
            # Its command is answered only with the call's first news; the event comes on the same connection.
            await baresip.dial(f"sip:carol@{stage.provider.domain}")
            await baresip.event("CALL_RINGING")
            rang_ms = time.time() * 1000
            await eventually(lambda: sink.first_ms, interval_s=0.005, what="audio flows")
            if turn >= 0:
                ringing.append(rang_ms - began_ms)
                audio.append(sink.first_ms - began_ms)
            await baresip.hang_up()
            await baresip.closed()
    return ringing, audio


@contextlib.asynccontextmanager
async def _callee(stage: Stage) -> AsyncIterator[_Sink]:
    """SIPp as carol, as long as it is wanted; where its audio goes."""
    folder = stage.new_folder("callee")
    transport, sink = await asyncio.get_running_loop().create_datagram_endpoint(_Sink, local_addr=("127.0.0.1", 0))
    rtp_port = transport.get_extra_info("sockname")[1]
    (folder / "callee.xml").write_text(_SCENARIO.replace("[rtp_sink]", str(rtp_port)))
    port = free_port(socket.SOCK_DGRAM)
    argv = [program("sipp", package="sip-tester"), "-i", "127.0.0.1", "-p", str(port), "-sf", "callee.xml", "-nostdin"]
    with contextlib.closing(transport), Program([*argv, "-trace_err", "-error_file", "errors.log"], folder):
        async with _registered(stage, port):
            yield sink


@contextlib.asynccontextmanager
async def _registered(stage: Stage, port: int) -> AsyncIterator[None]:
    """Carol is at that port."""
    domain = stage.provider.domain
    host, _, server_port = stage.provider.server("udp").partition(":")
    address = f"sip:carol@{domain}"
    login = ("carol", stage.provider.users["carol"])
    async with RawUserAgent.opened() as agent:
        headers = {"Contact": f"<sip:carol@127.0.0.1:{port}>", "Expires": "3600"}
        server = (host, int(server_port))
        answer = await agent.request(
            "REGISTER", f"sip:{domain}", server, sender=address, to=address, headers=headers, login=login
        )
        assert answer.status == 200, answer.start_line
        yield
