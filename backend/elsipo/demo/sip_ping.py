"""Is a SIP server there? Asked with OPTIONS over UDP (RFC 3261 section 11). Must not know which server."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_INTERVAL_S: Final = 0.02
_LONGEST_INTERVAL_S: Final = 0.5


class _Ping(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answered = asyncio.Event()

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        del addr
        if data.startswith(b"SIP/2.0 "):
            self.answered.set()

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there yet."""


async def answers_options(port: int, timeout_s: float, while_true: Callable[[], bool] = lambda: True) -> bool:
    """Ask until a SIP answer comes, whatever its status.

    Args:
        port: UDP port on 127.0.0.1.
        timeout_s: Give up after this many seconds.
        while_true: Give up when it returns False, such as: the process lives.

    Returns:
        Whether there was an answer.
    """
    loop = asyncio.get_running_loop()
    transport, ping = await loop.create_datagram_endpoint(_Ping, remote_addr=("127.0.0.1", port))
    own_port = transport.get_extra_info("sockname")[1]
    deadline, interval_s, number = loop.time() + timeout_s, _FIRST_INTERVAL_S, 0
    try:
        while loop.time() < deadline and while_true():
            number += 1
            transport.sendto(_options(port, own_port, number))
            try:
                await asyncio.wait_for(ping.answered.wait(), interval_s)
            except TimeoutError:
                interval_s = min(2 * interval_s, _LONGEST_INTERVAL_S)
            else:
                # Our own server, not another that took the port while ours failed.
                return while_true()
        return False
    finally:
        transport.close()


def _options(port: int, own_port: int, number: int) -> bytes:
    token = secrets.token_hex(8)
    lines = (
        f"OPTIONS sip:127.0.0.1:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{own_port};branch=z9hG4bK{token};rport",
        "Max-Forwards: 5",
        f"From: <sip:ping@127.0.0.1:{own_port}>;tag={token}",
        f"To: <sip:127.0.0.1:{port}>",
        f"Call-ID: {token}",
        f"CSeq: {number} OPTIONS",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()
