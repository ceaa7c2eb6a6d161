"""Calls of all the person's devices: the provider's list and the local history as one, without doubles."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any, Final

from elsipo.host.addresses import parse
from elsipo.rpc._generated.models import CallLog, CallLogEntry
from elsipo.rpc.errors import ElsipoError

if TYPE_CHECKING:
    from elsipo.host.services import ServiceDesk
    from elsipo.host.store.calls import CallTable
    from elsipo.rpc._generated.models import Call, ProviderCall

_log = logging.getLogger(__name__)

_NEAR_MS: Final = 15_000  # between two clocks, and between the start of a call and its answer
_TIMEOUT_S: Final = 5.0
_LIMIT: Final = 50


async def call_log(account_id: str, domain: str, table: CallTable, desk: ServiceDesk, limit: int | None) -> CallLog:
    """Calls that are over, newest first.

    Where the provider has no such list, or does not answer, the local history alone is told, and `complete` is false.

    Wire: call.log
    """
    limit = limit or _LIMIT
    theirs: list[ProviderCall] = []
    complete = False
    try:
        answer = await desk.query("calls", timeout_s=_TIMEOUT_S)
        theirs, complete = (answer.calls.calls if answer.calls else []), True
    except ElsipoError as error:
        _log.info("The provider tells no calls: %s", error.message)
    ours = table.over(account_id, None, limit)
    entries = merged(ours, table.sip_call_ids(account_id, limit), theirs, domain)
    return CallLog(entries=entries[:limit], complete=complete)


def merged(
    ours: list[Call], sip_call_ids: dict[str, str], theirs: list[ProviderCall], domain: str
) -> list[CallLogEntry]:
    """One list, newest first; a call that both know is told as we know it."""
    entries = [_our_entry(call) for call in ours]
    left, ours_by_sip = list(ours), set(sip_call_ids.values())
    for call in theirs:
        known = next((own for own in left if _is_same(own, sip_call_ids.get(own.call_id), call)), None)
        if known is not None:
            left.remove(known)
        elif call.sip_call_id not in ours_by_sip:  # else it is ours and still runs
            entries.append(_their_entry(call, domain))
    return sorted(entries, key=lambda entry: entry.at_ms, reverse=True)


def _is_same(own: Call, sip_call_id: str | None, other: ProviderCall) -> bool:
    if other.sip_call_id and sip_call_id:
        return other.sip_call_id == sip_call_id
    at_ms = other.at_s * 1000
    times = (own.started_at_ms, own.confirmed_at_ms, own.ended_at_ms)
    near = any(time_ms is not None and abs(time_ms - at_ms) <= _NEAR_MS for time_ms in times)
    return near and own.peer == other.peer and own.direction == other.direction


def _our_entry(call: Call) -> CallLogEntry:
    end = call.ended_at_ms or call.started_at_ms
    return CallLogEntry(
        entry_id=call.call_id,
        direction=call.direction,
        peer=call.peer,
        peer_display=call.peer_display,
        at_ms=call.started_at_ms,
        duration_ms=max(0, end - (call.confirmed_at_ms or end)),
        outcome=call.outcome or "answered",
        here=True,
    )


def _their_entry(call: ProviderCall, domain: str) -> CallLogEntry:
    mark = f"{call.sip_call_id} {call.peer} {call.at_s} {call.direction}"
    values: dict[str, Any] = {
        "entry_id": hashlib.sha256(mark.encode()).hexdigest()[:32],
        "direction": call.direction,
        "peer": call.peer,
        "peer_display": parse(call.peer, domain).display(domain),
        "at_ms": call.at_s * 1000,
        "duration_ms": call.duration_s * 1000,
        "outcome": call.outcome,
        "here": False,
    }
    return CallLogEntry.of(values)
