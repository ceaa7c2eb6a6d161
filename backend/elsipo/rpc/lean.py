"""Spares every process a library that is imported and never used. Must not know what it is spared for."""

from __future__ import annotations

import contextlib
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = ("jsonschema", "jsonschema.validators")


@contextlib.contextmanager
def without_jsonschema() -> Iterator[None]:
    """Let jsonrpcserver be imported without jsonschema, which only its own check of requests would need.

    Each request is given to it with a check of ours. Costs of the library: see tests/bench/README.md.
    """
    if any(name in sys.modules for name in _NAMES):
        yield
        return
    stand_ins: dict[str, Any] = {name: ModuleType(name) for name in _NAMES}
    stand_ins["jsonschema.validators"].validator_for = lambda _schema: _Unused
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        # Whoever wants the real one gets it.
        for name in _NAMES:
            del sys.modules[name]


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
