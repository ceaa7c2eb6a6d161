"""What the host may ask of the shell, and how its parameters must look: `bridge_spec/openrpc/shell.yaml` by hand.

The shell runs where the generated models cannot (Python 3.7, no packages). A test compares the two.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .errors import InvalidParamsError

if TYPE_CHECKING:
    from typing import Any, Callable, Dict

    Check = Callable[[Any], bool]

_WINDOW_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")
_STORAGE = _WINDOW_ID
_TOKEN = re.compile(r"[0-9a-f]{32}\Z")


def _text(longest: int) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= longest


def _whole(least: int, most: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _window_id(value: Any) -> bool:
    return isinstance(value, str) and _WINDOW_ID.match(value) is not None


def is_token(value: Any) -> bool:
    """Whether a result is a Token."""
    return isinstance(value, str) and _TOKEN.match(value) is not None


def is_storage(value: Any) -> bool:
    """Whether a parameter is a StorageName."""
    return isinstance(value, str) and _STORAGE.match(value) is not None


METHODS: Dict[str, Dict[str, Check]] = {
    "shell.hello": {"protocol_version": _whole(-(2**63), 2**63 - 1)},
    "shell.quit": {},
    "window.open": {
        "window_id": _window_id,
        "url": _text(2048),
        "title": _text(512),
        "icon_file": _text(4096),
        "width_px": _whole(200, 16384),
        "height_px": _whole(200, 16384),
        "x_px": _whole(-32768, 32767),
        "y_px": _whole(-32768, 32767),
        "storage": is_storage,
    },
    "window.close": {"window_id": _window_id},
    "window.focus": {"window_id": _window_id},
    "window.set_title": {"window_id": _window_id, "title": _text(512)},
    "window.show_dev_tools": {"window_id": _window_id, "subject": lambda value: value in ("page", "chrome")},
    "window.get_dev_tools": {"window_id": _window_id},
}
"""Each method's parameters."""

OPTIONAL = frozenset(["x_px", "y_px", "storage"])
"""Those that may be left out."""


def check(method: str, params: Any) -> Dict[str, Any]:
    """The parameters, if they fit.

    Raises:
        InvalidParamsError: they do not; it names the first field that does not fit.
    """
    if not isinstance(params, dict):
        raise InvalidParamsError
    checks = METHODS[method]
    for field in params:
        if field not in checks:
            raise InvalidParamsError({"field": field[:64]})
    for field, fits in checks.items():
        if field not in params and field in OPTIONAL:
            continue
        if field not in params or not fits(params[field]):
            raise InvalidParamsError({"field": field})
    return params
