"""GTK's file dialogs, which cefpython3 opens for documents: cancelled as soon as they show.

Such a dialog runs a loop of its own, in which Chromium does nothing: a document would hold all windows, and the shell's
end. cefpython3 has no callback for it; GTK has one for whatever is shown. Must not know CEF.
"""

from __future__ import annotations

import ctypes
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, List

_log = logging.getLogger(__name__)

_GTK, _GOBJECT, _GLIB = "libgtk-x11-2.0.so.0", "libgobject-2.0.so.0", "libglib-2.0.so.0"
_CANCEL = -6  # GTK_RESPONSE_CANCEL

_HOOK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p)
_SOURCE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


class DialogGuard:
    """Cancels every file dialog of this process from its making on. Made on the thread of GTK's loop, and kept."""

    def __init__(self) -> None:
        try:
            self._gtk, self._gobject, self._glib = (ctypes.CDLL(name) for name in (_GTK, _GOBJECT, _GLIB))
        except OSError as error:
            _log.info("no dialogs to look after: %s", error)
            return
        for function in (self._gtk.gtk_widget_get_type, self._gtk.gtk_file_chooser_dialog_get_type):
            function.restype = ctypes.c_size_t
        self._gobject.g_value_get_object.restype = ctypes.c_void_p
        self._gobject.g_type_class_ref.restype = ctypes.c_void_p
        self._gobject.g_signal_add_emission_hook.restype = ctypes.c_ulong
        self._dialog_type = ctypes.c_size_t(self._gtk.gtk_file_chooser_dialog_get_type())
        self._callbacks: List[Any] = [_HOOK(self._shown), _SOURCE(self._cancel)]
        widget_type = ctypes.c_size_t(self._gtk.gtk_widget_get_type())
        # Signals are there when the class is.
        self._gobject.g_type_class_ref(widget_type)
        signal = self._gobject.g_signal_lookup(b"show", widget_type)
        self._gobject.g_signal_add_emission_hook(signal, 0, self._callbacks[0], None, None)

    def _shown(self, _hint: Any, _count: int, values: Any, _data: Any) -> int:
        widget = self._gobject.g_value_get_object(ctypes.c_void_p(values))
        if self._is_dialog(widget):
            # Its loop does not run yet; held until it does.
            self._gobject.g_object_ref(ctypes.c_void_p(widget))
            self._glib.g_idle_add(self._callbacks[1], ctypes.c_void_p(widget))
        return 1

    def _is_dialog(self, widget: Any) -> bool:
        return bool(self._gobject.g_type_check_instance_is_a(ctypes.c_void_p(widget), self._dialog_type))

    def _cancel(self, dialog: Any) -> int:
        _log.warning("no file is chosen for a document")
        self._gtk.gtk_dialog_response(ctypes.c_void_p(dialog), _CANCEL)
        self._gobject.g_object_unref(ctypes.c_void_p(dialog))
        return 0
