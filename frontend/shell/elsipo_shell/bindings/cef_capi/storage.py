"""Cookies, storage and cache of their own for windows that name them: CEF's request contexts.

Each keeps its things in a folder of its own in the profile's, and lives as long as the process. One is the process's
own, which Chromium makes at its start in any case; any other costs as much again, so the first window should have that
one (measured in tests/bench/README.md). Must not know windows.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from cef_capi import header

from . import refs

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, Callable, Dict, List, Optional

    Take = Callable[[Any], None]


def folder_name(storage: str) -> str:
    """The folder of a storage, in the profile's.

    Chromium takes folders right in there only. The host removes those of accounts that are no more.
    """
    return "account-" + storage


class Storages:
    """All request contexts of the process.

    Args:
        folder: The profile's.
        own: What the process's own storage is called; None where it has no name.
    """

    def __init__(self, folder: Path, own: Optional[str]) -> None:
        self._folder = folder
        self._own = own
        self._storages: Dict[str, _Storage] = {}

    def have(self, name: Optional[str], take: Take) -> None:
        """Hand over the request context of that name, with a reference to it; None is the process's own."""
        if name is None or name == self._own:
            take(None)
            return
        if name not in self._storages:
            self._storages[name] = _Storage(str(self._folder / folder_name(name)))
        self._storages[name].have(take)


class _Storage:
    """One request context: being made → there."""

    def __init__(self, folder: str) -> None:
        self._context: Any = None
        self._waiting: List[Take] = []
        handler = refs.implement(header.cef_request_context_handler_t, on_request_context_initialized=self._made)
        settings = header.cef_request_context_settings_t()
        settings.size = ctypes.sizeof(settings)
        refs.set_text(settings, "cache_path", folder)
        # Ours is the reference that CEF returns.
        self._kept = header.cef_request_context_create_context(settings, handler)

    def have(self, take: Take) -> None:
        if self._context is None:
            self._waiting.append(take)
            return
        refs.add_ref(self._context)
        take(self._context)

    def _made(self, context: Any) -> None:
        refs.add_ref(context)
        self._context = context
        waiting, self._waiting = self._waiting, []
        for take in waiting:
            self.have(take)
