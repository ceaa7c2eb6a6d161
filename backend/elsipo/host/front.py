"""What a person sees first, and what that needs: the accounts, the windows, and the port that these load from.

A host is much more, and takes as long again to be imported. So the windows may be opened before it is there: what they
ask for waits at the port until it serves. Must not import what only a whole host needs.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from elsipo.host.account_book import AccountBook
from elsipo.host.desktop import Desktop
from elsipo.host.notices import NoticeBoard
from elsipo.host.profile_lock import ProfileLock

if TYPE_CHECKING:
    from elsipo.host.folders import Folders
    from elsipo.host.shell_options import ShellOptions


class Front:
    """The front of one run of Elsipo.

    Args:
        folders: Where its things are; they exist.
        shell: How windows are shown; None leaves them to whoever brings a browser of their own.
        lock: The profile's, where the caller has it already.

    Attributes:
        lock: Held until the host has stopped.
        book: The accounts.
        board: What the user should know.
        desktop: The windows.
        listener: The bridge's port; None until `show`.

    Raises:
        ProfileInUseError: another host runs there.
        ValueError: the account file is not ours.
    """

    def __init__(self, folders: Folders, shell: ShellOptions | None, lock: ProfileLock | None = None) -> None:
        self.lock = lock or ProfileLock(folders.data / "lock")
        self.book = AccountBook(folders.config / "accounts.json")
        self.board = NoticeBoard()
        self.desktop = Desktop(folders, self.book, shell, self.board.raise_for(None))
        self.listener: socket.socket | None = None

    async def show(self) -> socket.socket:
        """Have the port, and begin to show the windows; a second time does nothing.

        Returns:
            The port, at which those who come wait to be served.

        Raises:
            OSError: loopback cannot be bound.
        """
        if self.listener is None:
            self.listener = _listener(self.desktop.memory.port)
            await self.desktop.start(self.listener.getsockname()[1])
        return self.listener

    async def close(self) -> None:
        """Close the windows and the port; the profile is free. May be called more than once."""
        await self.desktop.stop()
        if self.listener is not None:
            self.listener.close()
        self.lock.release()


def _listener(wish: int) -> socket.socket:
    # With the protocol's number asyncio knows TCP, and sets TCP_NODELAY: else the second of two texts waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere it lets two programs share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of the last run may linger
    try:
        listener.bind(("127.0.0.1", wish))
    except OSError:
        listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener
