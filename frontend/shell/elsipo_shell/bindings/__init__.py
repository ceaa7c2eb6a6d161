"""The CEF bindings behind one interface; each is imported only when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Callable

    from .interface import Binding, Options

NAMES = ("cef_capi", "cefpython3")


def load(name: str, options: Callable[[], Options]) -> Binding:
    """The binding of that name; loads CEF's library, but starts nothing.

    Args:
        name: One of `NAMES`.
        options: Called when all is loaded, which takes long: they may not be known before.

    Raises:
        ImportError: it is not installed for this Python.
    """
    if name == "cef_capi":
        from .cef_capi import CefCapi

        return CefCapi(options)
    if name == "cefpython3":
        from .cefpython3 import CefPython3

        return CefPython3(options)
    raise ValueError(name)
