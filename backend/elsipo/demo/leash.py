"""Words before a command that tie its life to ours, and take root's rights from it. Must not know which command."""

from __future__ import annotations

import shutil


def leashed(user: str | None = None) -> list[str]:
    """What to put before a program's name and arguments.

    The kernel sends the program SIGTERM when the thread that started it ends, also when that is by SIGKILL (Linux; on
    other systems nothing is put before).

    Args:
        user: The user that it shall run as, when we are root; None for ourselves.

    Raises:
        FileNotFoundError: rights are to be dropped and the program for it is missing; the text names the package.
        LookupError: there is no such user.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if user is not None:
            raise FileNotFoundError("setpriv is missing. Install it: apt-get install util-linux")
        return []
    # Dropping rights comes first: a change of user clears the parent-death signal (prctl(2)).
    drop = ["--reuid", user, "--regid", str(_group_of(user)), "--clear-groups"] if user else []
    return [setpriv, *drop, "--pdeathsig", "TERM", "--"]


def _group_of(user: str) -> int:
    import pwd  # not on Windows, where this module must still be importable

    return pwd.getpwnam(user).pw_gid
