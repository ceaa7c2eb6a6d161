"""The contacts of the account's address: reading what the registrar lists, and taking one back that is not ours.

Lives on the pjsip thread. Everything listed was written by whoever registered it.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final, Protocol

from elsipo.engine import sip_text
from elsipo.rpc._generated.engine import CONTACT_LIST_CHANGED
from elsipo.rpc._generated.models import Contact, EngineContactListChangedParams
from elsipo.rpc.errors import InvalidStateError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.engine.account import RegisterOutcome
    from elsipo.engine.emit import Emit
    from elsipo.engine.registration import RegistrationKeeper

_log = logging.getLogger(__name__)

_OK: Final = 200
_MOST: Final = 64
_SPLIT: Final = re.compile(r",(?=\s*(?:\"[^\"]*\"\s*)?<)")
_URI: Final = re.compile(r"[!-=?-~]{1,512}")  # no ">", which would end it in a Contact of ours


class Remover(Protocol):
    """A REGISTER of its own, which takes one binding back."""

    def close(self) -> None:
        """Forget it."""


class Contacts:
    """What is registered for the account's address.

    Args:
        keeper: Our own binding.
        emit: Tells the host.
        remover: Sends a REGISTER for one contact only, and calls back with what became of it.
    """

    def __init__(
        self,
        keeper: RegistrationKeeper,
        emit: Emit,
        remover: Callable[[str, Callable[[RegisterOutcome], None]], Remover],
    ) -> None:
        self._keeper = keeper
        self._emit = emit
        self._remover = remover
        self._listed: list[Contact] = []
        self._again = False  # somebody wants to know what a REGISTER after this one says
        self._removing: Remover | None = None

    def refresh(self) -> None:
        """Ask which contacts there are.

        Raises:
            InvalidStateError: the account is not registered.

        Wire: contact.refresh
        Spec: RFC 3261 §10.2.3
        """
        if self._keeper.state != "registered":
            raise InvalidStateError("This account is not registered.")
        if self._keeper.is_asking:
            self._again = True  # that answer may be on its way already
        else:
            self._keeper.suspect()

    def remove(self, uri: str) -> None:
        """Take back the binding of another device.

        Args:
            uri: As the registrar listed it.

        Raises:
            NotFoundError: it lists no such contact, or that one is ours.
            InvalidStateError: the account is not registered, or another device is being signed out.

        Wire: contact.remove
        Spec: RFC 3261 §10.2.2
        """
        if not any(contact.uri == uri and not contact.is_ours for contact in self._listed):
            raise NotFoundError("There is no such device any more.")
        if self._keeper.state != "registered":
            raise InvalidStateError("This account is not registered.")
        if self._removing is not None:
            raise InvalidStateError("A device is being signed out; try again in a moment.")
        self._removing = self._remover(uri, self._removed)

    def _removed(self, outcome: RegisterOutcome) -> None:
        if self._removing is not None:
            self._removing.close()
            self._removing = None
        if outcome.code != _OK:
            _log.info("a device was not signed out: %d %s", outcome.code, outcome.reason)
        self._tell(outcome)

    def observe(self, outcome: RegisterOutcome) -> None:
        """A REGISTER of ours is over."""
        if self._again and not self._keeper.is_asking:
            self._again = False
            self._keeper.suspect()
        self._tell(outcome)

    def _tell(self, outcome: RegisterOutcome) -> None:
        if outcome.code != _OK or not outcome.packet:
            return
        self._listed = listed(outcome.packet)
        self._emit(CONTACT_LIST_CHANGED, EngineContactListChangedParams(contacts=self._listed))


def listed(packet: str) -> list[Contact]:
    """Read the contacts of a 200 to REGISTER; ours is the one at the address that the registrar saw us at.

    Spec: RFC 3261 §10.3 step 8, RFC 3581 §4.
    """
    message = sip_text.parse(packet)
    via = message.header("Via")
    host = re.search(r"received=([^;,\s]+)", via) or re.search(r"\s([^\s;:]+|\[[^\]]+\])(?::\d+)?[;\s]", via)
    port = re.search(r"rport=(\d+)", via)
    ours = f"@{host[1]}:{port[1]}" if host and port else None
    contacts: list[Contact] = []
    for name, value in message.headers:
        for part in _SPLIT.split(value) if name.lower() == "contact" else ():
            uri = sip_text.name_and_uri(part)[1]
            if not _URI.fullmatch(uri) or len(contacts) >= _MOST:
                continue
            parameters = part.rpartition(">")[2]
            expires = re.search(r";\s*expires\s*=\s*(\d{1,9})", parameters, re.IGNORECASE)
            q = re.search(r";\s*q\s*=\s*([01](?:\.\d{0,3})?)", parameters, re.IGNORECASE)
            contacts.append(
                Contact(
                    uri=uri,
                    expires_s=int(expires[1]) if expires else 0,
                    is_ours=bool(ours and ours in uri) and not any(contact.is_ours for contact in contacts),
                    **({"q": q[1]} if q else {}),
                )
            )
    return contacts
