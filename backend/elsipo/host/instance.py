"""One Elsipo a profile: a second start hands over to the first, through its bridge, and leaves.

The first one's port and a token of the role launcher stand in a file that only this person can read. The token is good
for one connection; each use puts a new one there. So nothing new listens, on every platform alike, and whoever may read
the file may read the accounts beside it, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

import msgspec
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from elsipo.host.bridge.reception import SUBPROTOCOL
from elsipo.host.private_file import write_private
from elsipo.host.profile_lock import ProfileInUseError, ProfileLock
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import ElsipoError
from elsipo.rpc.handlers import Handlers
from elsipo.rpc.model import Model
from elsipo.rpc.peer import Peer
from elsipo.rpc.websocket_stream import WebSocketStream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

_log = logging.getLogger(__name__)

_PATIENCE_S = 15.0
_LOOK_EVERY_S = 0.05


class _Door(Model):
    port: int
    token: m.Token


class Door:
    """How a second start finds this host.

    Args:
        folder: The data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = _path(folder)

    def open(self, port: int, token: str) -> None:
        """Put a token there, in place of the one that was used."""
        write_private(self._path, msgspec.json.encode(_Door(port=port, token=token)).decode())

    def close(self) -> None:
        """Nobody answers any more."""
        self._path.unlink(missing_ok=True)


async def hand_over(folder: Path, address: str | None) -> bool:
    """Let the Elsipo that runs show a window, and an address in it.

    Args:
        folder: Its data folder.
        address: What is to be offered there.

    Returns:
        False where none runs (any more): then it is for the caller to be the one.

    Raises:
        ProfileInUseError: one runs, and does not answer.
    """
    return await _told(folder, lambda peer: peer.request(bridge.PROGRAM_OPEN, m.BridgeProgramOpenParams(text=address)))


async def quit_running(folder: Path) -> bool:
    """End the Elsipo that runs, and wait for its end.

    Args:
        folder: Its data folder.

    Returns:
        False where none runs.

    Raises:
        ProfileInUseError: one runs, and does not answer.
    """
    if not await _told(folder, lambda peer: peer.request(bridge.PROGRAM_QUIT, m.BridgeProgramQuitParams())):
        return False
    deadline = time.monotonic() + _PATIENCE_S
    while not _is_free(folder):
        if time.monotonic() > deadline:
            raise ProfileInUseError("Elsipo does not end.")
        await asyncio.sleep(_LOOK_EVERY_S)
    return True


async def _told(folder: Path, order: Callable[[Peer], Awaitable[object]]) -> bool:
    """Give an order to the one that runs, as soon as it listens."""
    deadline = time.monotonic() + _PATIENCE_S
    while not _is_free(folder):
        try:
            door = msgspec.json.decode(_path(folder).read_bytes(), type=_Door)
            async with asyncio.timeout(_PATIENCE_S):
                await _order(door, order)
        except (OSError, ValueError, WebSocketException, ElsipoError, TimeoutError) as error:
            # It starts, it leaves, or another start was quicker and the token is used.
            _log.debug("No handing over yet: %s", type(error).__name__)
        else:
            return True
        if time.monotonic() > deadline:
            raise ProfileInUseError("Elsipo is running already, but does not answer. End it, then start it again.")
        await asyncio.sleep(_LOOK_EVERY_S)
    return False


async def _order(door: _Door, order: Callable[[Peer], Awaitable[object]]) -> None:
    origin = Origin(f"http://127.0.0.1:{door.port}")
    url = f"ws://127.0.0.1:{door.port}/rpc"
    from websockets.asyncio.client import connect  # only a second start needs it

    async with connect(url, origin=origin, subprotocols=[SUBPROTOCOL], proxy=None, compression=None) as socket:
        peer = Peer(WebSocketStream(socket), Handlers(), name="launcher")
        running = asyncio.create_task(peer.run())
        try:
            params = m.BridgeSessionOpenParams(token=door.token, protocol_version=PROTOCOL_VERSION)
            await peer.request(bridge.SESSION_OPEN, params)
            await order(peer)
        finally:
            await peer.close()
            with contextlib.suppress(ElsipoError):
                await running


def _is_free(folder: Path) -> bool:
    try:
        ProfileLock(folder / "lock").release()
    except ProfileInUseError:
        return False
    return True


def _path(folder: Path) -> Path:
    return folder / "instance.json"
