"""One native window with its browser. What happens to it comes through `client.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cef_capi import header

from elsipo_shell.bindings.interface import BrowserWindow
from elsipo_shell.x11 import X11Window

from . import refs

if TYPE_CHECKING:
    from typing import Any, Optional

    from elsipo_shell.bindings.interface import DevToolsSubject, WindowEvents, WindowSpec

    from .dev_tools import DevTools


class Window(BrowserWindow):
    """A browser's window. After `detach` every order is ignored: the user may close it at any moment."""

    def __init__(self, events: WindowEvents, dev_tools: DevTools) -> None:
        self.events = events
        self._dev_tools = dev_tools
        self.load_failed = False
        self._browser: Any = None
        self._native: Optional[X11Window] = None

    def attach(self, browser: Any) -> None:
        """Keep the browser that was made for it."""
        refs.add_ref(browser)
        self._browser = browser

    def detach(self) -> None:
        """Let go of it: the native window is gone."""
        refs.release(self._browser)
        self._browser = self._native = None

    def decorate(self, spec: WindowSpec) -> None:
        """Give the native window its name and its icon."""
        if self._browser is None:
            return
        self._native = X11Window(self.native_id())
        self._native.set_class("elsipo", "Elsipo")
        self._native.set_title(spec.title)
        self._native.set_icon(spec.icon_file)
        if spec.x_px is not None and spec.y_px is not None:
            self._native.move(spec.x_px, spec.y_px)

    def close(self) -> None:
        """Close it without asking the document; its DevTools before it."""
        self._tell_host("close_dev_tools")
        self._tell_host("close_browser", 1)

    def focus(self) -> None:
        """Bring it to the front and give it the keyboard."""
        if self._native is not None:
            self._native.activate()
        self._tell_host("set_focus", 1)

    def set_title(self, title: str) -> None:
        """Name it."""
        if self._native is not None:
            self._native.set_title(title)

    def native_id(self) -> int:
        """Its number on the display."""
        if self._browser is None:
            return 0
        with refs.owned(refs.invoke(self._browser, "get_host"), header.cef_browser_host_t) as host:
            return int(refs.invoke(host, "get_window_handle"))

    def url(self) -> str:
        """Where its main frame is."""
        if self._browser is None:
            return ""
        with refs.owned(refs.invoke(self._browser, "get_main_frame"), header.cef_frame_t) as frame:
            return refs.take_text(refs.invoke(frame, "get_url"))

    def run_script(self, code: str) -> None:
        """Run JavaScript in the main frame's document."""
        if self._browser is None:
            return
        with refs.owned(refs.invoke(self._browser, "get_main_frame"), header.cef_frame_t) as frame:
            refs.invoke(frame, "execute_java_script", refs.text(code), refs.text("elsipo:shell"), 1)

    def reload(self) -> None:
        """Load the main frame's document again."""
        if self._browser is not None:
            refs.invoke(self._browser, "reload")

    def show_dev_tools(self, subject: DevToolsSubject) -> None:
        """Open DevTools, or bring them to the front."""
        if self._browser is not None:
            self._dev_tools.show(self._browser, subject)

    def has_dev_tools(self) -> bool:
        """Whether they are open."""
        if self._browser is None:
            return False
        with refs.owned(refs.invoke(self._browser, "get_host"), header.cef_browser_host_t) as host:
            return bool(refs.invoke(host, "has_dev_tools"))

    def zoom(self, steps: int) -> None:
        """Larger, smaller, or as it was."""
        commands = {1: header.CEF_ZOOM_COMMAND_IN, -1: header.CEF_ZOOM_COMMAND_OUT, 0: header.CEF_ZOOM_COMMAND_RESET}
        self._tell_host("zoom", commands[steps])

    def _tell_host(self, method: str, *arguments: Any) -> None:
        if self._browser is not None:
            with refs.owned(refs.invoke(self._browser, "get_host"), header.cef_browser_host_t) as host:
                refs.invoke(host, method, *arguments)
