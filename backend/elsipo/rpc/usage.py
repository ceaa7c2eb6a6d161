"""Which methods of the contract were used: the evidence for the report of what no test called.

Off, and free, unless the environment variable ELSIPO_RPC_COVERAGE names a directory. Then every process appends a
line `DOCUMENT NAME` (`engine call.dial`) for each method or notification that it sent or served, once each, to its own
file PID.txt there. Must not know any peer or SIP.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from elsipo.rpc.method import Method, Notification

VARIABLE: Final = "ELSIPO_RPC_COVERAGE"

_directory = os.environ.get(VARIABLE)


def record(method: Method[Any, Any] | Notification[Any]) -> None:
    """Note that a method or notification was sent, or served with good parameters, by this process."""
    if _directory:
        _write_once(method, _directory, os.getpid())


def record_into(directory: str | None) -> None:
    """Go on recording in another directory, or no longer; a new process asks the environment."""
    global _directory  # noqa: PLW0603 - one switch a process, as the environment is
    _directory = directory


def documents() -> dict[str, frozenset[str]]:
    """All that there is to be used: per document, the names of its methods and notifications."""
    return {name: frozenset({*table.METHODS, *table.NOTIFICATIONS}) for name, table in _tables().items()}


def recorded(directory: Path) -> dict[str, set[str]]:
    """What all processes have noted: per document, names."""
    found: dict[str, set[str]] = {}
    for file in directory.glob("*.txt"):
        for line in file.read_text(encoding="utf-8").splitlines():
            document, _, name = line.partition(" ")
            found.setdefault(document, set()).add(name)
    return found


@cache
def _write_once(method: Method[Any, Any] | Notification[Any], directory: str, pid: int) -> None:
    with (Path(directory) / f"{pid}.txt").open("a", encoding="utf-8") as file:
        file.write(f"{_document(method)} {method.name}\n")


def _document(method: Method[Any, Any] | Notification[Any]) -> str:
    # `call.dial` is a method of two documents; only the tables know which one this is.
    for name, table in _tables().items():
        if method in (table.METHODS.get(method.name), table.NOTIFICATIONS.get(method.name)):
            return name
    return "unlisted"


def _tables() -> dict[str, Any]:
    from elsipo.rpc._generated import bridge, engine, plugin, shell

    return {"bridge": bridge, "engine": engine, "shell": shell, "plugin": plugin}
