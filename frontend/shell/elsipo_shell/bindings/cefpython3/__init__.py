"""CEF through `cefpython3` 66.0: Chromium 66, on CPython 3.7."""

from .binding import CefPython3

__all__ = ["CefPython3"]
