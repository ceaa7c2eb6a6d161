"""Chromium's DevTools: windows of their own for the browsers of ours.

Only a person opens them, by key or menu; a document has no way here. What their front-end may not do (open windows,
choose files, leave its own address) is refused by the same handlers as for a document.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from cef_capi import header

from elsipo_shell.x11 import X11Window

from . import refs

if TYPE_CHECKING:
    from typing import Any, Set

ADDRESS = "devtools://devtools/"
_TITLE = "Developer tools \u2013 Elsipo"
_WIDTH_PX, _HEIGHT_PX = 1000, 720


class DevTools:
    """The DevTools of all windows.

    Args:
        client: CEF's client, which serves all browsers.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._browsers: Set[int] = set()
        self._opening = False

    def show(self, browser: Any) -> None:
        """Open them for a browser, or bring them to the front."""
        info = header.cef_window_info_t()
        refs.set_text(info, "window_name", _TITLE)
        info.bounds.width, info.bounds.height = _WIDTH_PX, _HEIGHT_PX
        info.runtime_style = header.CEF_RUNTIME_STYLE_ALLOY
        settings = header.cef_browser_settings_t()
        settings.size = ctypes.sizeof(settings)
        self._opening = True
        try:
            with refs.owned(refs.invoke(browser, "get_host"), header.cef_browser_host_t) as host:
                refs.invoke(host, "show_dev_tools", info, self._client, settings, None)
        finally:
            self._opening = False

    def adopt(self, browser: Any) -> None:
        """A browser was made: if it is that of DevTools, it is known from now on."""
        if not self._opening:
            return
        self._browsers.add(refs.invoke(browser, "get_identifier"))
        with refs.owned(refs.invoke(browser, "get_host"), header.cef_browser_host_t) as host:
            native = X11Window(refs.invoke(host, "get_window_handle"))
        native.set_class("elsipo", "Elsipo")
        native.set_title(_TITLE)

    def forget(self, browser: Any) -> None:
        """A browser is gone."""
        self._browsers.discard(refs.invoke(browser, "get_identifier"))

    def may_navigate(self, browser: Any, url: str) -> bool:
        """Whether this is a browser of DevTools, and the address their own."""
        known = self._opening or refs.invoke(browser, "get_identifier") in self._browsers
        return known and url.startswith(ADDRESS)
