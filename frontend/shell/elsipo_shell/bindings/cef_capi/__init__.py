"""CEF through `cef-capi-py`: Chromium 131, ctypes on CEF's C API."""

from .binding import CefCapi

__all__ = ["CefCapi"]
