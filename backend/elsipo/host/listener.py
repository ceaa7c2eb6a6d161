"""A port of this machine's own. Imports next to nothing, for it is wanted before all else."""

from __future__ import annotations

import os
import socket


def loopback_listener(wish: int = 0) -> socket.socket:
    """Have a port of 127.0.0.1; who comes waits there until it is served.

    Args:
        wish: The port that it is to be, where that is free; 0 is any.

    Raises:
        OSError: loopback cannot be bound.
    """
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
