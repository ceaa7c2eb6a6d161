"""Whether Chromium's sandbox can work for this user. Asked before CEF is loaded, which would abort without it."""

from __future__ import annotations

import ctypes
import os
import stat
from pathlib import Path

from elsipo_shell.bindings.interface import Sandbox

_CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

ROOT = "Elsipo runs as root, and Chromium's sandbox works only for ordinary users. Start Elsipo as an ordinary user."
NO_NAMESPACES = (
    "This system lets ordinary users make no user namespaces, which Chromium's sandbox needs. On Ubuntu, AppArmor "
    "forbids them (kernel.apparmor_restrict_unprivileged_userns); on Debian, see kernel.unprivileged_userns_clone."
)


def find() -> Sandbox:
    """What this user can have."""
    if os.geteuid() == 0:
        return Sandbox(on=False, detail=ROOT)
    if _can_make_namespaces() or _has_setuid_helper():
        return Sandbox(on=True, detail="")
    return Sandbox(on=False, detail=NO_NAMESPACES)


def _can_make_namespaces() -> bool:
    """Try it in a child, as Chromium does; AppArmor grants the first step and refuses what needs rights inside."""
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if child == 0:
        done = libc.unshare(_CLONE_NEWUSER) == 0 and libc.unshare(_CLONE_NEWPID | _CLONE_NEWNET) == 0
        os._exit(0 if done else 1)
    return os.waitpid(child, 0)[1] == 0


def _has_setuid_helper() -> bool:
    helper = os.environ.get("CHROME_DEVEL_SANDBOX", "")
    try:
        found = Path(helper).stat()
    except OSError:
        return False
    return found.st_uid == 0 and bool(found.st_mode & stat.S_ISUID)
