"""SIGTERM, SIGINT and SIGHUP for a process whose main thread is deep in a C library's message loop.

Python runs its handlers on the main thread, when that is back in Python; the C part of `signal` writes the number to a
socket at once, and a thread of ours reads it there. Must not know what is to be done.
"""

from __future__ import annotations

import signal
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Callable


class Signals:
    """Calls `on_signal`, on a thread of its own, for each signal that asks the process to end."""

    def __init__(self, on_signal: Callable[[], None]) -> None:
        self.on_signal = on_signal
        ours, pythons = socket.socketpair()
        pythons.setblocking(False)
        self._pythons = pythons
        signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._wait, args=(ours,), name="signals", daemon=True).start()
        self.catch()

    def catch(self) -> None:
        """Put our handlers in place, also where a library has put its own meanwhile. On the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda _number, _frame: None)

    def _wait(self, ours: socket.socket) -> None:
        with ours:
            while ours.recv(1):
                self.on_signal()
