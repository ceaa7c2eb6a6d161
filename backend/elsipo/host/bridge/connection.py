"""One WebSocket of a window's document: who it is, and what it may.

The rule: the host maps connection → window → account → capabilities, and believes no account id that a page sends.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated.models import Capability, Session
from elsipo.rpc.errors import (
    PermissionDeniedError,
    ProtocolVersionError,
    RateLimitedError,
    UnauthorizedError,
)
from elsipo.version import ELSIPO_VERSION

if TYPE_CHECKING:
    from elsipo.host.bridge.windows import Window, Windows
    from elsipo.rpc._generated.models import Role
    from elsipo.rpc.method import Method, Notification
    from elsipo.rpc.model import Model
    from elsipo.rpc.peer import Peer

P = TypeVar("P", bound="Model")

# All that a page can have: the management of accounts is not for pages.
PAGE_CAPABILITIES: tuple[Capability, ...] = (
    "registration.control",
    "call.observe",
    "call.place",
    "call.control",
    "message.read",
    "message.send",
    "history.read",
    "service.request",
    "engine.control",
    "audio.control",
    "plugin.use",
)
_REQUESTS_PER_S = 200.0
_REQUESTS_AT_ONCE = 400.0


class Connection:
    """A connection of the bridge, first nobody's, then of one role in one window.

    Args:
        windows: Where its token is redeemed.
    """

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._role: Role | None = None
        self._window: Window | None = None
        self._capabilities: tuple[Capability, ...] = ()
        self._allowance = _REQUESTS_AT_ONCE
        self._counted_at = time.monotonic()
        self.peer: Peer | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has been authorised."""
        return self._role is not None

    @property
    def role(self) -> Role | None:
        """Who sits there; None before `session.open`."""
        return self._role

    @property
    def window(self) -> Window:
        """Its window.

        Raises:
            UnauthorizedError: it has not been authorised.
        """
        if self._window is None:
            raise UnauthorizedError
        return self._window

    @property
    def session(self) -> Session:
        """What it is, in the contract's words."""
        if self._role is None:
            raise UnauthorizedError
        return Session(
            role=self._role,
            window_id=self.window.window_id,
            account_id=self.window.account_id,
            protocol_version=PROTOCOL_VERSION,
            elsipo_version=ELSIPO_VERSION,
            capabilities=list(self._capabilities),
        )

    def open(self, token: str, protocol_version: int) -> Session:
        """Redeem the token.

        Raises:
            UnauthorizedError: it is nobody's, was used, or this connection is somebody's already.
            ProtocolVersionError: the document was built for another host.

        Wire: session.open
        """
        if protocol_version != PROTOCOL_VERSION:
            raise ProtocolVersionError(supported=PROTOCOL_VERSION)
        redeemed = None if self.is_open else self._windows.redeem(token)
        if redeemed is None:
            raise UnauthorizedError
        self._window, self._role = redeemed
        if self._role == "page":
            self._capabilities = self._window.page_capabilities
        return self.session

    def authorize(self, method: Method[P, object] | Notification[P]) -> None:
        """Let a request in, or say why not.

        Raises:
            UnauthorizedError: `session.open` did not come first.
            PermissionDeniedError: this role, or this page, may not.
            RateLimitedError: too many at once.
        """
        self._count()
        if method is bridge.SESSION_OPEN:
            return
        if self._role is None:
            raise UnauthorizedError
        if self._role not in method.senders:
            raise PermissionDeniedError
        if self._role == "page" and method.capability not in {None, *self._capabilities}:
            raise PermissionDeniedError(capability=method.capability)

    def wants(self, notification: Notification[P]) -> bool:
        """Whether this connection may get it."""
        if self._role is None or self._role not in notification.receivers:
            return False
        return self._role != "page" or notification.capability in {None, *self._capabilities}

    def _count(self) -> None:
        now = time.monotonic()
        self._allowance = min(_REQUESTS_AT_ONCE, self._allowance + (now - self._counted_at) * _REQUESTS_PER_S)
        self._counted_at = now
        if self._allowance < 1:
            raise RateLimitedError(retry_after_s=1)
        self._allowance -= 1
