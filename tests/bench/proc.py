"""Memory and time of processes, as Linux counts them. Must not know which processes they are."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_KB_IN_MB: Final = 1024


def private_mb(pid: int) -> float:
    """Memory that is a process's own: what would be free without it, in MB."""
    return _rollup_mb(pid, "Private_Clean:", "Private_Dirty:")


def proportional_mb(pid: int) -> float:
    """The same with its share of what it has together with others, in MB: these add up to what all of them take."""
    return _rollup_mb(pid, "Pss:")


def _rollup_mb(pid: int, *wanted: str) -> float:
    lines = _read(pid, "smaps_rollup").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(wanted)) / _KB_IN_MB


def _read(pid: int, file: str) -> str:
    """What is told of a process; empty where it ended while its tree was walked: helpers come and go."""
    try:
        return Path(f"/proc/{pid}/{file}").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def cpu_s(pid: int) -> float:
    """Processor time that a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def cpu_exact_s(pid: int) -> float:
    """The same to the nanosecond, of the threads that it has now (schedstat)."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that just ended
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                parents[int(folder.name)] = int(fields[1])
    found = [pid]
    for member in found:
        found += [child for child, parent in parents.items() if parent == member]
    return found


def name(pid: int) -> str:
    """What ps calls a process: the program's name, or what it chose itself."""
    return _read(pid, "comm").strip()


def command(pid: int) -> str:
    """A process's command line."""
    return _read(pid, "cmdline").replace("\0", " ")
