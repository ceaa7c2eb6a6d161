"""What a person sees first, and what that needs: the accounts, the windows, and the port that these load from.

A host is much more, and takes as long again to be imported. So the windows may be opened before it is there: they get
the chrome's documents, and what these ask for waits at the port until the host serves. Must not import what only a
whole host needs.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from elsipo.host.account_book import AccountBook
from elsipo.host.desktop import Desktop
from elsipo.host.first_storage import first_storage
from elsipo.host.listener import loopback_listener
from elsipo.host.notices import NoticeBoard
from elsipo.host.profile_lock import ProfileLock
from elsipo.resources import frontend_dist

if TYPE_CHECKING:
    import socket

    from elsipo.host.bridge.reception import Reception
    from elsipo.host.folders import Folders
    from elsipo.host.shell_options import ShellOptions


class Front:
    """The front of one run of Elsipo.

    Args:
        folders: Where its things are; they exist.
        shell: How windows are shown; None leaves them to whoever brings a browser of their own.
        lock: The profile's, where the caller has it already.
        web_listener: The port of the windows' proxy, where `shell` knows of it, and whose storage comes first.

    Attributes:
        lock: Held until the host has stopped.
        book: The accounts.
        board: What the user should know.
        desktop: The windows.
        listener: The bridge's port; None until `show`.
        web_listener: The port where windows ask for the web; None where they are another browser's.

    Raises:
        ProfileInUseError: another host runs there.
        ValueError: the account file is not ours.
    """

    def __init__(
        self,
        folders: Folders,
        shell: ShellOptions | None,
        lock: ProfileLock | None = None,
        web_listener: socket.socket | None = None,
    ) -> None:
        self.lock = lock or ProfileLock(folders.data / "lock")
        self.book = AccountBook(folders.accounts)
        self.board = NoticeBoard()
        self.web_listener = web_listener
        if shell is not None and web_listener is None:
            self.web_listener = loopback_listener()
            port = self.web_listener.getsockname()[1]
            shell = replace(shell, web_proxy_port=port, storage=first_storage(folders.accounts))
        self.desktop = Desktop(folders, self.book, shell, self.board.raise_for(None))
        self.listener: socket.socket | None = None
        self._reception: Reception | None = None

    async def show(self) -> socket.socket:
        """Have the port, and begin to show the windows; a second time does nothing.

        Returns:
            The port, at which those who come wait to be served.

        Raises:
            OSError: loopback cannot be bound.
        """
        if self.listener is None:
            self.listener = loopback_listener(self.desktop.memory.port)
            await self.desktop.start(self.listener.getsockname()[1])
        return self.listener

    async def serve(self) -> Reception:
        """Serve the chrome's documents at the port, to windows that are shown; a second time does nothing.

        Raises:
            OSError: loopback cannot be bound.
        """
        listener = await self.show()
        if self._reception is None:
            # The windows are shown while it is imported.
            await asyncio.to_thread(import_module, "elsipo.host.bridge.reception")
            from elsipo.host.bridge.reception import Reception

            self._reception = Reception(listener, frontend_dist(), self.desktop.framed_origins)
            await self._reception.open()
        return self._reception

    async def stop_serving(self) -> None:
        """Close every connection at the port; a second time does nothing."""
        if self._reception is not None:
            await self._reception.close()

    async def close(self) -> None:
        """Close the windows and the ports; the profile is free. May be called more than once."""
        await self.desktop.stop()
        await self.stop_serving()
        for listener in (self.listener, self.web_listener):
            if listener is not None:
                listener.close()
        self.lock.release()
