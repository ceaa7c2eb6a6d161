"""Who answers what: a table from a method or notification of the contract to the function that serves it.

Must not know any stream or SIP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from elsipo.rpc.method import Method, Notification
    from elsipo.rpc.model import Model

P = TypeVar("P", bound="Model")
R = TypeVar("R")


class Handlers:
    """What one side of a connection serves. One table may serve any number of peers, one after the other or at once."""

    def __init__(self) -> None:
        self._methods: dict[str, tuple[Method[Any, Any], Callable[[Any], Awaitable[Any]]]] = {}
        self._notifications: dict[str, tuple[Notification[Any], Callable[[Any], None]]] = {}

    def on(self, method: Method[P, R], handler: Callable[[P], Awaitable[R]]) -> None:
        """Serve a method.

        Args:
            method: The contract's method.
            handler: Gets the checked parameters and returns the result; it may take its time, others go on. An
                ElsipoError that it raises is the answer; anything else is logged and answered as InternalError.

        Raises:
            ValueError: it is served already.
        """
        if method.name in self._methods:
            raise ValueError(f"{method.name} is served already")
        self._methods[method.name] = (method, handler)

    def on_notification(self, notification: Notification[P], handler: Callable[[P], None]) -> None:
        """Serve a notification.

        Args:
            notification: The contract's notification.
            handler: Gets the checked parameters. It is called in the order of arrival, before anything that came
                later is looked at, and therefore must not block.

        Raises:
            ValueError: it is served already.
        """
        if notification.name in self._notifications:
            raise ValueError(f"{notification.name} is served already")
        self._notifications[notification.name] = (notification, handler)

    def method(self, name: str) -> tuple[Method[Any, Any], Callable[[Any], Awaitable[Any]]] | None:
        """Return the method of this name and its handler."""
        return self._methods.get(name)

    def notification(self, name: str) -> tuple[Notification[Any], Callable[[Any], None]] | None:
        """Return the notification of this name and its handler."""
        return self._notifications.get(name)
