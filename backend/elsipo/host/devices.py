"""What else is signed in with the account's address, and signing it out.

The registrar lists every contact in its 200 to REGISTER, so this needs nothing of a provider; where it has a service
`devices`, that says what a device calls itself and since when it is there.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from typing import TYPE_CHECKING, Any, Final

from elsipo.host.services import parsed
from elsipo.rpc._generated import bridge, engine
from elsipo.rpc._generated.models import (
    BridgeDeviceListChangedParams,
    Device,
    DeviceList,
    EngineContactRefreshParams,
    EngineContactRemoveParams,
)
from elsipo.rpc.errors import ElsipoError, NotFoundError

if TYPE_CHECKING:
    from elsipo.host.events import Ties
    from elsipo.host.services import ServiceDesk
    from elsipo.host.store.devices import DeviceTable
    from elsipo.rpc._generated.models import Contact

_log = logging.getLogger(__name__)

_TIMEOUT_S: Final = 5.0
_PLACE: Final = re.compile(r"(sips?):(?:[^@]*@)?([^;?>]+)([^?]*)", re.IGNORECASE)


class Devices:
    """The devices of one account.

    Args:
        ties: The account, its engine and its windows.
        table: Since when each is known.
        desk: Asks the provider what it knows of them.
    """

    def __init__(self, ties: Ties, table: DeviceTable, desk: ServiceDesk) -> None:
        self._account_id = ties.account_id
        self._engine = ties.engine
        self._emit = ties.emit
        self._table = table
        self._desk = desk
        self._contacts: list[Contact] = []
        self._described: dict[str, dict[str, Any]] = {}

    async def sign_out(self, device_id: str) -> None:
        """Take the binding of another device back.

        Raises:
            NotFoundError: there is no such device, or it is this one.
            InvalidStateError: we are not registered, or a REGISTER is in progress.
            EngineUnavailableError: the engine is starting.

        Wire: device.sign_out
        Spec: RFC 3261 §10.2.2
        """
        uri = next((contact.uri for contact in self._contacts if _id_of(contact.uri) == device_id), None)
        if uri is None:
            raise NotFoundError("There is no such device any more.")
        await self._engine.request(engine.CONTACT_REMOVE, EngineContactRemoveParams(uri=uri))

    def observe(self, contacts: list[Contact]) -> None:
        """The registrar listed them."""
        self._contacts = contacts
        self._table.keep(self._account_id, [contact.uri for contact in contacts], time.time_ns() // 1_000_000)
        self._emit(bridge.DEVICE_LIST_CHANGED, BridgeDeviceListChangedParams(list=self._current()))

    def _current(self) -> DeviceList:
        since = self._table.since(self._account_id)
        now_ms = time.time_ns() // 1_000_000
        devices = []
        for contact in self._contacts:
            told = self._described.get(contact.uri, {})
            known_ms = since.get(contact.uri, now_ms)
            address, transport = _place(contact.uri)
            values: dict[str, Any] = {
                "device_id": _id_of(contact.uri),
                "is_this_one": contact.is_ours,
                "address": address,
                "transport": transport,
                "since_ms": min(known_ms, told.get("since_ms", known_ms)),
                "expires_s": contact.expires_s,
            }
            values |= {"user_agent": told["user_agent"]} if told.get("user_agent") else {}
            values |= {"q": contact.q} if contact.q else {}
            devices.append(Device.of(values))
        devices.sort(key=lambda device: (not device.is_this_one, device.since_ms))
        return DeviceList(devices=devices)

    async def list(self) -> DeviceList:
        """The devices as last listed; what a fresh look shows follows as `device.list_changed`.

        Wire: device.list
        Spec: RFC 3261 §10.2.3, §10.3
        """
        try:
            await self._engine.request(engine.CONTACT_REFRESH, EngineContactRefreshParams())
            self._described = _described(parsed(await self._desk.ask("devices", timeout_s=_TIMEOUT_S)))
        except ElsipoError as error:
            _log.info("The provider says nothing of its own about devices: %s", error.message)
        return self._current()


def _id_of(uri: str) -> str:
    return hashlib.sha256(uri.encode()).hexdigest()[:16]


def _place(uri: str) -> tuple[str, str]:
    match = _PLACE.fullmatch(uri)
    if match is None:
        return "", "udp"
    scheme, address, parameters = match.groups()
    transport = re.search(r";transport=(udp|tcp|tls)(?![a-z])", parameters, re.IGNORECASE)
    return address[:256], transport[1].lower() if transport else "tls" if scheme.lower() == "sips" else "udp"


def _described(answer: Any) -> dict[str, dict[str, Any]]:
    """What the provider says of each contact; what does not fit is overlooked."""
    rows = answer.get("devices") if isinstance(answer, dict) else None
    described: dict[str, dict[str, Any]] = {}
    for row in rows[:64] if isinstance(rows, list) else []:
        if not isinstance(row, dict) or not isinstance(row.get("contact"), str):
            continue
        told: dict[str, Any] = {}
        agent, since_s = row.get("user_agent"), row.get("since_s")
        if isinstance(agent, str) and agent.isprintable() and agent != "n/a":
            told["user_agent"] = agent[:256]
        if isinstance(since_s, int) and not isinstance(since_s, bool) and 0 < since_s < time.time() + 1:
            told["since_ms"] = since_s * 1000
        described[row["contact"]] = told
    return described
