"""CEF's client: turns handlers' callbacks into a window's events, and refuses what no window of ours does.

One client serves all windows; it finds the window by the browser's number. It must not know what a window is for.
"""

from __future__ import annotations

import ctypes
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cef_capi import header

from elsipo_shell.bindings.interface import Key

from . import refs
from .dev_tools import DevTools
from .window import Window

if TYPE_CHECKING:
    from typing import Any, Dict, Optional

    from elsipo_shell.bindings.interface import BrowserWindow, WindowEvents, WindowSpec

_log = logging.getLogger(__name__)

_FRAME_SCHEMES = frozenset(["http", "https", "about", "blob"])
_DEATHS = {
    header.TS_ABNORMAL_TERMINATION: "it ended with an error",
    header.TS_PROCESS_WAS_KILLED: "it was killed",
    header.TS_PROCESS_CRASHED: "it crashed",
    header.TS_PROCESS_OOM: "it ran out of memory",
    header.TS_LAUNCH_FAILED: "it could not be started",
    header.TS_INTEGRITY_FAILURE: "its code failed the integrity check",
}


class Client:
    """The handlers of all windows."""

    def __init__(self) -> None:
        self._windows: Dict[int, Window] = {}
        self._opening: Optional[Window] = None
        handlers = {
            "get_life_span_handler": refs.implement(
                header.cef_life_span_handler_t,
                on_before_popup=self._on_before_popup,
                on_after_created=self._on_after_created,
                on_before_close=self._on_before_close,
            ),
            "get_load_handler": refs.implement(
                header.cef_load_handler_t,
                on_load_start=self._on_load_start,
                on_load_end=self._on_load_end,
                on_load_error=self._on_load_error,
            ),
            "get_display_handler": refs.implement(header.cef_display_handler_t, on_title_change=self._on_title_change),
            "get_request_handler": refs.implement(
                header.cef_request_handler_t,
                on_before_browse=self._on_before_browse,
                on_open_urlfrom_tab=self._on_open_url_from_tab,
                on_render_process_terminated=self._on_render_process_terminated,
            ),
            "get_keyboard_handler": refs.implement(
                header.cef_keyboard_handler_t, on_pre_key_event=self._on_pre_key_event
            ),
            "get_context_menu_handler": refs.implement(
                header.cef_context_menu_handler_t, on_before_context_menu=self._on_before_context_menu
            ),
            "get_dialog_handler": refs.implement(header.cef_dialog_handler_t, on_file_dialog=self._on_file_dialog),
            "get_jsdialog_handler": refs.implement(
                header.cef_jsdialog_handler_t, on_before_unload_dialog=self._on_before_unload_dialog
            ),
            "get_download_handler": refs.implement(header.cef_download_handler_t, can_download=self._can_download),
            "get_permission_handler": refs.implement(
                header.cef_permission_handler_t,
                on_request_media_access_permission=self._on_request_media_access_permission,
                on_show_permission_prompt=self._on_show_permission_prompt,
            ),
        }
        getters = {name: _getter(handler) for name, handler in handlers.items()}
        self._client = refs.implement(header.cef_client_t, **getters)
        self._dev_tools = DevTools(self._client)

    def open_window(self, spec: WindowSpec, events: WindowEvents, context: Any) -> Optional[BrowserWindow]:
        """Open a native window with a browser; None where CEF made none.

        Args:
            spec: The window.
            events: Told what happens to it.
            context: The storage that it has, a request context; None is that of the process.
        """
        info = header.cef_window_info_t()
        refs.set_text(info, "window_name", spec.title)
        info.bounds.width, info.bounds.height = spec.width_px, spec.height_px
        info.bounds.x, info.bounds.y = spec.x_px or 0, spec.y_px or 0
        # The plain window, not Chrome's with its tabs and its address bar.
        info.runtime_style = header.CEF_RUNTIME_STYLE_ALLOY
        settings = header.cef_browser_settings_t()
        settings.size = ctypes.sizeof(settings)
        window = self._opening = Window(events, self._dev_tools)
        try:
            browser = header.cef_browser_host_create_browser_sync(
                info, self._client, refs.text(spec.url), settings, None, context
            )
        finally:
            self._opening = None
        if not browser:
            _log.error("CEF opened no window")
            return None
        with refs.owned(browser, header.cef_browser_t):
            window.decorate(spec)
        return window

    def _of(self, browser: Any) -> Optional[Window]:
        return self._windows.get(refs.invoke(browser, "get_identifier"))

    # -- life span

    def _on_after_created(self, browser: Any) -> None:
        if self._opening is not None:
            self._opening.attach(browser)
            self._windows[refs.invoke(browser, "get_identifier")] = self._opening
        else:
            self._dev_tools.adopt(browser)

    def _on_before_close(self, browser: Any) -> None:
        window = self._windows.pop(refs.invoke(browser, "get_identifier"), None)
        if window is not None:
            window.detach()
            window.events.closed()
        else:
            self._dev_tools.forget(browser)

    def _on_before_popup(self, browser: Any, _frame: Any, _popup: int, url: Any, *_: Any) -> int:
        return self._refuse_window(browser, url)

    def _on_open_url_from_tab(self, browser: Any, _frame: Any, url: Any, *_: Any) -> int:
        return self._refuse_window(browser, url)

    def _refuse_window(self, browser: Any, url: Any) -> int:
        window = self._of(browser)
        if window is not None:
            window.events.popup_blocked(refs.read_text(url))
        return 1

    # -- loading

    def _on_before_browse(self, browser: Any, frame: Any, request: Any, *_: Any) -> int:
        url = refs.take_text(refs.invoke(request, "get_url"))
        if refs.invoke(frame, "is_main"):
            window = self._of(browser) or self._opening
            if window is None:
                return 0 if self._dev_tools.may_navigate(browser, url) else 1
            return 0 if window.events.may_navigate(url) else 1
        if urlsplit(url).scheme in _FRAME_SCHEMES:
            return 0
        _log.warning("a frame may not go to %s", url[:200])
        return 1

    def _on_load_start(self, browser: Any, frame: Any, _transition: int) -> None:
        self._note_failure(browser, frame, failed=False)

    def _on_load_error(self, browser: Any, frame: Any, code: int, words: Any, url: Any) -> None:
        self._note_failure(browser, frame, failed=True)
        _log.warning("%s did not load: %s (%d)", refs.read_text(url)[:200], refs.read_text(words), code)

    def _note_failure(self, browser: Any, frame: Any, *, failed: bool) -> None:
        window = self._of(browser)
        if window is not None and refs.invoke(frame, "is_main"):
            window.load_failed = failed

    def _on_load_end(self, browser: Any, frame: Any, _status: int) -> None:
        window = self._of(browser)
        if window is None:
            self._dev_tools.loaded(browser)
        elif refs.invoke(frame, "is_main") and not window.load_failed:
            window.events.load_ended(refs.take_text(refs.invoke(frame, "get_url")))

    def _on_title_change(self, browser: Any, title: Any) -> None:
        window = self._of(browser)
        if window is not None:
            window.events.title_changed(refs.read_text(title))

    def _on_render_process_terminated(self, browser: Any, status: int, code: int, _words: Any) -> None:
        window = self._of(browser)
        if window is not None:
            window.events.renderer_died("The renderer: %s (%d)." % (_DEATHS.get(status, "it ended"), code))

    # -- what a document may not do

    def _can_download(self, _browser: Any, url: Any, _method: Any) -> int:
        _log.warning("no download of %s", refs.read_text(url)[:200])
        return 0

    def _on_file_dialog(self, _browser: Any, *arguments: Any) -> int:
        # Without a toolkit CEF has no such dialog on Linux, and asking for one would end the process.
        _log.warning("no file is chosen for a document")
        refs.invoke(arguments[-1], "cancel")
        return 1

    def _on_request_media_access_permission(
        self, _browser: Any, _frame: Any, origin: Any, wanted: int, callback: Any
    ) -> int:
        _log.warning("%s gets no microphone, camera or screen (%d)", refs.read_text(origin)[:200], wanted)
        refs.invoke(callback, "cancel")
        return 1

    def _on_show_permission_prompt(self, _browser: Any, _prompt: int, origin: Any, wanted: int, callback: Any) -> int:
        _log.warning("%s gets no permission (%d)", refs.read_text(origin)[:200], wanted)
        refs.invoke(callback, "cont", header.CEF_PERMISSION_RESULT_DENY)
        return 1

    def _on_before_unload_dialog(self, _browser: Any, _words: Any, _is_reload: int, callback: Any) -> int:
        # CEF's own dialog would let any frame, a sandboxed one too, hold the window against its user and the host.
        refs.invoke(callback, "cont", 1, refs.text(""))
        return 1

    def _on_before_context_menu(self, _browser: Any, _frame: Any, params: Any, model: Any) -> None:
        # Cut, copy and paste are worth a menu; back, print and view source are not for an application's window.
        useful = header.CM_TYPEFLAG_EDITABLE | header.CM_TYPEFLAG_SELECTION
        if not refs.invoke(params, "get_type_flags") & useful:
            refs.invoke(model, "clear")

    def _on_pre_key_event(self, browser: Any, event: Any, *_: Any) -> int:
        window, key = self._of(browser), event.contents
        if window is None or key.type != header.KEYEVENT_RAWKEYDOWN:
            return 0
        held = key.modifiers
        pressed = Key(
            key.windows_key_code,
            ctrl=bool(held & header.EVENTFLAG_CONTROL_DOWN),
            shift=bool(held & header.EVENTFLAG_SHIFT_DOWN),
            alt=bool(held & header.EVENTFLAG_ALT_DOWN),
        )
        return int(window.events.key_pressed(pressed))


def _getter(handler: Any) -> Any:
    return lambda: refs.address(handler)
