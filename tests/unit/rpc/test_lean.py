"""Libraries of which only parts are imported."""

from __future__ import annotations

import subprocess
import sys

import pytest
from elsipo.rpc.lean import only_parts_of

_PYTHON = [sys.executable, "-c"]
_SPARED = ("jsonschema", "http.server", "oslash.list", "jsonrpcserver.server", "importlib.metadata")


def _said(program: str) -> str:
    done = subprocess.run([*_PYTHON, program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_who_speaks_json_rpc_imports_nothing_that_is_not_used() -> None:
    program = "import sys, elsipo.rpc.peer, elsipo.host.bridge.reception; print([m for m in %r if m in sys.modules])"
    assert _said(program % (_SPARED,)) == "[]"


def test_who_wants_the_whole_libraries_gets_them_afterwards() -> None:
    assert (
        _said(
            "import elsipo.rpc.peer, elsipo.host.bridge.reception, warnings\n"
            "warnings.simplefilter('ignore')\n"
            "import importlib.metadata, jsonrpcserver, oslash, websockets\n"
            "print(jsonrpcserver.serve.__name__, oslash.Just.__name__, importlib.metadata.version('websockets') != '')"
        )
        == "serve Just True"
    )


def test_parts_of_what_is_not_installed_are_missed_at_once() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_package"), only_parts_of("no_such_package"):
        pass
