"""The shell's windows: what the host orders, what it is told, and where a document may go. Must not know a binding.

A window's life: opened, loading, authorised (a token handed over), closed; a reload and its renderer's death lead back
to loading.
"""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING

from . import x11
from .bindings.interface import WindowEvents
from .bounds import fit_length, fit_place
from .errors import InternalError, InvalidParamsError, InvalidStateError, NotFoundError
from .origins import origin_of
from .params import is_token
from .x11_watch import BoundsWatcher

if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional

    from .bindings.interface import Binding, BrowserWindow, DevToolsSubject, Key, WindowSpec

    Notify = Callable[[str, Dict[str, Any]], None]
    Request = Callable[[str, Dict[str, Any], Callable[[Any], None]], None]
    Respond = Callable[[Any], None]

_log = logging.getLogger(__name__)

_CALM_S = 60.0
"""A renderer that dies again within this time is not started again: its document would most likely kill it forever."""

_KEY_F5, _KEY_F12, _KEY_R, _KEY_W, _KEY_0 = 0x74, 0x7B, 0x52, 0x57, 0x30
_ZOOM_KEYS = {0xBB: 1, 0x6B: 1, 0xBD: -1, 0x6D: -1, _KEY_0: 0, 0x60: 0}


class Windows:
    """All windows, by the host's ids.

    Args:
        binding: Opens them.
        notify: Tells the host.
        request: Asks the host.
    """

    def __init__(self, binding: Binding, notify: Notify, request: Request) -> None:
        self.binding = binding
        self.notify = notify
        self.request = request
        self._windows: Dict[str, _Window] = {}
        self._all_closed: List[Callable[[], None]] = []
        self._leaving = False
        self._watcher = BoundsWatcher()

    def open(self, window_id: str, spec: WindowSpec, respond: Respond) -> None:
        """Open a window on an address, which is the only origin it will ever show; answer when it is there.

        Raises:
            InvalidParamsError: the address is not http or https.
            InvalidStateError: there is a window with this id, or the shell is leaving.

        Wire: window.open
        """
        origin = origin_of(spec.url)
        if not origin:
            raise InvalidParamsError({"field": "url"})
        if window_id in self._windows or self._leaving:
            raise InvalidStateError
        window = self._windows[window_id] = _Window(self, window_id, origin)

        def opened(browser: Optional[BrowserWindow]) -> None:
            if browser is None:
                self.gone(window_id)
                respond(InternalError())
                return
            window.browser = browser
            if self._leaving:
                window.close()
            self._watcher.watch(
                browser.native_id(),
                lambda bounds: self.notify(
                    "window.bounds_changed", {"window_id": window_id, "bounds": bounds._asdict()}
                ),
            )
            respond({})

        self.binding.open_window(_on_screen(spec), window, opened)

    def close(self, window_id: str) -> None:
        """Close a window.

        Raises:
            NotFoundError: there is none with this id.

        Wire: window.close
        """
        self._get(window_id).close()

    def focus(self, window_id: str) -> None:
        """Bring a window to the front.

        Raises:
            NotFoundError: there is none with this id.

        Wire: window.focus
        """
        self._get(window_id).focus()

    def set_title(self, window_id: str, title: str) -> None:
        """Name a window.

        Raises:
            NotFoundError: there is none with this id.

        Wire: window.set_title
        """
        self._get(window_id).set_title(title)

    def show_dev_tools(self, window_id: str, subject: DevToolsSubject) -> None:
        """Open Chromium's DevTools for a window, at its page or at the chrome.

        Raises:
            NotFoundError: there is none with this id.

        Wire: window.show_dev_tools
        """
        self._get(window_id).show_dev_tools(subject)

    def has_dev_tools(self, window_id: str) -> bool:
        """Whether Chromium's DevTools are open for a window.

        Raises:
            NotFoundError: there is none with this id.

        Wire: window.get_dev_tools
        """
        return self._get(window_id).has_dev_tools()

    def close_all(self, done: Callable[[], None]) -> None:
        """Close every window without telling the host, and open none any more; `done` when they are gone."""
        self._leaving = True
        self._all_closed.append(done)
        for window in list(self._windows.values()):
            window.close()
        self._look_around()

    def _get(self, window_id: str) -> BrowserWindow:
        window = self._windows.get(window_id)
        if window is None or window.browser is None:
            raise NotFoundError
        return window.browser

    def gone(self, window_id: str) -> None:
        """A window has closed."""
        self._windows.pop(window_id, None)
        if not self._leaving:
            self.notify("window.closed", {"window_id": window_id})
        self._look_around()

    def _look_around(self) -> None:
        if self._leaving and not self._windows:
            waiting, self._all_closed = self._all_closed, []
            for done in waiting:
                done()


