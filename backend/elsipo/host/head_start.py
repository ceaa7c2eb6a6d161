"""Runs the host with a head start for its windows and its first engine.

Each needs as long to start as the host's own modules to be imported: they are started first, and all go on side by side
(measured in tests/bench/README.md). So nothing heavy may be imported here before that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from elsipo.host.engine_argv import ENGINE_ARGV
from elsipo.host.profile_lock import ProfileLock
from elsipo.supervisor import launcher

if TYPE_CHECKING:
    from elsipo.host.folders import Folders
    from elsipo.host.shell_options import ShellOptions


async def run(folders: Folders, shell: ShellOptions) -> None:
    """Show the windows of all accounts until the user closes the last, or SIGINT or SIGTERM comes.

    Raises:
        OSError, ValueError: see `Host`.
    """
    folders.create()
    # Who comes second must not reach for the first one's Chromium profile. The host takes the lock again, to keep it.
    ProfileLock(folders.data / "lock").release()
    try:
        await launcher.launch_early("shell", shell.argv(folders.cache))
        if (folders.config / "accounts.json").exists():
            await launcher.launch_early("engine", ENGINE_ARGV)
        from elsipo.host.run import run as run_host

        await run_host(folders, shell)
    finally:
        await launcher.end_early()
