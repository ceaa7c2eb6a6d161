"""Run a host until its last window closes or somebody asks it to leave."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Any

from elsipo.host import elsipo_ini
from elsipo.host.host import Host

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from elsipo.host.folders import Folders
    from elsipo.host.front import Front
    from elsipo.supervisor import ForkServer

_SHOWN_WITHIN_S = 45.0
_LOOK_EVERY_S = 0.02


async def run(folders: Folders, front: Front, address: str | None, fork_server: ForkServer) -> None:
    """Show the windows of all accounts until the user has closed the last, wants an end, or SIGINT or SIGTERM comes.

    Args:
        folders: The profile.
        front: What of the host is there already.
        address: To be offered in a window; None offers nothing.
        fork_server: Starts engines.

    Raises:
        OSError, ValueError: see `Host`.
    """
    async with started(Host(folders, front=front, old_ini=elsipo_ini.place(), fork_server=fork_server)) as host:
        if address is not None:
            await host.desktop.launched_again(address)
        await until_told(host.run_until_closed())


@contextlib.asynccontextmanager
async def started(host: Host) -> AsyncIterator[Host]:
    """A host that runs, and is stopped whatever happens."""
    try:
        await host.start()
        yield host
    finally:
        await host.stop()


async def until_told(end: Coroutine[Any, Any, object]) -> None:
    """Wait for an end of its own, for SIGINT or for SIGTERM; raises what the end raises.

    Args:
        end: Such as the last window's closing.
    """
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told.set)
    signalled, ended = asyncio.ensure_future(told.wait()), asyncio.ensure_future(end)
    try:
        await asyncio.wait([signalled, ended], return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            ended.result()
    finally:
        for wait in (signalled, ended):
            wait.cancel()
        await asyncio.wait([signalled, ended])


async def until_shown(host: Host, *, pages: bool = True) -> None:
    """Wait until every window's documents have come: the chrome, and the page where somebody is signed in.

    Args:
        host: Whose windows.
        pages: False waits for the chrome alone: some pages know nothing of us, or wait for consent.

    Raises:
        TimeoutError: they do not.
    """
    async with asyncio.timeout(_SHOWN_WITHIN_S):
        while not all(  # noqa: ASYNC110 - only tours and tests wait for this: not worth an event in the server
            host.bridge.connections_of(window.window_id, "page" if pages and window.account_id else "chrome")
            for window in host.windows.all()
        ):
            await asyncio.sleep(_LOOK_EVERY_S)
