"""Notices that this machine slept, or that it is in another network now.

Looks at clocks and at the address that packets to the provider leave from; asks nobody. Lives on the pjsip thread. Must
not know what follows from it.
"""

from __future__ import annotations

import logging
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.engine.pace import Pace
    from elsipo.engine.reactor import Reactor

_log = logging.getLogger(__name__)


class Watch:
    """Looks every few seconds, as long as the process lives.

    Args:
        reactor: The pjsip thread.
        pace: How often, and which gap counts.
        flow: IP:port of the provider; empty while there is none.
        on_woken: Called when this process was suspended, with the machine or alone.
        on_moved: Called when packets to the provider leave from another address than before.
    """

    def __init__(
        self,
        reactor: Reactor,
        pace: Pace,
        *,
        flow: Callable[[], str],
        on_woken: Callable[[], None],
        on_moved: Callable[[], None],
    ) -> None:
        self._reactor = reactor
        self._pace = pace
        self._flow = flow
        self._on_woken = on_woken
        self._on_moved = on_moved
        self._seen = _clock()
        self._address = ""

    def start(self) -> None:
        """Begin to look."""
        self._seen = _clock()
        self._reactor.after(self._pace.watch_s, self._look)

    def remember(self) -> None:
        """Take note of the address that the provider saw first, or a move right afterwards would go unseen."""
        self._address = self._address or local_address(self._flow())

    def _look(self) -> None:
        now = _clock()
        gap_s = now - self._seen - self._pace.watch_s
        self._seen = now
        address = local_address(self._flow())
        moved = bool(address and self._address and address != self._address)
        self._address = address or self._address  # without any network it stays what it was
        if moved:
            _log.info("packets leave from another address now")
            self._on_moved()
        elif gap_s > self._pace.asleep_s:
            _log.info("there was a gap of %.0f s: this machine slept", gap_s)
            self._on_woken()
        self._reactor.after(self._pace.watch_s, self._look)


def local_address(peer: str) -> str:
    """Return the IP address from which packets to `peer` (IP:port) leave; empty when there is no way to it."""
    host, _, port = peer.rpartition(":")
    host = host.strip("[]")
    if not host:
        return ""
    try:
        # Connecting a datagram socket sends nothing; it asks the routing table.
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.connect((host, int(port)))
            return str(asking.getsockname()[0])
    except (OSError, ValueError):
        return ""


def _clock() -> float:
    """Seconds, counted while the machine sleeps, too."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.time()
