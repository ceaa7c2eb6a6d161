"""Opens windows. What happens to them comes through `callbacks.py`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cefpython3 import cefpython as cef

from .callbacks import Callbacks
from .window import Window

if TYPE_CHECKING:
    from typing import Any, Dict, Optional

    from elsipo_shell.bindings.interface import BrowserWindow, WindowEvents, WindowSpec


_log = logging.getLogger(__name__)


class Client:
    """All windows of the process.

    They share its cookies, storage and cache, whatever storage they name: cefpython3 66.0 makes every browser with the
    global request context's storage, and offers no other (only a cookie store by browser, without the rest).
    """

    def __init__(self) -> None:
        self._windows: Dict[int, Window] = {}
        self._callbacks = Callbacks(self._windows)
        cef.SetGlobalClientCallback("OnBeforePluginLoad", _refuse_plugin)

    def open_window(self, spec: WindowSpec, events: WindowEvents) -> Optional[BrowserWindow]:
        """Open a native window with a browser; None where CEF made none."""
        info = cef.WindowInfo()
        # No parent: a window of its own.
        info.SetAsChild(0, [0, 0, spec.width_px, spec.height_px])
        browser = cef.CreateBrowserSync(info, settings={}, url=spec.url, window_title=spec.title)
        if not browser:
            _log.error("CEF opened no window")
            return None
        window = Window(events)
        window.attach(browser)
        self._windows[browser.GetIdentifier()] = window
        browser.SetClientHandler(self._callbacks)
        window.decorate(spec)
        return window


def _refuse_plugin(**_: Any) -> bool:
    """No Flash, no other plugin: True refuses."""
    return True
