"""What a Chromium that was killed has left of itself outside its profile. Must not know windows or the host."""

import contextlib
import os
import shutil
import socket
from pathlib import Path

_LINKS = ("SingletonLock", "SingletonSocket", "SingletonCookie")


def remove(profile: Path) -> None:
    """Remove the folder of the socket of a profile's last Chromium, unless that still lives (POSIX).

    Chromium makes it among the temporary files, and links to it from the profile (`SingletonSocket`); whose it is says
    `SingletonLock`, a link to nothing that is named HOST-PID. It would take over a dead one's lock, but not its folder;
    and without the folder it would wait 20 s for the lock's owner, so that goes, too.
    """
    try:
        folder = Path(os.readlink(str(profile / "SingletonSocket"))).parent  # noqa: PTH115 - Python 3.7
        host, _, pid = os.readlink(str(profile / "SingletonLock")).rpartition("-")  # noqa: PTH115
        is_over = host == socket.gethostname() and not _lives(int(pid))
    except (OSError, ValueError):
        return  # nothing is left, as a rule
    if is_over and folder.name.startswith(".org.chromium."):
        for name in _LINKS:
            with contextlib.suppress(OSError):
                (profile / name).unlink()
        shutil.rmtree(str(folder), ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
