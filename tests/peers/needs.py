"""What a test needs of the machine: missing, it skips on a laptop and fails in continuous integration."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

_SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def program(name: str, *, package: str) -> str:
    """The path of somebody else's program.

    Args:
        name: As it is called on a command line.
        package: Debian's package that has it.
    """
    return shutil.which(name, path=_SEARCH_PATH) or missing(f"{name} is missing: sudo apt-get install {package}")


def folder(path: str) -> bool:
    """Whether a folder of somebody else's program is there."""
    return Path(path).is_dir()


def is_ci() -> bool:
    """Whether this is continuous integration, where nothing may be missing."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


def missing(reason: str) -> NoReturn:
    """Skip the running test, or fail it in continuous integration."""
    if is_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
