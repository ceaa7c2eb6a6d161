"""How services speak: to the engine by request, to the windows by notification. Says who, never how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from elsipo.rpc.method import Method, Notification
    from elsipo.rpc.model import Model

P = TypeVar("P", bound="Model")
R = TypeVar("R")


class Engine(Protocol):
    """The process that speaks SIP for one account, as services see it."""

    async def request(self, method: Method[P, R], params: P, *, timeout_s: float = 10.0) -> R:
        """Ask it.

        Raises:
            EngineUnavailableError: it is not running; said at once.
            ElsipoError: what it answered.
        """
        ...


class Emit(Protocol):
    """Tells every window of one account, as far as each connection may know."""

    def __call__(self, notification: Notification[P], *several: P) -> None:
        """Send it, or several of its kind in one text; never blocks, never fails."""
        ...


@dataclass(frozen=True)
class Ties:
    """What every service of one account hangs on.

    Attributes:
        account_id: The account.
        domain: Its domain, for addresses that name none.
        engine: Its engine.
        emit: Its windows.
    """

    account_id: str
    domain: str
    engine: Engine
    emit: Emit
