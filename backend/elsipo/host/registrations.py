"""What the registrar knows of us: what the person wants, and what the engine last observed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec import structs

from elsipo.rpc._generated import bridge, engine
from elsipo.rpc._generated.models import (
    BridgeRegistrationStateChangedParams,
    EngineAccountRegisterParams,
    EngineAccountUnregisterParams,
    Registration,
)
from elsipo.rpc.errors import InvalidStateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.host.account_book import AccountBook
    from elsipo.host.events import Ties


class Registrations:
    """The registration of one account.

    Args:
        ties: The account, its engine and its windows.
        book: Where the person's wish is kept.
        on_registered: Called each time the binding comes to be.
    """

    def __init__(self, ties: Ties, book: AccountBook, on_registered: Callable[[], None]) -> None:
        self._account_id = ties.account_id
        self._book = book
        self._engine = ties.engine
        self._emit = ties.emit
        self._on_registered = on_registered
        self.current = self._unregistered("")

    @property
    def is_registered(self) -> bool:
        """Whether the registrar has our binding, as far as we know."""
        return self.current.state == "registered"

    async def register(self) -> Registration:
        """Bind the AOR to our contact, now and after every restart.

        Raises:
            EngineUnavailableError: the engine is starting; it registers as soon as it runs.
            InvalidStateError: a REGISTER is in progress.

        Wire: account.register
        Spec: RFC 3261 §10.2
        """
        self._book.want_registration(self._account_id, wanted=True)
        await self._engine.request(engine.ACCOUNT_REGISTER, EngineAccountRegisterParams())
        return self.current

    async def unregister(self) -> Registration:
        """Remove our binding, and stay away until `register`.

        Raises:
            EngineUnavailableError: the engine is starting; it will not register.
            InvalidStateError: a REGISTER is in progress.

        Wire: account.unregister
        Spec: RFC 3261 §10.2.2
        """
        self._book.want_registration(self._account_id, wanted=False)
        await self._engine.request(engine.ACCOUNT_UNREGISTER, EngineAccountUnregisterParams())
        return self.current

    async def replay(self) -> None:
        """A fresh engine has been configured: register where the person wants it."""
        if self._book.get(self._account_id).wants_registration:
            with contextlib.suppress(InvalidStateError):  # A page asked between the configuration and this.
                await self._engine.request(engine.ACCOUNT_REGISTER, EngineAccountRegisterParams())
        else:
            self.observe(self._unregistered(""))

    def observe(self, registration: Registration) -> None:
        """The engine saw the registration change."""
        if registration == self.current:
            return
        newly = registration.state == "registered" and not self.is_registered
        self.current = registration
        self._emit(bridge.REGISTRATION_STATE_CHANGED, BridgeRegistrationStateChangedParams(registration=registration))
        if newly:
            self._on_registered()

    def engine_lost(self, detail: str) -> None:
        """Whatever the registrar still holds leads nowhere now."""
        if self._book.get(self._account_id).wants_registration:
            self.observe(structs.replace(self._unregistered(detail), state="registering"))
        else:
            self.observe(self._unregistered(""))

    def engine_gone(self, detail: str) -> None:
        """There is no engine, and none will come before somebody asks for one."""
        self.observe(self._unregistered(detail))

    def fail(self, reason: str) -> None:
        """It cannot even be tried, and only the user can mend that."""
        self.observe(structs.replace(self._unregistered(reason), state="failed"))

    def _unregistered(self, reason: str) -> Registration:
        return Registration(
            account_id=self._account_id,
            state="unregistered",
            sip_status=0,
            reason_phrase=reason,
            transport=self._book.get(self._account_id).account.transport,
        )
