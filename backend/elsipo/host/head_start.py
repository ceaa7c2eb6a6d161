"""Runs the host with a head start for its windows and its engines.

Its windows need as long to start as the host's own modules to be imported: they are started first, and both go on side
by side (measured in tests/bench/README.md). So nothing heavy may be imported here before that. Then comes what opens
the windows, which is most of what engines need, too: whoever forks those is forked off here, while there is one thread
and nothing of any account. And while the windows load, the rest.
"""

from __future__ import annotations

import gc
import os
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from elsipo.host import early_shell
from elsipo.host.engine_argv import ENGINE_ARGV, ENGINE_PRELOADED
from elsipo.host.first_storage import first_storage
from elsipo.host.listener import loopback_listener
from elsipo.host.profile_lock import ProfileInUseError, ProfileLock
from elsipo.supervisor import begun

if TYPE_CHECKING:
    import socket

    from elsipo.host.folders import Folders
    from elsipo.host.shell_options import ShellOptions
    from elsipo.supervisor.begun import Begun


def run(folders: Folders, shell: ShellOptions, log_level: str, address: str | None = None) -> None:
    """Show the windows of all accounts until the user has closed the last, wants an end, or SIGINT or SIGTERM comes.

    Where an Elsipo runs on this profile, that one shows a window, and this returns at once.

    Args:
        folders: The profile.
        shell: How windows are shown.
        log_level: The lowest level that is written, `INFO`.
        address: To be offered in a window; nothing is called.

    Raises:
        OSError, ValueError: see `Host`.
    """
    folders.create()
    # Who comes second must not reach for the first one's Chromium profile.
    lock = _lock_or_hand_over(folders, address, log_level)
    if lock is None:
        return
    web_listener = loopback_listener()
    try:
        storage = first_storage(folders.accounts)
        shell = replace(shell, web_proxy_port=web_listener.getsockname()[1], storage=storage)
        argv = shell.argv(folders.cache)
        windows = early_shell.take(argv)
        if windows is None and os.name == "posix":  # elsewhere asyncio has pipes of its own
            windows = begun.spawn(argv)
        gc.disable()  # it would look for garbage among what is imported, again and again (a tenth of the time)
        _prepare(log_level, argv, windows)
        _run(folders, shell, address, lock, web_listener)
    finally:
        web_listener.close()
        lock.release()


def _prepare(log_level: str, argv: list[str], windows: Begun | None) -> None:
    from elsipo.rpc.lean import spare_openssl

    spare_openssl()  # for engines
    from elsipo import log
    from elsipo.supervisor import launcher

    log.configure(log_level)
    if windows is not None:
        launcher.keep(argv, windows)


def _run(
    folders: Folders, shell: ShellOptions, address: str | None, lock: ProfileLock, web_listener: socket.socket
) -> None:
    import asyncio

    from elsipo.host.front import Front
    from elsipo.supervisor import launcher
    from elsipo.supervisor.fork_server import ForkServer

    has_accounts = folders.accounts.exists()
    fork_server = ForkServer(ENGINE_ARGV, ENGINE_PRELOADED)
    if has_accounts:
        gc.freeze()
        fork_server.fork()

    async def go_on() -> None:
        try:
            front = Front(folders, shell, lock, web_listener)
            try:
                if has_accounts:  # else those of an older Elsipo come first
                    await front.serve()
                    await fork_server.start()
                await asyncio.to_thread(import_module, "elsipo.host.run")
                gc.freeze()
                gc.enable()
                from elsipo.host.run import run as run_host

                await run_host(folders, front, address, fork_server)
            finally:
                await front.close()
        finally:
            await fork_server.close()
            await launcher.end_kept("shell")

    asyncio.run(go_on())


def _lock_or_hand_over(folders: Folders, address: str | None, log_level: str) -> ProfileLock | None:
    while True:
        try:
            return ProfileLock(folders.data / "lock")
        except ProfileInUseError:
            import asyncio

            from elsipo import log
            from elsipo.host.instance import hand_over

            log.configure(log_level)
            if asyncio.run(hand_over(folders.data, address)):
                return None
