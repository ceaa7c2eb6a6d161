"""A profile belongs to one process. Chromium of that time does not see to it: two would spoil each other's files."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from elsipo_shell.bindings.interface import CefError


class ProfileLock:
    """Held from its making until `release` or the end of the process, however it ends.

    Raises:
        CefError: another process holds it.
    """

    def __init__(self, folder: str) -> None:
        self._file = os.open(str(Path(folder) / "elsipo.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise CefError("another shell uses the profile %s" % folder) from error

    def release(self) -> None:
        """Let others have the profile."""
        os.close(self._file)
