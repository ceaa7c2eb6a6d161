"""Spares every process libraries that are imported and never used. Must not know what it is spared for."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@contextlib.contextmanager
def only_parts_of(*packages: str) -> Iterator[None]:
    """Let modules of packages be imported without all that their `__init__` imports.

    That of jsonrpcserver imports jsonschema and http.server, that of oslash every monad there is; we use a function of
    the one and a class of the other. Costs: see tests/bench/README.md.
    """
    with _in_place_of(packages, _bare_package):
        yield


@contextlib.contextmanager
def without(*modules: str) -> Iterator[None]:
    """Let something be imported that imports these modules, and does not use them."""
    with _in_place_of(modules, ModuleType):
        yield


@contextlib.contextmanager
def _in_place_of(names: Iterable[str], make: Callable[[str], ModuleType]) -> Iterator[None]:
    stand_ins = {name: make(name) for name in names if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        # Whoever wants the real ones gets them.
        for name in stand_ins:
            del sys.modules[name]


def _bare_package(name: str) -> ModuleType:
    spec = find_spec(name)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"No package named {name!r}", name=name)
    package = ModuleType(name)
    package.__path__ = spec.submodule_search_locations
    return package


def spare_openssl() -> None:
    """Import asyncio and hmac without Python's OpenSSL (2 MB), which they can do without.

    Does nothing where it is imported already. Whoever imports `ssl` later gets it.
    """
    if "ssl" in sys.modules or "_hashlib" in sys.modules:
        return
    for name in ("ssl", "_hashlib"):
        sys.modules[name] = None  # type: ignore[assignment] # what makes its import an ImportError
    try:
        import asyncio  # noqa: F401 - for whoever imports it next, as
        import hmac  # noqa: F401
    finally:
        for name in ("ssl", "_hashlib"):
            del sys.modules[name]


def return_freed_memory() -> None:
    """Let the C library give back to the system what is free (glibc; elsewhere nothing happens)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
