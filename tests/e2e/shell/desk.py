"""What a person sees and does on an X11 display: windows by title, their properties, pointer and keyboard."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Final

from peers.waiting import wait_until

_PROTOCOLS_SCRIPT: Final = """
import ctypes, sys
X = ctypes.CDLL("libX11.so.6")
X.XOpenDisplay.restype = ctypes.c_void_p
X.XInternAtom.restype = ctypes.c_ulong
class Message(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong),
                ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("padding", ctypes.c_long * 24)]
display, window = ctypes.c_void_p(X.XOpenDisplay(None)), int(sys.argv[1])
atom = lambda name: X.XInternAtom(display, name, 0)
message = Message(type=33, window=window, message_type=atom(b"WM_PROTOCOLS"), format=32,
                  data=(atom(b"WM_DELETE_WINDOW"), 0, 0, 0, 0))
X.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(message))
X.XSync(display, 0)
"""


class Desk:
    """A display's windows and input, through xdotool, xprop and xwininfo."""

    def __init__(self, display: str) -> None:
        self.display = display

    def window(self, title: str) -> str:
        """Wait for the window with exactly this title; its X11 id, decimal."""
        return wait_until(lambda: self._find(title), timeout_s=15, what=f"a window titled {title!r}")

    def titles(self) -> list[str]:
        """The titles of all top-level windows, the front one first."""
        return re.findall(r'^ +0x[0-9a-f]+ "(.*)": \(', self._run("xwininfo", "-root", "-children"), re.MULTILINE)

    def prop(self, window: str, name: str) -> str:
        """A property as xprop prints it."""
        return self._run("xprop", "-id", window, "-notype", name).partition(" = ")[2].strip()

    def icon(self, window: str) -> list[int]:
        """The icon's numbers: width, height, pixels."""
        text = self._run(
            "xprop", "-id", window, "-notype", "-f", "_NET_WM_ICON", "32c", "-len", "65536", "_NET_WM_ICON"
        )
        return [int(number) for number in re.findall(r"\d+", text.partition("=")[2])]

    def size(self, window: str) -> tuple[int, int]:
        """Width and height."""
        found = re.search(r"Width: (\d+)\s+Height: (\d+)", self._run("xwininfo", "-id", window))
        assert found is not None
        return int(found[1]), int(found[2])

    def place(self, window: str) -> tuple[int, int, int, int]:
        """Left and upper edge, width and height."""
        text = self._run("xwininfo", "-id", window)
        found = re.search(r"upper-left X: +(-?\d+)\s+Absolute upper-left Y: +(-?\d+)", text)
        assert found is not None
        return int(found[1]), int(found[2]), *self.size(window)

    def screen(self) -> tuple[int, int]:
        """Width and height of all of it."""
        width, height = self._run("xdotool", "getdisplaygeometry").split()
        return int(width), int(height)

    def move(self, window: str, x: int, y: int) -> None:
        """Drag a window there."""
        self._run("xdotool", "windowmove", window, str(x), str(y))

    def resize(self, window: str, width: int, height: int) -> None:
        """Drag a window's corner."""
        self._run("xdotool", "windowsize", window, str(width), str(height))

    def click(self, window: str) -> None:
        """Click near the window's upper left corner."""
        self._run("xdotool", "mousemove", "--window", window, "60", "60", "click", "1")

    def has_keyboard(self, window: str) -> bool:
        """Whether keys go to it, or to the window that fills it."""
        focus = self._run("xdotool", "getwindowfocus", "-f").strip()
        tree = self._run("xwininfo", "-id", focus, "-tree", may_fail=True)
        parent = re.search(r"Parent window id: (0x[0-9a-f]+)", tree)
        return window in {focus, str(int(parent[1], 16)) if parent else ""}

    def press(self, key: str) -> None:
        """Press a key."""
        self._run("xdotool", "key", key)

    def close(self, window: str) -> None:
        """Do what a window manager does when its close button is clicked (ICCCM §4.2.8.1)."""
        self._run(sys.executable, "-c", _PROTOCOLS_SCRIPT, window)

    def _find(self, title: str) -> str:
        found = self._run("xdotool", "search", "--name", f"^{re.escape(title)}$", may_fail=True).split()
        return found[0] if found else ""

    def _run(self, *command: str, may_fail: bool = False) -> str:
        done = subprocess.run(
            command,
            env={"DISPLAY": self.display, "PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=False,
        )
        assert may_fail or done.returncode == 0, done.stderr
        return done.stdout.decode("utf-8", "replace")
