"""Notices when windows are moved or resized, on a thread and a connection of its own. Must not know CEF.

CEF does not tell it for windows of this kind. A window that is dragged says so many times a second: what is told is
where it has come to rest.

Spec: ICCCM §4.1.5 (ConfigureNotify); Extended Window Manager Hints (_NET_FRAME_EXTENTS).
"""

from __future__ import annotations

import ctypes
import logging
import os
import queue
import select
import threading
import time
from typing import TYPE_CHECKING

from . import x11

if TYPE_CHECKING:
    from typing import Callable, Dict, Tuple

    from .bounds import Bounds

    Tell = Callable[[Bounds], None]

_log = logging.getLogger(__name__)

_AT_REST_S = 0.25
_STRUCTURE_NOTIFY = 1 << 17
_DESTROY_NOTIFY, _CONFIGURE_NOTIFY = 17, 22


class _Event(ctypes.Structure):
    """What DestroyNotify and ConfigureNotify have in common; the longest event has 24 longs."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("event", ctypes.c_ulong),
        ("window", ctypes.c_ulong),
        ("padding", ctypes.c_long * 24),
    )


class BoundsWatcher:
    """All watched windows. Where there is no X11 it watches nothing."""

    def __init__(self) -> None:
        self._asked: queue.Queue[Tuple[int, Tell]] = queue.Queue()
        self._watched: Dict[int, Tell] = {}
        self._moved: Dict[int, float] = {}
        self._bell, self._rope = os.pipe()
        self._thread = threading.Thread(target=self._run, name="x11-watch", daemon=True)

    def watch(self, xid: int, tell: Tell) -> None:
        """From now on `tell` is called, on the watcher's thread, each time this window has come to rest elsewhere."""
        self._asked.put((xid, tell))
        if not self._thread.ident:
            self._thread.start()
        os.write(self._rope, b"!")

    def _run(self) -> None:
        try:
            connection = x11.Connection()
        except OSError as error:
            _log.warning("where windows are is not noticed: %s", error)
            return
        while True:
            self._read(connection)
            due = min(self._moved.values(), default=None)
            patience = None if due is None else max(0.0, due - time.monotonic())
            ready = select.select([connection.fileno(), self._bell], [], [], patience)[0]
            if self._bell in ready:
                os.read(self._bell, 4096)
                self._take(connection)
            self._report(connection)

    def _take(self, connection: x11.Connection) -> None:
        while not self._asked.empty():
            xid, tell = self._asked.get()
            self._watched[xid] = tell
            connection.lib.XSelectInput(connection.display, ctypes.c_ulong(xid), ctypes.c_long(_STRUCTURE_NOTIFY))

    def _read(self, connection: x11.Connection) -> None:
        event = _Event()
        while connection.lib.XPending(connection.display):
            connection.lib.XNextEvent(connection.display, ctypes.byref(event))
            if event.type == _DESTROY_NOTIFY:
                self._watched.pop(event.window, None)
                self._moved.pop(event.window, None)
            elif event.type == _CONFIGURE_NOTIFY and event.window in self._watched:
                self._moved[event.window] = time.monotonic() + _AT_REST_S

    def _report(self, connection: x11.Connection) -> None:
        now = time.monotonic()
        for xid in [xid for xid, due in self._moved.items() if due <= now]:
            del self._moved[xid]
            bounds = connection.bounds(xid)
            if bounds is not None:
                self._watched[xid](bounds)
