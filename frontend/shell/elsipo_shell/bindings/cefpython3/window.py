"""One native window with its browser. What happens to it comes through `client.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elsipo_shell.bindings.interface import BrowserWindow
from elsipo_shell.x11 import X11Window

if TYPE_CHECKING:
    from typing import Any, Optional

    from elsipo_shell.bindings.interface import DevToolsSubject, WindowEvents, WindowSpec

_ZOOM_STEP, _ZOOM_MOST = 0.5, 6.0
"""Chromium's levels: the factor is 1.2 to the power of the level."""


class Window(BrowserWindow):
    """A browser's window. After `detach` every order is ignored: the user may close it at any moment."""

    def __init__(self, events: WindowEvents) -> None:
        self.events = events
        self.load_failed = False
        self._browser: Any = None
        self._native: Optional[X11Window] = None

    def attach(self, browser: Any) -> None:
        """Keep the browser that was made for it."""
        self._browser = browser

    def detach(self) -> None:
        """Let go of it: the native window is gone, and CEF does not end while somebody holds a browser."""
        self._browser = self._native = None

    def decorate(self, spec: WindowSpec) -> None:
        """Give the native window its name and its icon."""
        if self._browser is None:
            return
        self._native = X11Window(self._browser.GetWindowHandle())
        self._native.set_class("elsipo", "Elsipo")
        self._native.set_title(spec.title)
        self._native.set_icon(spec.icon_file)
        if spec.x_px is not None and spec.y_px is not None:
            self._native.move(spec.x_px, spec.y_px)

    def close(self) -> None:
        """Close it without asking the document; its DevTools before it."""
        if self._browser is not None:
            self._browser.CloseDevTools()
            self._browser.CloseBrowser(True)

    def focus(self) -> None:
        """Bring it to the front and give it the keyboard."""
        if self._native is not None:
            self._native.activate()
        if self._browser is not None:
            self._browser.SetFocus(True)

    def set_title(self, title: str) -> None:
        """Name it."""
        if self._native is not None:
            self._native.set_title(title)

    def native_id(self) -> int:
        """Its number on the display."""
        return 0 if self._browser is None else int(self._browser.GetWindowHandle())

    def url(self) -> str:
        """Where its main frame is."""
        if self._browser is None:
            return ""
        return str(self._browser.GetUrl())

    def run_script(self, code: str) -> None:
        """Run JavaScript in the main frame's document."""
        if self._browser is not None:
            self._browser.GetMainFrame().ExecuteJavascript(code, "elsipo:shell", 1)

    def reload(self) -> None:
        """Load the main frame's document again."""
        if self._browser is not None:
            self._browser.Reload()

    def show_dev_tools(self, subject: DevToolsSubject) -> None:
        """Open DevTools, or bring them to the front, at the whole window: this binding lets nobody choose."""
        del subject
        if self._browser is not None:
            self._browser.ShowDevTools()

    def has_dev_tools(self) -> bool:
        """Whether they are open."""
        return self._browser is not None and bool(self._browser.HasDevTools())

    def zoom(self, steps: int) -> None:
        """Larger, smaller, or as it was."""
        if self._browser is None:
            return
        level = self._browser.GetZoomLevel() + steps * _ZOOM_STEP if steps else 0.0
        self._browser.SetZoomLevel(max(-_ZOOM_MOST, min(_ZOOM_MOST, level)))
