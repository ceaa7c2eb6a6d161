"""One WebSocket of a window's document: who it is, and what it may.

The rule: the host maps connection → window → account → capabilities, and believes no account id that a page sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from elsipo.host.bridge.paces import Pace
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated.models import BridgeFragmentReceivedParams, Capability, Session
from elsipo.rpc.errors import (
    PermissionDeniedError,
    ProtocolVersionError,
    UnauthorizedError,
)
from elsipo.version import ELSIPO_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

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
        on_use: Called when a page makes use of what it was granted.
    """

    def __init__(self, windows: Windows, on_use: Callable[[Window, Capability], None] = lambda *_: None) -> None:
        self._windows = windows
        self._on_use = on_use
        self._role: Role | None = None
        self._window: Window | None = None
        self._pace = Pace(_REQUESTS_PER_S, _REQUESTS_AT_ONCE)
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
            capabilities=list(self._capabilities) if self._role == "page" else [],
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
        return self.session

    def authorize(self, method: Method[P, object] | Notification[P]) -> None:
        """Let a request in, or say why not.

        Raises:
            UnauthorizedError: `session.open` did not come first.
            PermissionDeniedError: this role, or this page, may not.
            RateLimitedError: too many at once.
        """
        self._pace.take()
        if method is bridge.SESSION_OPEN:
            return
        if self._role is None:
            raise UnauthorizedError
        if self._role not in method.senders:
            raise PermissionDeniedError
        if self._role == "page":
            self._authorize_page(method)

    def wants(self, notification: Notification[P], params: P) -> bool:
        """Whether this connection may get it."""
        if self._role is None or self._role not in notification.receivers:
            return False
        if isinstance(params, BridgeFragmentReceivedParams) and not self.window.has_element(params.fragment.element_id):
            return False
        return self._role != "page" or notification.capability in {None, *self._capabilities}

    @property
    def _capabilities(self) -> tuple[Capability, ...]:
        """What its page may now; the person may have changed it since it was opened."""
        return self.window.page_capabilities

    def _authorize_page(self, method: Method[P, object] | Notification[P]) -> None:
        capability = method.capability
        if capability is None:
            return
        if capability not in self._capabilities:
            raise PermissionDeniedError(capability=capability)
        if pace := self.window.paces.get(method.name):
            pace.take()
        self._on_use(self.window, capability)
