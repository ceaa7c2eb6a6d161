"""CEF's callbacks: turned into a window's events, or refused, as what no window of ours does.

One object serves all windows; it finds the window by the browser's number. It must not know what a window is for.
cefpython3 calls methods by their names, with keyword arguments, and takes every public method for a callback.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cefpython3 import cefpython as cef

from elsipo_shell.bindings.interface import Key

if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

    from .window import Window

_log = logging.getLogger(__name__)

_FRAME_SCHEMES = frozenset(["http", "https", "about", "blob"])
_DEATHS = {
    cef.TS_ABNORMAL_TERMINATION: "it ended with an error",
    cef.TS_PROCESS_WAS_KILLED: "it was killed",
    cef.TS_PROCESS_CRASHED: "it crashed",
}


class Callbacks:
    """The callbacks of all windows.

    Args:
        windows: By the number of their browser.
    """

    def __init__(self, windows: Dict[int, Window]) -> None:
        self._windows = windows

    def _of(self, browser: Any) -> Optional[Window]:
        return self._windows.get(browser.GetIdentifier())

    # -- life span

    def OnBeforeClose(self, browser: Any, **_: Any) -> None:
        """The native window is gone."""
        window = self._windows.pop(browser.GetIdentifier(), None)
        if window is not None:
            window.detach()
            window.events.closed()

    def OnBeforePopup(self, browser: Any, target_url: str, **_: Any) -> bool:
        """A document wants a window: True refuses."""
        window = self._of(browser)
        if window is not None:
            window.events.popup_blocked(target_url)
        return True

    # -- loading

    def OnBeforeBrowse(self, browser: Any, frame: Any, request: Any, **_: Any) -> bool:
        """A frame wants to go elsewhere, of itself or by a redirect: True refuses."""
        url = str(request.GetUrl())
        if frame.IsMain():
            window = self._of(browser)
            # Unknown is a window that is being opened: it may go where the host sends it.
            return window is not None and not window.events.may_navigate(url)
        if urlsplit(url).scheme in _FRAME_SCHEMES:
            return False
        _log.warning("a frame may not go to %s", url[:200])
        return True

    def OnLoadStart(self, browser: Any, frame: Any, **_: Any) -> None:
        """A document begins to load."""
        self._note_failure(browser, frame, failed=False)

    def OnLoadError(
        self, browser: Any, frame: Any, error_code: int, error_text_out: List[str], failed_url: str, **_: Any
    ) -> None:
        """A document did not load."""
        self._note_failure(browser, frame, failed=True)
        _log.warning("%s did not load: %s (%d)", failed_url[:200], "".join(error_text_out)[:200], error_code)

    def _note_failure(self, browser: Any, frame: Any, *, failed: bool) -> None:
        window = self._of(browser)
        if window is not None and frame.IsMain():
            window.load_failed = failed

    def OnLoadEnd(self, browser: Any, frame: Any, **_: Any) -> None:
        """A document has loaded, or failed to."""
        window = self._of(browser)
        if window is not None and frame.IsMain() and not window.load_failed:
            window.events.load_ended(str(frame.GetUrl()))

    def OnTitleChange(self, browser: Any, title: str, **_: Any) -> None:
        """The main frame's document has a new title."""
        window = self._of(browser)
        if window is not None:
            window.events.title_changed(title)

    def OnRendererProcessTerminated(self, browser: Any, status: int, **_: Any) -> None:
        """The main frame's renderer process ended."""
        window = self._of(browser)
        if window is not None:
            window.events.renderer_died("The renderer: %s." % _DEATHS.get(status, "it ended"))

    # -- what a document may not do
    # There must be no OnProtocolExecution: cefpython3 starts the program whatever that answers, and none without it.

    def OnJavascriptDialog(self, origin_url: str, callback: Any, **_: Any) -> bool:
        """alert(), confirm() and prompt() would open native windows that stop everything: they return at once."""
        _log.warning("%s opens no dialog", origin_url[:200])
        callback.Continue(False, "")
        return True

    def OnBeforeUnloadJavascriptDialog(self, callback: Any, **_: Any) -> bool:
        """A document does not keep its window open: True says that the answer is given here."""
        callback.Continue(True, "")
        return True

    # -- keys

    def OnPreKeyEvent(self, browser: Any, event: Dict[str, Any], **_: Any) -> bool:
        """A key; True keeps it from the document."""
        window = self._of(browser)
        if window is None or event["type"] != cef.KEYEVENT_RAWKEYDOWN:
            return False
        held = event["modifiers"]
        pressed = Key(
            event["windows_key_code"],
            ctrl=bool(held & cef.EVENTFLAG_CONTROL_DOWN),
            shift=bool(held & cef.EVENTFLAG_SHIFT_DOWN),
            alt=bool(held & cef.EVENTFLAG_ALT_DOWN),
        )
        return window.events.key_pressed(pressed)
