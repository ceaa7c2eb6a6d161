"""The demo provider's administration: JSON-RPC on the socket in Kamailio's directory, which its owner alone may use."""

from __future__ import annotations

import itertools
import json
import socket
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from elsipo.demo.provider import DemoProvider

_TIMEOUT_S: Final = 5.0
_BYTES: Final = 65_536
_numbers = itertools.count(1)


class RpcError(Exception):
    """Kamailio refused an administration command."""


def rpc(provider: DemoProvider, method: str, *params: str | int) -> Any:
    """Ask Kamailio's administration, such as `rpc(provider, "ul.dump")`. Blocks until it has answered.

    Raises:
        RpcError: it refuses.
        OSError: it does not answer.
    """
    own = provider.run_dir / f"ask-{next(_numbers)}.sock"
    request = {"jsonrpc": "2.0", "method": method, "params": list(params), "id": 1}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        try:
            asking.bind(str(own))
            own.chmod(0o666)  # it answers as another user
            asking.settimeout(_TIMEOUT_S)
            asking.sendto(json.dumps(request).encode(), str(provider.run_dir / "rpc.sock"))
            answer = json.loads(asking.recv(_BYTES))
        finally:
            own.unlink(missing_ok=True)
    if "error" in answer:
        raise RpcError(answer["error"])
    return answer["result"]