def _on_screen(spec: WindowSpec) -> WindowSpec:
    """The window as far as the screen holds it: it may have been another one when its place was noted."""
    screen = x11.screen()
    if screen is None:
        return spec
    width_px, height_px = fit_length(spec.width_px, screen.width_px), fit_length(spec.height_px, screen.height_px)
    return spec._replace(
        width_px=width_px,
        height_px=height_px,
        x_px=fit_place(spec.x_px, width_px, screen.width_px),
        y_px=fit_place(spec.y_px, height_px, screen.height_px),
    )


class _Window(WindowEvents):
    """One window's life."""

    def __init__(self, owner: Windows, window_id: str, origin: str) -> None:
        self.browser: Optional[BrowserWindow] = None
        self._owner = owner
        self._id = window_id
        self._origin = origin
        self._loads = 0
        self._died_at: Optional[float] = None

    def close(self) -> None:
        if self.browser is not None:
            self.browser.close()

    def may_navigate(self, url: str) -> bool:
        allowed = origin_of(url) == self._origin
        if not allowed:
            _log.warning("window %s may not leave its origin for %s", self._id, url[:200])
        return allowed

    def load_ended(self, url: str) -> None:
        self._loads += 1
        if origin_of(url) != self._origin:
            _log.warning("window %s shows %s and gets no token", self._id, url[:200])
            return
        load = self._loads
        self._owner.request("window.authorize", {"window_id": self._id}, lambda token: self._hand_over(token, load))

    def _hand_over(self, token: Any, load: int) -> None:
        """Give the token to the document that it was asked for, if that is still there."""
        if self.browser is None or load != self._loads or origin_of(self.browser.url()) != self._origin:
            _log.info("window %s: the document that needed a token is gone", self._id)
            return
        if not is_token(token):
            _log.error("window %s: what the host sent is no token", self._id)
            return
        self.browser.run_script("window.elsipoAuthorize(%s);" % json.dumps(token))

    def title_changed(self, title: str) -> None:
        if self.browser is not None and title:
            self.browser.set_title(title[:512])

    def popup_blocked(self, url: str) -> None:
        _log.warning("window %s opens no other window for %s", self._id, url[:200])

    def key_pressed(self, key: Key) -> bool:
        if self.browser is None or key.alt:
            return False
        if key.code == _KEY_F5 or (key.ctrl and key.code == _KEY_R):
            self.browser.reload()
        elif key.code == _KEY_F12 and key.ctrl:
            # The chrome's own panel; wherever the keyboard is, also in the page, the key is for the chrome.
            self.browser.run_script("window.elsipoToggleDevPanel && window.elsipoToggleDevPanel();")
        elif key.code == _KEY_F12:
            self.browser.show_dev_tools("page")
        elif key.ctrl and key.code == _KEY_W:
            self.browser.close()
        elif key.ctrl and key.code in _ZOOM_KEYS:
            self.browser.zoom(_ZOOM_KEYS[key.code])
        else:
            return False
        return True

    def renderer_died(self, detail: str) -> None:
        self._owner.notify("window.renderer_died", {"window_id": self._id, "detail": detail[:512]})
        now = time.monotonic()
        calm = self._died_at is None or now - self._died_at > _CALM_S
        self._died_at = now
        if calm:
            # Not from inside CEF's callback: the dead process is still being cleared away.
            self._owner.binding.post(self._reload)
        else:
            _log.error("window %s: its renderer died again within %d s and is not started again", self._id, _CALM_S)

    def _reload(self) -> None:
        if self.browser is not None:
            self.browser.reload()

    def closed(self) -> None:
        self.browser = None
        self._owner.gone(self._id)
