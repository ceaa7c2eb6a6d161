"""The accounts of this person, in one JSON file of the configuration folder. Holds no password."""

from __future__ import annotations

import ipaddress
import json
import re
import secrets
from typing import TYPE_CHECKING

import msgspec

from elsipo.host.addresses import parse
from elsipo.host.private_file import write_private
from elsipo.rpc._generated.models import Account, AudioChoice, Transport
from elsipo.rpc.errors import AccountExistsError, InvalidAddressError, NotFoundError
from elsipo.rpc.model import Model

if TYPE_CHECKING:
    from pathlib import Path

_ID_LENGTH = 32
_SERVER = re.compile(r"\A(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?\Z")


class AccountRecord(Model, omit_defaults=False):
    """An account as the configuration holds it.

    Attributes:
        account: What windows see of it.
        auth_user: User name for digest (RFC 3261 §22), mostly the AOR's user.
        tls_ca_file: Own certificate authorities, PEM; empty for the system's.
        wants_registration: Whether the person wants to be registered.
        ui: Where its page is from, as `elsipo.host.ui.where` has it; empty for the built-in home.
        allow_local_ui: Whether the provider's UI may come from this machine: for those who develop one.
        audio: Which sound devices the person wants; each empty for the system's default.
        storage: Names what Chromium keeps for its window; empty in records of earlier versions.
    """

    account: Account
    auth_user: str
    tls_ca_file: str = ""
    wants_registration: bool = True
    ui: str = ""
    allow_local_ui: bool = False
    audio: AudioChoice = msgspec.field(default_factory=lambda: AudioChoice(input="", output="", ringing=""))
    storage: str = ""

    @property
    def storage_name(self) -> str:
        """What Chromium keeps for its window stands under this name: an id may be another account's later."""
        return self.storage or self.account_id

    @property
    def account_id(self) -> str:
        """The account's id."""
        return self.account.account_id

    @property
    def domain(self) -> str:
        """The provider's domain."""
        return parse(self.account.aor).domain

    @property
    def bound_address(self) -> str | None:
        """Local address to bind to: a provider on loopback needs RTP there too; else the system chooses."""
        host = self.account.server.rpartition(":")[0] or self.account.server or self.domain
        try:
            address = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return None
        return str(address) if address.is_loopback else None


class AccountBook:
    """All accounts. Every change is on disk before it is true.

    Args:
        path: The JSON file.

    Raises:
        ValueError: the file is there but is not ours to read; it is left as it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._records = {record.account_id: record for record in self._load()}

    def all(self) -> list[AccountRecord]:
        """In the order they were added."""
        return list(self._records.values())

    def get(self, account_id: str) -> AccountRecord:
        """One account.

        Raises:
            NotFoundError: there is none of this id.
        """
        try:
            return self._records[account_id]
        except KeyError:
            raise NotFoundError("There is no such account.") from None

    def by_address(self, address: str) -> AccountRecord:
        """The account of an AOR, however it is written.

        Raises:
            NotFoundError: nobody signed in with it here.
            InvalidAddressError: it is no address.
        """
        aor = parse(address).aor
        for record in self._records.values():
            if record.account.aor == aor:
                return record
        raise NotFoundError(f"{address} is not signed in here.")

    def add(
        self,
        address: str,
        *,
        display_name: str = "",
        transport: Transport = "udp",
        server: str = "",
        auth_user: str = "",
        tls_ca_file: str = "",
        ui: str = "",
        storage: str = "",
    ) -> AccountRecord:
        """Keep an account.

        Args:
            address: The AOR, `alice@provider.example`.
            display_name: Name to show to others.
            transport: How SIP travels.
            server: Host or host:port to send to; empty when the domain leads there (RFC 3263).
            auth_user: User name for digest; the AOR's user when empty.
            tls_ca_file: PEM file of own certificate authorities.
            ui: Where its page is from, normalized.
            storage: What Chromium keeps for its window stands under this name; a fresh one where none is given.

        Raises:
            InvalidAddressError: it is no address of a person, or the server is no host.
            AccountExistsError: it is here already.
        """
        parsed = parse(address)
        if not parsed.user:
            raise InvalidAddressError("An address looks like alice@provider.example.")
        if server and not _SERVER.match(server):
            raise InvalidAddressError("A server looks like sip.provider.example or 192.0.2.1:5060.")
        if any(record.account.aor == parsed.aor for record in self._records.values()):
            raise AccountExistsError
        account = Account(
            account_id=self._free_id(f"{parsed.user}-{parsed.host}"),
            aor=parsed.aor,
            display_name=display_name,
            transport=transport,
            server=server,
        )
        record = AccountRecord(
            account=account,
            auth_user=auth_user or parsed.user,
            tls_ca_file=tls_ca_file,
            ui=ui,
            storage=storage or secrets.token_hex(8),
        )
        self._save({**self._records, account.account_id: record})
        return record

    def want_registration(self, account_id: str, wanted: bool) -> AccountRecord:  # noqa: FBT001 - it is the value set
        """Remember whether the person wants to be registered."""
        return self._change(account_id, wants_registration=wanted)

    def show_ui(self, account_id: str, ui: str) -> AccountRecord:
        """Remember where its page is from.

        Raises:
            NotFoundError: there is none of this id.
        """
        return self._change(account_id, ui=ui)

    def allow_local_ui(self, account_id: str, *, allowed: bool) -> AccountRecord:
        """Remember whether the provider's UI may come from this machine.

        Raises:
            NotFoundError: there is none of this id.
        """
        return self._change(account_id, allow_local_ui=allowed)

    def choose_audio(self, account_id: str, choice: AudioChoice) -> AccountRecord:
        """Remember which sound devices the person wants.

        Raises:
            NotFoundError: there is none of this id.
        """
        return self._change(account_id, audio=choice)

    def remove(self, account_id: str) -> AccountRecord:
        """Forget an account.

        Raises:
            NotFoundError: there is none of this id.
        """
        record = self.get(account_id)
        self._save({key: value for key, value in self._records.items() if key != account_id})
        return record

    def _change(self, account_id: str, **changes: object) -> AccountRecord:
        record = msgspec.structs.replace(self.get(account_id), **changes)
        self._save({**self._records, account_id: record})
        return record

    def _free_id(self, wish: str) -> str:
        stem = re.sub(r"[^a-z0-9]+", "-", wish.lower()).strip("-")[:_ID_LENGTH].strip("-") or "account"
        taken, number = stem, 1
        while taken in self._records:
            number += 1
            suffix = f"-{number}"
            taken = stem[: _ID_LENGTH - len(suffix)] + suffix
        return taken

    def _load(self) -> list[AccountRecord]:
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return []
        try:
            records = json.loads(text)
            for record in records:
                record.pop("ui_consents", None)  # Before there was a ledger; the person is asked once more.
            return msgspec.convert(records, list[AccountRecord])
        except (ValueError, TypeError, AttributeError) as error:
            problem = f"{self._path} is not a list of Elsipo accounts; mend it or move it away."
            raise ValueError(problem) from error

    def _save(self, records: dict[str, AccountRecord]) -> None:
        content = [record.to_wire() for record in records.values()]
        write_private(self._path, json.dumps(content, indent=2) + "\n")
        self._records = records
