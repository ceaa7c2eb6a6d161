"""Spares every process libraries that are imported and never used. Must not know what it is spared for."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def without_what_is_unused() -> Iterator[None]:
    """Let jsonrpcserver be imported without what only parts of it need that we do not use.

    That is jsonschema, for its own check of requests (each is given to it with a check of ours), and its server for
    experiments, for the sake of which it imports http.server. Costs of both: see tests/bench/README.md.
    """
    stand_ins = {name: stand_in for name, stand_in in _stand_ins().items() if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        # Whoever wants the real ones gets them.
        for name in stand_ins:
            del sys.modules[name]


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


def _stand_ins() -> dict[str, Any]:
    stand_ins: dict[str, Any] = {
        name: ModuleType(name) for name in ("jsonschema", "jsonschema.validators", "jsonrpcserver.server")
    }
    stand_ins["jsonschema.validators"].validator_for = lambda _schema: _Unused
    stand_ins["jsonrpcserver.server"].serve = None
    return stand_ins


class _Unused(SimpleNamespace):
    """A validator that is made and never asked."""

    def __init__(self, schema: object) -> None:
        super().__init__(schema=schema)

    @staticmethod
    def check_schema(schema: object) -> None:
        """Find nothing wrong with it."""

    def validate(self, request: object) -> None:
        """Refuse to be used."""
        del request
        raise NotImplementedError("A request was to be checked by jsonschema, which is not there.")


def return_freed_memory() -> None:
    """Let the C library give back to the system what is free (glibc; elsewhere nothing happens)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
