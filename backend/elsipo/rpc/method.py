"""What a method and a notification are: a name, the types of what they carry, and who may send them.

The tables (bridge, engine, shell) are generated from bridge_spec/openrpc. Must not know any stream, peer, or SIP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from elsipo.rpc.model import Model, build, from_wire, to_wire

P = TypeVar("P", bound=Model)
R = TypeVar("R")


# eq=False: a method is itself and no other; comparing annotations would be slow and mean nothing.
@dataclass(frozen=True, eq=False)
class Method(Generic[P, R]):
    """A request that has an answer.

    Attributes:
        name: As on the wire, `call.dial`.
        params: Model of the parameters, which travel by name.
        result: Model class or annotation of the result.
        senders: Roles that may send it: host, chrome, page, engine, shell.
        capability: What a page must have been granted; None is the baseline.
        gesture: Whether a page's request counts only while the user's click or key is fresh.
    """

    name: str
    params: type[P]
    result: Any
    senders: frozenset[str]
    capability: str | None = None
    gesture: bool = False

    def build(self) -> None:
        """Make now what is otherwise made when it is first used: for a process that others are forked from."""
        build(self.params, self.result)

    def load_params(self, obj: object = None) -> P:
        """Read a request's `params`; None stands for a request without any.

        Raises:
            InvalidParamsError: they do not fit; `field` names the first place.
        """
        return self.params.from_wire({} if obj is None else obj)

    def load_result(self, obj: object) -> R:
        """Read a response's `result`.

        Raises:
            InvalidParamsError: it does not fit; `field` names the first place.
        """
        result: R = from_wire(obj, self.result)
        return result

    def dump_result(self, result: R) -> Any:
        """Return a handler's result as JSON values, checked.

        Raises:
            InvalidParamsError: it is not what the contract promises.
        """
        return to_wire(result, self.result)


@dataclass(frozen=True, eq=False)
class Notification(Generic[P]):
    """A message that has no answer.

    Attributes:
        name: As on the wire, `call.state_changed`.
        params: Model of the parameters, which travel by name.
        senders: Roles that may send it.
        receivers: Roles that may get it.
        capability: What a page must have been granted to get it; None is the baseline.
    """

    name: str
    params: type[P]
    senders: frozenset[str]
    receivers: frozenset[str]
    capability: str | None = None

    def build(self) -> None:
        """As `Method.build`."""
        build(self.params)

    def load_params(self, obj: object = None) -> P:
        """Read a notification's `params`; None stands for a notification without any.

        Raises:
            InvalidParamsError: they do not fit; `field` names the first place.
        """
        return self.params.from_wire({} if obj is None else obj)
