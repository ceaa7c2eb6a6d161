"""A native window's name, icon, class, place and focus, as X11 properties, through libX11. Must not know CEF.

On a platform without X11 (or without its library) every order is ignored: a window without an icon is a window.

Spec: Extended Window Manager Hints (_NET_WM_NAME, _NET_WM_ICON, _NET_ACTIVE_WINDOW); ICCCM §4.1.2 (WM_CLASS).
"""

from __future__ import annotations

import ctypes
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from . import png
from .bounds import Bounds, Screen

if TYPE_CHECKING:
    from typing import Any, List, Optional, Tuple

_log = logging.getLogger(__name__)

_REPLACE = 0
_CLIENT_MESSAGE = 33
_SUBSTRUCTURE = 0x180000  # SubstructureRedirectMask | SubstructureNotifyMask
_FROM_APPLICATION = 1
_EXTENTS = 4


class _ClientMessage(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("padding", ctypes.c_long * 24),
    )


class Connection:
    """A connection to the display; one thread uses it.

    Raises:
        OSError: there is no display, or no libX11.
    """

    def __init__(self) -> None:
        self.lib = _library()
        self.display = ctypes.c_void_p(self.lib.XOpenDisplay(None))
        if not self.display:
            raise OSError("no X11 display")
        # Xlib's own handler ends the process, and a user may close a window between an order and its execution.
        self._on_error = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda _display, _event: 0)
        self.lib.XSetErrorHandler(self._on_error)

    def fileno(self) -> int:
        """For `select`."""
        return int(self.lib.XConnectionNumber(self.display))

    def atom(self, name: str) -> Any:
        """The number of a name."""
        return ctypes.c_ulong(self.lib.XInternAtom(self.display, name.encode(), 0))

    def put(self, window: Any, name: str, kind: str, data: Any) -> None:
        """Set a property of a window."""
        # Format 32 is C's long in Xlib, whatever a long is.
        size, count = (8, len(data)) if isinstance(data, bytes) else (32, len(data))
        self.lib.XChangeProperty(
            self.display,
            window,
            self.atom(name),
            self.atom(kind),
            size,
            _REPLACE,
            ctypes.cast(data, ctypes.c_void_p),
            count,
        )
        self.lib.XSync(self.display, 0)

    def screen(self) -> Optional[Screen]:
        """How large the display is now."""
        size = self._size(self._root())
        return None if size is None else Screen(*size)

    def bounds(self, xid: int) -> Optional[Bounds]:
        """Where a window is; None where it is gone."""
        window, x, y, child = ctypes.c_ulong(xid), ctypes.c_int(), ctypes.c_int(), ctypes.c_ulong()
        size = self._size(window)
        found = self.lib.XTranslateCoordinates(
            self.display, window, self._root(), 0, 0, ctypes.byref(x), ctypes.byref(y), ctypes.byref(child)
        )
        if size is None or not found:
            return None
        left, top = self._frame(window)
        return Bounds(x.value - left, y.value - top, *size)

    def _root(self) -> Any:
        return ctypes.c_ulong(self.lib.XDefaultRootWindow(self.display))

    def _size(self, window: Any) -> Optional[Tuple[int, int]]:
        root, numbers = ctypes.c_ulong(), [ctypes.c_uint() for _ in range(6)]
        if not self.lib.XGetGeometry(self.display, window, ctypes.byref(root), *map(ctypes.byref, numbers)):
            return None
        return numbers[2].value, numbers[3].value

    def _frame(self, window: Any) -> Tuple[int, int]:
        """What the window manager has put to the left of a window and above it."""
        kind, size, count, rest = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
        data = ctypes.POINTER(ctypes.c_ulong)()
        self.lib.XGetWindowProperty(
            self.display,
            window,
            self.atom("_NET_FRAME_EXTENTS"),
            ctypes.c_long(0),
            ctypes.c_long(4),
            0,
            self.atom("CARDINAL"),
            ctypes.byref(kind),
            ctypes.byref(size),
            ctypes.byref(count),
            ctypes.byref(rest),
            ctypes.byref(data),
        )
        if not data:
            return 0, 0
        left, top = (int(data[0]), int(data[2])) if count.value == _EXTENTS else (0, 0)
        self.lib.XFree(data)
        return left, top


