"""The one thread that owns pjsip: its poll, the commands from elsewhere, and timers.

pjsip is driven by this thread alone (no worker threads), so that its callbacks, our commands and our timers never run
at the same time and state needs no lock. A long poll keeps an idle engine quiet; a command ends it at once by ringing
the doorbell: an empty-line datagram (a SIP keep-alive, RFC 5626 §4.4.1, which pjsip drops) to our own UDP socket.
Measured in notes-engine.md. Must not know what a call, a message or an account is.
"""

from __future__ import annotations

import gc
import heapq
import itertools
import logging
import socket
import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, TypeVar

from elsipo.rpc.lean import return_freed_memory

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

T = TypeVar("T")

_LONGEST_POLL_S: Final = 0.1  # also the longest delay should a doorbell be lost
_DOORBELL: Final = b"\r\n\r\n"
_COLLECT_EVERY_S: Final = 10.0


class Timer:
    """A function to be run once, later, on the reactor's thread."""

    def __init__(self, due: float, function: Callable[[], None]) -> None:
        self.due = due
        self._function: Callable[[], None] | None = function

    def cancel(self) -> None:
        """Never run it. Harmless when it ran already."""
        self._function = None

    def run(self) -> None:
        """Run it, unless cancelled."""
        function, self._function = self._function, None
        if function is not None:
            function()


class Reactor:
    """Runs functions on one thread, and the library's poll between them."""

    def __init__(self) -> None:
        self._commands: deque[Callable[[], None]] = deque()
        self._wake = threading.Event()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._poll: Callable[[int], object] | None = None
        self._doorbell: socket.socket | None = None
        self._next_collection = 0.0
        self._thread = threading.Thread(target=self._run, name="pjsip", daemon=True)

    def start(self) -> None:
        """Start the thread. It ends with the process."""
        # Collecting on another thread would run destructors of pjsua2 objects beside pjsip (pjproject #2416, #4283).
        gc.disable()
        self._thread.start()

    def attach(self, poll: Callable[[int], object], address: tuple[str, int]) -> None:
        """Drive pjsip from now on.

        Args:
            poll: `Endpoint.libHandleEvents`, which takes milliseconds.
            address: IP and port of a UDP transport of ours that can be reached from this machine.
        """
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._doorbell = socket.socket(family, socket.SOCK_DGRAM)
        self._doorbell.setblocking(False)
        self._doorbell.connect(address)
        self._poll = poll
        # What is there now stays, and is not looked through again; what starting up took and freed goes back.
        gc.collect()
        gc.freeze()
        return_freed_memory()

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Run a function on the reactor's thread, soon.

        May be called from any thread.

        Returns:
            What it returns or raises.
        """
        future: Future[T] = Future()

        def command() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(function())
            except Exception as error:  # noqa: BLE001 - whatever it is belongs to whoever asked
                future.set_exception(error)

        self._commands.append(command)
        self._wake.set()
        doorbell = self._doorbell
        if doorbell is not None:
            try:
                doorbell.send(_DOORBELL)
            except OSError as error:  # a full buffer means that pjsip is awake; the poll's limit covers the rest
                _log.debug("doorbell: %s", error)
        return future

    def defer(self, function: Callable[[], None]) -> None:
        """Run a function after the present callback of pjsip has returned; for the reactor's own thread.

        pjsip must not be called back from every callback, and its objects are half made or half gone there.
        """
        self._commands.append(function)

    def after(self, delay_s: float, function: Callable[[], None]) -> Timer:
        """Run a function once, `delay_s` seconds from now; for the reactor's own thread."""
        timer = Timer(time.monotonic() + delay_s, function)
        heapq.heappush(self._timers, (timer.due, next(self._order), timer))
        return timer

    def _run(self) -> None:
        while True:
            wait_s = self._turn()
            if self._poll is None:
                self._wake.wait(wait_s)
                self._wake.clear()
                continue
            try:
                self._poll(int(wait_s * 1000))
            except Exception:  # noqa: BLE001 - one bad packet must not end the account's life
                _log.exception("pjsip's poll failed")

    def _turn(self) -> float:
        """Run what is due; return how long the poll may last, in seconds."""
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            self._guard(heapq.heappop(self._timers)[2].run)
        # Only what is there now: a command that defers another must not keep pjsip from its sockets.
        for _ in range(len(self._commands)):
            self._guard(self._commands.popleft())
        if now >= self._next_collection:
            self._next_collection = now + _COLLECT_EVERY_S
            gc.collect()
        if self._commands:
            return 0.0
        if self._timers:
            return min(_LONGEST_POLL_S, max(0.0, self._timers[0][0] - time.monotonic()))
        return _LONGEST_POLL_S

    @staticmethod
    def _guard(function: Callable[[], None]) -> None:
        try:
            function()
        except Exception:  # noqa: BLE001 - state stays as it is; the next event finds the thread alive
            _log.exception("a task of the pjsip thread failed")
