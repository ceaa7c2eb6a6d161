"""The CEF bindings under test: one suite for all of them, and what only some can do, by name."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from elsipo.host import python37
from peers import needs

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Binding:
    """A binding, and what is particular about it.

    Attributes:
        name: As the shell knows it.
        chromium: How its Chromium's version begins.
        python: Finds the Python that it runs on; skips, or fails in continuous integration, where none is.
        has_sandbox: Whether its renderers can be in a sandbox.
        takes_playwright: Whether Playwright can attach to it; raw CDP works always.
        tells_second_start: Whether a shell hears that another one wanted its profile.
        refuses_download_with: What its log then says.
        has_storages: Whether one process can hold several storages; else a process holds one.
        points_dev_tools: Whether DevTools can be opened at the page; else they show the whole window.
    """

    name: str
    chromium: str
    python: Callable[[], str]
    has_sandbox: bool
    takes_playwright: bool
    tells_second_start: bool
    refuses_download_with: str
    has_storages: bool
    points_dev_tools: bool


def python37_or_skip() -> str:
    """The Python 3.7 that has cefpython3; skips, or fails in continuous integration, where there is none."""
    try:
        return python37.find()
    except FileNotFoundError as error:
        return needs.missing(str(error))


CEF_CAPI: Final = Binding(
    "cef_capi",
    "131.",
    lambda: sys.executable,
    has_sandbox=True,
    takes_playwright=True,
    tells_second_start=True,
    refuses_download_with="no download of",
    has_storages=True,
    points_dev_tools=True,
)
CEFPYTHON3: Final = Binding(
    "cefpython3",
    "66.",
    python37_or_skip,
    has_sandbox=False,
    takes_playwright=False,
    tells_second_start=False,
    refuses_download_with="did not load: ERR_ABORTED",
    has_storages=False,
    points_dev_tools=False,
)
ALL: Final = (CEF_CAPI, CEFPYTHON3)
