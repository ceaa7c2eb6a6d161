"""Which methods of the contract this shell used: the evidence for the report of what no test called.

Off unless the environment variable ELSIPO_RPC_COVERAGE names a directory: then a line `shell NAME` for each, once, goes
to a file of this process there, as Elsipo's own processes do it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Set

_directory = os.environ.get("ELSIPO_RPC_COVERAGE")
_seen: Set[str] = set()


def record(method: str) -> None:
    """Note that a method or notification was sent, or served with good parameters."""
    if not _directory or method in _seen:
        return
    _seen.add(method)
    try:
        with (Path(_directory) / "{}.txt".format(os.getpid())).open("a", encoding="utf-8") as file:
            file.write("shell {}\n".format(method))
    except OSError:
        # Started as another user, who may not write there: what it did is evidence that others give, too.
        return
