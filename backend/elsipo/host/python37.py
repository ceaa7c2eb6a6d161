"""Where the Python is that the CEF binding cefpython3 runs on: CPython 3.7, and no other.

Must not know what is run with it.
"""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE: Final = "ELSIPO_PYTHON37"
REMEDY: Final = f"make build/stamps/cefpython3, with PYTHON37=… where it is not on PATH; or set {VARIABLE}."

_SOURCES: Final = Path(__file__).resolve().parents[3]
_CHECK: Final = (
    "import sys, importlib.util as u; sys.exit(sys.version_info[:2] != (3, 7) or not u.find_spec('cefpython3'))"
)
_PATIENCE_S: Final = 10.0


@functools.cache
def find() -> str:
    """The interpreter's path: $ELSIPO_PYTHON37, the source tree's own environment, or `python3.7` on PATH.

    Raises:
        FileNotFoundError: there is none that has cefpython3; the text says how to get one.
    """
    for candidate in _candidates():
        if _has_cefpython3(candidate):
            return candidate
    raise FileNotFoundError(
        f"The CEF binding cefpython3 needs Python 3.7 with the package cefpython3, and there is none here. {REMEDY}"
    )


def _candidates() -> Iterator[str]:
    if told := os.environ.get(VARIABLE):
        yield told
    environment = _SOURCES / ".venv-cefpython3"
    for python in (environment / "bin" / "python", environment / "Scripts" / "python.exe"):
        if python.exists():
            yield str(python)
    import shutil  # the windows wait for what is imported here

    if on_path := shutil.which("python3.7"):
        yield on_path


def _has_cefpython3(python: str) -> bool:
    # An environment shows it without being started, which would hold up the windows.
    if (Path(python).parents[1] / "lib" / "python3.7" / "site-packages" / "cefpython3").is_dir():
        return True
    try:
        done = subprocess.run([python, "-I", "-c", _CHECK], capture_output=True, check=False, timeout=_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
