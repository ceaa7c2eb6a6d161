"""Ports of loopback for programs that must be told theirs. Must not know who they are."""

from __future__ import annotations

import contextlib
import secrets
import socket
from typing import Final

# Below what systems hand out by themselves (32768 or 49152 and up): a connection that anybody opens in the meantime
# cannot take a port that was found free here.
_PORTS: Final = range(10_000, 20_000)


def free_port(*kinds: socket.SocketKind, span: int = 1) -> int:
    """Find a port of loopback that nobody has at this moment.

    Args:
        kinds: The kinds of socket that it must be free for; TCP when none is named.
        span: How many ports in a row must be free; baresip takes the next one for TLS.

    Returns:
        The first of them.
    """
    while True:
        first = _PORTS.start + secrets.randbelow(len(_PORTS) - span)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + span):
                for kind in kinds or (socket.SOCK_STREAM,):
                    stack.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", port))
            return first
