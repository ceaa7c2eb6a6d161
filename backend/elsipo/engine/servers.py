"""The servers of the account's domain, and which of them is used now.

Looks them up on a thread of its own before each registration, and hands them to pjsip one after the other (see names).
An account with a server of its own, or with a domain that is an address, has none here. Lives on the pjsip thread.
Must not know registrations.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from elsipo.engine.locate import NameServers, Target, can_be_located, locate

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.engine.reactor import Reactor
    from elsipo.rpc._generated.models import AccountSettings

_log = logging.getLogger(__name__)


class Servers:
    """A domain's servers, in the order in which they are to be tried.

    Args:
        domain: The account's.
        settings: The account.
        reactor: The pjsip thread.
        active: Whether pjsip can be led to them at all; if not, it finds its way by itself.
    """

    def __init__(self, domain: str, settings: AccountSettings, reactor: Reactor, *, active: bool) -> None:
        self._domain = domain.lower()
        self._settings = settings
        self._reactor = reactor
        self._thread = ThreadPoolExecutor(1, "names") if active else None
        self._name_servers: NameServers | None = None
        self._targets: list[Target] = []
        self._index = 0

    @classmethod
    def fits(cls, settings: AccountSettings, host: str) -> bool:
        """Whether an account's servers are found by its domain."""
        return not settings.server and can_be_located(host)

    def find(self, then: Callable[[], None]) -> None:
        """Look the domain up, start with its first server, and call `then` on this thread; at once when inactive."""
        if self._thread is None:
            then()
            return

        def look() -> None:
            found: list[Target] = []
            try:
                if self._name_servers is None:
                    self._name_servers = NameServers()
                found = locate(
                    self._domain,
                    self._settings.transport,
                    self._name_servers.ask,
                    ipv6=":" in (self._settings.bound_address or ""),
                )
            except Exception:  # noqa: BLE001 - a stranger's records; the system's resolver is still there
                _log.exception("looking up %s failed", self._domain)
            self._reactor.submit(lambda: self._found(found, then))

        self._thread.submit(look)

    def next(self) -> bool:
        """Use the next server; whether there is one (RFC 3263 §4.3)."""
        if self._index + 1 >= len(self._targets):
            return False
        self._index += 1
        _log.info("the next server of %s is %s", self._domain, self._targets[self._index])
        return True

    def lead(self, host: str, port: int) -> tuple[str, int] | None:
        """Where pjsip is to go instead; None for other names, and while none is known."""
        if port or host.lower() != self._domain or not self._targets:
            return None
        target = self._targets[self._index]
        return target.address, target.port

    def _found(self, targets: list[Target], then: Callable[[], None]) -> None:
        self._targets, self._index = targets, 0
        then()
