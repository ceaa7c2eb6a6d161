"""All checks in order. One that fails by itself is a finding, not the end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from elsipo.doctor import engine, surroundings, windows
from elsipo.doctor.report import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


def examine() -> list[Finding]:
    """Look at everything; takes a few seconds, and changes nothing."""
    # The sandbox's check forks, so it comes before anything that may start a thread.
    sandbox = _guarded("sandbox", windows.sandbox)
    return [
        surroundings.elsipo(),
        *_engine(),
        _guarded("frontend", windows.frontend),
        _guarded("cef_capi", windows.cef_capi),
        _guarded("cefpython3", windows.cefpython3),
        sandbox,
        _guarded("display", windows.display),
        _guarded("fonts", windows.fonts),
        _guarded("keyring", surroundings.keyring),
        _guarded("plugins", surroundings.plugins),
        _guarded("ports", surroundings.ports),
        _guarded("kamailio", surroundings.kamailio),
    ]


def _engine() -> list[Finding]:
    try:
        return asyncio.run(engine.examine())
    except Exception as error:  # noqa: BLE001 - a doctor does not faint
        return [_broken(name, error) for name in ("engine", "codecs", "sound")]


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - a doctor does not faint
        return _broken(name, error)


def _broken(name: str, error: Exception) -> Finding:
    _log.debug("The check of %s failed", name, exc_info=error)
    return Finding(
        name, "missing", f"It could not be looked at ({type(error).__name__}).", "elsipo doctor --log-level debug"
    )