_shared: List[Optional[Connection]] = []


def _connection() -> Optional[Connection]:
    """The one of all windows, for the UI thread."""
    if not _shared:
        try:
            _shared.append(Connection())
        except OSError as error:
            _log.warning("windows get no icon and no place: %s", error)
            _shared.append(None)
    return _shared[0]


def screen() -> Optional[Screen]:
    """How large the display is; None where nobody knows."""
    connection = _connection()
    return None if connection is None else connection.screen()


def reachable() -> bool:
    """Whether there is a display to open windows on."""
    try:
        lib = _library()
    except OSError:
        return False
    display = ctypes.c_void_p(lib.XOpenDisplay(None))
    if display:
        lib.XCloseDisplay(display)
    return bool(display)


def _library() -> Any:
    lib = ctypes.CDLL("libX11.so.6")
    lib.XOpenDisplay.restype = ctypes.c_void_p
    lib.XInternAtom.restype = lib.XDefaultRootWindow.restype = ctypes.c_ulong
    return lib


class X11Window:
    """A top-level window of this process, by its X11 id."""

    def __init__(self, xid: int) -> None:
        self._x11 = _connection() if xid else None
        self._window = ctypes.c_ulong(xid)

    def move(self, x_px: int, y_px: int) -> None:
        """Put the upper left corner of its frame there."""
        if self._x11 is not None:
            self._x11.lib.XMoveWindow(self._x11.display, self._window, x_px, y_px)
            self._x11.lib.XSync(self._x11.display, 0)

    def set_title(self, title: str) -> None:
        """What title bars and task lists show."""
        data = title.encode("utf-8", "replace")
        self._put_text("_NET_WM_NAME", "UTF8_STRING", data)
        self._put_text("_NET_WM_ICON_NAME", "UTF8_STRING", data)
        self._put_text("WM_NAME", "UTF8_STRING", data)

    def set_class(self, instance: str, name: str) -> None:
        """What desktops group windows by."""
        self._put_text("WM_CLASS", "STRING", instance.encode() + b"\0" + name.encode() + b"\0")

    def set_icon(self, path: str) -> None:
        """The picture in a PNG file; one that cannot be read is logged and left out."""
        try:
            image = png.read(Path(path).read_bytes())
        except (OSError, png.PngError) as error:
            _log.warning("the window gets no icon from %s: %s", path, error)
            return
        numbers: List[int] = [image.width, image.height, *image.pixels]
        if self._x11 is not None:
            data = (ctypes.c_ulong * len(numbers))(*numbers)
            self._x11.put(self._window, "_NET_WM_ICON", "CARDINAL", data)

    def activate(self) -> None:
        """Ask the window manager for the front; where none runs, take it."""
        if self._x11 is None:
            return
        lib, display = self._x11.lib, self._x11.display
        root = ctypes.c_ulong(lib.XDefaultRootWindow(display))
        message = _ClientMessage(
            type=_CLIENT_MESSAGE,
            window=self._window,
            message_type=self._x11.atom("_NET_ACTIVE_WINDOW"),
            format=32,
            data=(_FROM_APPLICATION, 0, 0, 0, 0),
        )
        lib.XMapRaised(display, self._window)
        lib.XSendEvent(display, root, 0, ctypes.c_long(_SUBSTRUCTURE), ctypes.byref(message))
        lib.XSync(display, 0)

    def _put_text(self, name: str, kind: str, data: bytes) -> None:
        if self._x11 is not None:
            self._x11.put(self._window, name, kind, data)
