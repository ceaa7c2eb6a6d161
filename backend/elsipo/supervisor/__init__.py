"""The life of a child process that speaks JSON-RPC: start it, watch it, start it again, end it. Knows no SIP."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from elsipo.supervisor.child import Patience
    from elsipo.supervisor.fork_server import ForkServer
    from elsipo.supervisor.policy import RestartPolicy
    from elsipo.supervisor.status import Death, ProcessState, ProcessStatus, Timing
    from elsipo.supervisor.supervisor import Supervisor

__all__ = ["Death", "ForkServer", "Patience", "ProcessState", "ProcessStatus", "RestartPolicy", "Supervisor", "Timing"]

_ROOMS: Final = {
    "Patience": "child",
    "ForkServer": "fork_server",
    "RestartPolicy": "policy",
    **dict.fromkeys(("Death", "ProcessState", "ProcessStatus", "Timing"), "status"),
}


def __getattr__(name: str) -> Any:
    # A child may have to be started before there is time to import all that watches it.
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"elsipo.supervisor.{_ROOMS.get(name, 'supervisor')}"), name)
