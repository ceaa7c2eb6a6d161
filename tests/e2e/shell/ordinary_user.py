"""Running a program as a user without rights, from a checkout that this user may not be able to reach.

Chromium's sandbox is for ordinary users, and continuous integration runs as root, often below a folder of root's own.
"""

from __future__ import annotations

import os
import shlex
import stat
import sys
from pathlib import Path
from typing import Final

from e2e.shell.driver import ROOT

USER: Final = 65534
_HOLD: Final = "/mnt"


def prefix() -> list[str]:
    """What to put before a command: nothing for an ordinary user.

    For root: `setpriv`, and where a path is closed to that user, a mount namespace of the command's own, in which the
    folder in the way is an empty one that leads only to what is needed. Nothing of it is seen outside.
    """
    if os.geteuid() != 0:
        return []
    as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--"]
    barriers = _barriers()
    if not barriers:
        return as_user
    script = " && ".join([*_openings(barriers), f'exec {shlex.join(as_user)} "$@"'])
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]


def _barriers() -> dict[Path, list[Path]]:
    """The folders that others may not enter, each with the needed paths behind it."""
    barriers: dict[Path, list[Path]] = {}
    needed = {ROOT, Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent}
    for path in sorted(needed):
        barrier = next((folder for folder in [*reversed(path.parents), path] if _is_closed(folder)), None)
        if barrier is not None:
            barriers.setdefault(barrier, []).extend(path.iterdir() if barrier == path else [path])
    return barriers


def _is_closed(folder: Path) -> bool:
    return not folder.stat().st_mode & stat.S_IXOTH


def _openings(barriers: dict[Path, list[Path]]) -> list[str]:
    """Shell commands that lead past them; the paths stay what they are."""
    commands = [f"mount -t tmpfs -o mode=755 tmpfs {_HOLD}"]
    held: list[tuple[Path, str]] = []
    for number, path in enumerate(path for paths in barriers.values() for path in paths):
        hold = f"{_HOLD}/{number}"
        make = "mkdir -p" if path.is_dir() else "touch"
        commands += [f"{make} {hold}", f"mount --bind {shlex.quote(str(path))} {hold}"]
        held.append((path, hold))
    commands += [f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(str(barrier))}" for barrier in barriers]
    for path, hold in held:
        target = shlex.quote(str(path))
        make = "mkdir -p" if path.is_dir() else "touch"
        commands += [f"{make} {target}", f"mount --bind {hold} {target}"]
    return commands
