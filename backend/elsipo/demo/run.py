"""`elsipo demo`: a provider of one's own on this machine, somebody to talk to, and Elsipo on it.

Everything lives in one temporary folder and is gone afterwards. Where no display is, a virtual one is started and the
tour is taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from elsipo.demo.display import virtual_display
from elsipo.demo.echo import EchoUser
from elsipo.demo.furnish import furnish
from elsipo.demo.ports import free_port
from elsipo.demo.provider import DemoProvider
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started, until_shown, until_told
from elsipo.host.shell_options import has_display

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.host.shell import ShellOptions

_WINDOW_USERS = ("alice", "bob")


async def run_demo(shell: ShellOptions, tour: str | None) -> bool:
    """Show the demo until the last window closes, or take the tour.

    Args:
        shell: How windows are shown.
        tour: Folder for the tour's screenshots and `demo.json`; None leaves the windows to the person.

    Returns:
        Whether every step of the tour was ok; True without a tour.

    Raises:
        OSError: a program is missing; the text says how to get it.
    """
    began = time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        if not has_display():
            print("There is no display here: a virtual one is used, and the tour is taken.")
            os.environ["DISPLAY"] = await stack.enter_async_context(virtual_display())
            os.environ.pop("WAYLAND_DISPLAY", None)
            tour = tour or "build"
        if tour is not None and shell.remote_debugging_port is None:
            shell = replace(shell, remote_debugging_port=free_port())
        host = await stack.enter_async_context(demo(shell))
        if tour is not None:
            if shell.binding == "cef_capi":
                from elsipo.demo.tour import take_tour
            else:  # Playwright wants a younger Chromium
                from elsipo.demo.bare_tour import take_bare_tour as take_tour

            await until_shown(host)
            return await take_tour(shell.remote_debugging_port or 0, Path(tour), began)
        print("You are alice, and the second window is bob. Call echo to hear yourself; close both windows to end.")
        await until_told(host.run_until_closed())
    return True


@contextlib.asynccontextmanager
async def demo(shell: ShellOptions | None) -> AsyncIterator[Host]:
    """The provider, its echo user, and a host with alice and bob signed in."""
    async with contextlib.AsyncExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="elsipo-demo-")))
        print("Starting the provider (Kamailio) …")
        provider = DemoProvider()
        stack.push_async_callback(provider.stop)
        await provider.start()
        await furnish(provider)
        echo = EchoUser(
            Folders.below(root / "echo"), f"echo@{provider.domain}", provider.users["echo"], provider.server("udp")
        )
        stack.push_async_callback(echo.stop)
        folders = Folders.below(root / "you")
        host = Host(folders, shell=shell, use_keyring=False)
        for user in _WINDOW_USERS:
            record = host.book.add(
                f"{user}@{provider.domain}", display_name=user.capitalize(), server=provider.server("udp")
            )
            host.credentials.keep(record.account_id, provider.users[user], allow_file=True)
        print("Opening the windows …")
        await stack.enter_async_context(started(host))
        await asyncio.wait_for(echo.start(), timeout=30)
        yield host
