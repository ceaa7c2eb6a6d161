"""CEF's C objects from Python: reference counts, callbacks and strings. Knows nothing of windows.

CEF's rule: whoever is handed a counted object owns one reference to it, arguments included (`self` excepted); whoever
passes one on gives it away. What we implement for CEF lives as long as the process: it is little, and counting it on
several threads would buy nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
from typing import TYPE_CHECKING

from cef_capi import header

if TYPE_CHECKING:
    from typing import Any, Callable, Iterator, List

_log = logging.getLogger(__name__)
_Base = header.cef_base_ref_counted_t
_immortals: List[Any] = []


def _constant(field: str, value: Any) -> Any:
    prototype = dict(_Base._fields_)[field]
    return prototype(lambda _self: value)


_ADD_REF = _constant("add_ref", None)
_RELEASE = _constant("release", 0)
_HAS_ONE_REF = _constant("has_one_ref", 0)
_HAS_AT_LEAST_ONE_REF = _constant("has_at_least_one_ref", 1)


def implement(struct: Any, **callbacks: Callable[..., Any]) -> Any:
    """An object of a CEF handler type with these callbacks; the rest stay empty, which is CEF's default.

    A callback gets its arguments without `self`, as ctypes pointers and numbers; counted ones are released after it. An
    exception is logged and gives 0.
    """
    made = struct()
    made.base.size = ctypes.sizeof(struct)
    made.base.add_ref = _ADD_REF
    made.base.release = _RELEASE
    made.base.has_one_ref = _HAS_ONE_REF
    made.base.has_at_least_one_ref = _HAS_AT_LEAST_ONE_REF
    fields = dict(struct._fields_)
    for name, callback in callbacks.items():
        setattr(made, name, fields[name](_guarded(callback, fields[name])))
    _immortals.append(made)
    return made


def address(made: Any) -> int:
    """A handler as the return value of a `get_…_handler`."""
    return ctypes.addressof(made)


def _guarded(callback: Callable[..., Any], prototype: Any) -> Callable[..., Any]:
    counted = [index for index, kind in enumerate(prototype._argtypes_[1:]) if _is_counted(kind)]
    empty = None if prototype._restype_ is None else 0

    def call(_self: Any, *arguments: Any) -> Any:
        result = None
        try:
            result = callback(*arguments)
        except Exception:  # noqa: BLE001 - C cannot catch it; it is logged
            _log.exception("a CEF callback failed")
        finally:
            for index in counted:
                if arguments[index]:
                    release(arguments[index])
        return empty if result is None or empty is None else result

    return call


def _is_counted(kind: Any) -> bool:
    pointed = getattr(kind, "_type_", None)
    return any(name == "base" and base is _Base for name, base in getattr(pointed, "_fields_", ()))


def invoke(pointer: Any, method: str, *arguments: Any) -> Any:
    """Call a method of a CEF object."""
    return getattr(pointer.contents, method)(pointer, *arguments)


def add_ref(pointer: Any) -> None:
    """Keep an object."""
    base = ctypes.cast(pointer, ctypes.POINTER(_Base))
    base.contents.add_ref(base)


def release(pointer: Any) -> None:
    """Let go of an object."""
    base = ctypes.cast(pointer, ctypes.POINTER(_Base))
    base.contents.release(base)


@contextlib.contextmanager
def owned(given: Any, struct: Any) -> Iterator[Any]:
    """An object that CEF returned (a bare address), released at the end."""
    pointer = ctypes.cast(ctypes.c_void_p(given) if isinstance(given, int) else given, ctypes.POINTER(struct))
    if not pointer:
        raise ValueError("CEF returned no object")
    try:
        yield pointer
    finally:
        release(pointer)


def text(value: str) -> Any:
    """Text as an argument; CEF borrows Python's memory, so keep it as long as CEF may read it."""
    made = header.cef_string_utf16_t()
    encoded = ctypes.create_string_buffer(value.encode("utf-16-le", "replace"))
    made.str = ctypes.cast(encoded, type(made.str))
    made.length = (len(encoded) - 1) // 2
    made.elsipo_buffer = encoded
    return made


def set_text(owner: Any, field: str, value: str) -> None:
    """Set a text field of a CEF structure, which then keeps the memory."""
    made = text(value)
    setattr(owner, field, made)
    owner.elsipo_texts = [*getattr(owner, "elsipo_texts", ()), made]


def read_text(pointer: Any) -> str:
    """Text from an argument."""
    if not pointer or not pointer.contents.length:
        return ""
    return ctypes.string_at(pointer.contents.str, pointer.contents.length * 2).decode("utf-16-le", "replace")


def take_text(given: int) -> str:
    """Text that CEF returned for us to free."""
    if not given:
        return ""
    pointer = ctypes.cast(ctypes.c_void_p(given), ctypes.POINTER(header.cef_string_utf16_t))
    try:
        return read_text(pointer)
    finally:
        header.cef_string_userfree_utf16_free(pointer)
