"""One host a profile: two would each take the other's calls for lost, and register over each other.

The lock is the kernel's, on an open file: it is gone with the process, however that ended, and is never stale.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class ProfileInUseError(OSError):
    """Another Elsipo runs on this profile."""


class ProfileLock:
    """Holds a profile from its making until `release`.

    Args:
        path: A file to lock; stays behind, empty.

    Raises:
        ProfileInUseError: another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._descriptor)
        except OSError:
            os.close(self._descriptor)
            raise ProfileInUseError("Elsipo is running already. Look for its window.") from None

    def release(self) -> None:
        """Let the next one in; a second time does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
