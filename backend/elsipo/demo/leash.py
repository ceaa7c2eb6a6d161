"""A program that must not outlive us, and its directory: somebody else sees to both. Must not know which program."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_GRACE_S: Final = 3
_LOOKS_A_SECOND: Final = 10

# A signal from the kernel at our death (prctl(2), PR_SET_PDEATHSIG) is not enough: Kamailio may miss a SIGTERM while it
# begins, and wait for itself for ever while it ends.
_WATCH: Final = """
read -r _
kill -s TERM "$1"
looks=$(($2 * $3))
while [ "$looks" -gt 0 ] && kill -s 0 -- "-$1"; do sleep 0.1; looks=$((looks - 1)); done
kill -s KILL -- "-$1"
rm -rf -- "$4"
"""


class Leash:
    """Ends a program and all in its process group, and removes its directory, when this process dies (POSIX).

    It is asked by SIGTERM first, and killed after three seconds.

    Args:
        group: The program's process id; it leads a group of its own.
        folder: Its directory.
    """

    def __init__(self, group: int, folder: Path) -> None:
        arguments = (str(group), str(_GRACE_S), str(_LOOKS_A_SECOND), str(folder))
        self._watcher = subprocess.Popen(
            ["sh", "-c", _WATCH, "leash", *arguments],
            stdin=subprocess.PIPE,  # which ends with us, however that comes
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def let_go(self) -> None:
        """From now on the program and its directory stay."""
        with self._watcher as watcher:
            watcher.kill()
