"""Calls of one account: the running ones as the engine observes them, and the history.

A confirmed call outlives its engine: its dialog's identifiers are kept here, and a fresh engine takes it up again.

    confirmed ──engine died──▶ recovering ──peer took the new dialog──▶ confirmed
                                   └──refused, or no provider in time──▶ disconnected, engine_lost
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from typing import TYPE_CHECKING, Final

from msgspec import structs

from elsipo.host.addresses import canonical_peer, parse
from elsipo.rpc._generated import bridge, engine
from elsipo.rpc._generated.models import (
    AudioProbe,
    BridgeCallStateChangedParams,
    Call,
    CallList,
    CallOutcome,
    Dialog,
    EngineCall,
    EngineCallAnswerParams,
    EngineCallDialParams,
    EngineCallHangUpParams,
    EngineCallProbeAudioParams,
    EngineCallRecoverParams,
    EngineCallSendDtmfParams,
    EngineCallSetMutedParams,
    EngineCallSetOnHoldParams,
)
from elsipo.rpc.errors import ElsipoError, EngineUnavailableError, NotFoundError, NotRegisteredError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.host.events import Ties
    from elsipo.host.store.calls import CallTable

_log = logging.getLogger(__name__)

_RECOVERY_S: Final = 20.0
"""How long a call waits for an engine that is registered; nobody holds a silent telephone for longer."""
_OK, _BUSY_HERE, _BUSY_EVERYWHERE, _DECLINE = 200, 486, 600, 603
_NO_ANSWER = frozenset({408, 480})
_LOST: Final = {"outcome": "engine_lost", "reason_phrase": "The telephone engine stopped."}


class Calls:
    """The calls of one account.

    Args:
        ties: The account, its engine and its windows.
        table: The history.
        is_registered: Whether a call has a chance now.
        on_over: Hears which call is over.
    """

    def __init__(
        self, ties: Ties, table: CallTable, is_registered: Callable[[], bool], on_over: Callable[[str], None]
    ) -> None:
        self._account_id = ties.account_id
        self._domain = ties.domain
        self._table = table
        self._engine = ties.engine
        self._emit = ties.emit
        self._is_registered = is_registered
        self._on_over = on_over
        self._running: dict[str, Call] = {}
        self._ended_here: set[str] = set()
        self._dialogs: dict[str, Dialog] = {}
        self._asked: set[str] = set()  # to be taken up, of the present engine

    async def dial(self, target: str) -> Call:
        """Place a call.

        Raises:
            InvalidAddressError: `target` is no address.
            NotRegisteredError: we are not at the provider.
            EngineUnavailableError: the engine is starting.
            InvalidStateError: there are as many calls as the engine holds.

        Wire: call.dial
        Spec: RFC 3261 §13
        """
        address = parse(target, self._domain)
        if not self._is_registered():
            raise NotRegisteredError
        call = Call(
            call_id=uuid.uuid4().hex,
            direction="outgoing",
            peer=address.aor,
            peer_display=address.display(self._domain),
            state="null",
            sip_status=0,
            reason_phrase="",
            started_at_ms=_now_ms(),
            muted=False,
            on_hold=False,
            has_audio=False,
        )
        self._keep(call, "")
        try:
            await self._engine.request(engine.CALL_DIAL, EngineCallDialParams(call_id=call.call_id, to=address.uri))
        except EngineUnavailableError:
            raise  # It may have been dialled: `engine_lost` ends it, and nobody dials it again.
        except ElsipoError:
            self._running.pop(call.call_id, None)
            self._table.delete(call.call_id)
            raise
        return self._running.get(call.call_id, call)

    async def answer(self, call_id: str) -> None:
        """Answer an incoming call with 200.

        Raises:
            NotFoundError: it is over.
            InvalidStateError: it is not one that rings here.
            EngineUnavailableError: the engine is starting.

        Wire: call.answer
        Spec: RFC 3261 §13.3.1.4
        """
        self._require(call_id)
        await self._engine.request(engine.CALL_ANSWER, EngineCallAnswerParams(call_id=call_id, sip_status=_OK))

    async def reject(self, call_id: str) -> None:
        """Refuse an incoming call with 486.

        Raises:
            NotFoundError: it is over.
            EngineUnavailableError: the engine is starting.

        Wire: call.reject
        Spec: RFC 3261 §21.4.24
        """
        await self._end(call_id, _BUSY_HERE)

    async def hang_up(self, call_id: str) -> None:
        """End a call.

        Raises:
            NotFoundError: it is over.
            EngineUnavailableError: the engine is starting.

        Wire: call.hang_up
        Spec: RFC 3261 §9, §15
        """
        await self._end(call_id, 0)

    async def set_muted(self, call_id: str, muted: bool) -> None:  # noqa: FBT001 - it is the value set
        """Send silence, or the microphone again. Raises as `answer` does. Wire: call.set_muted."""
        if not self._wish(call_id, muted=muted):
            return
        await self._engine.request(engine.CALL_SET_MUTED, EngineCallSetMutedParams(call_id=call_id, muted=muted))

    async def set_on_hold(self, call_id: str, on_hold: bool) -> None:  # noqa: FBT001 - it is the value set
        """Hold the peer, or take it back (RFC 3264 §8.4). Raises as `answer` does. Wire: call.set_on_hold."""
        if not self._wish(call_id, on_hold=on_hold):
            return
        await self._engine.request(engine.CALL_SET_ON_HOLD, EngineCallSetOnHoldParams(call_id=call_id, on_hold=on_hold))

    async def send_dtmf(self, call_id: str, digits: str) -> None:
        """Send digits as telephone events (RFC 4733). Raises as `answer` does. Wire: call.send_dtmf."""
        self._require(call_id)
        await self._engine.request(engine.CALL_SEND_DTMF, EngineCallSendDtmfParams(call_id=call_id, digits=digits))

    async def probe_audio(self, call_id: str, tone_hz: int, duration_ms: int) -> AudioProbe:
        """Play a tone into a confirmed call and measure what comes back. Raises as `answer` does.

        Wire: call.probe_audio
        """
        self._require(call_id)
        params = EngineCallProbeAudioParams(call_id=call_id, tone_hz=tone_hz, duration_ms=duration_ms)
        return await self._engine.request(engine.CALL_PROBE_AUDIO, params, timeout_s=10 + duration_ms / 1000)

    def is_running(self, call_id: str) -> bool:
        """Whether there is such a call, and it is not over."""
        return call_id in self._running

    def running(self) -> CallList:
        """Calls that are not over. Wire: call.list."""
        return CallList(calls=list(self._running.values()))

    def history(self, before_ms: int | None, limit: int | None) -> CallList:
        """Calls that are over, newest first. Wire: call.history."""
        return CallList(calls=self._table.over(self._account_id, before_ms, limit or 50))

    def observe(self, observed: EngineCall) -> None:
        """The engine saw a call change; the first sight of an incoming one begins it."""
        known = self._running.get(observed.call_id)
        if known is None and observed.direction == "outgoing":
            return  # We ended it already, when its dialling failed.
        recovering = known is not None and known.recovering is True
        if recovering and observed.state not in {"confirmed", "disconnected"}:
            return
        now = _now_ms()
        peer = known.peer if known else canonical_peer(observed.peer)
        changes: dict[str, object] = {
            "state": observed.state,
            "sip_status": observed.sip_status,
            "reason_phrase": observed.reason_phrase,
            "muted": observed.muted,
            "on_hold": observed.on_hold,
            "held_by_peer": observed.held_by_peer,
            "has_audio": observed.has_audio,
            "recovering": None,
        }
        if observed.dialog is not None:
            self._dialogs[observed.call_id] = observed.dialog
        call = known or Call(
            call_id=observed.call_id,
            direction="incoming",
            peer=peer,
            peer_display=observed.peer_display or parse(peer).display(self._domain),
            state=observed.state,
            sip_status=0,
            reason_phrase="",
            started_at_ms=now,
            muted=False,
            on_hold=False,
            has_audio=False,
        )
        if observed.state == "confirmed" and call.confirmed_at_ms is None:
            changes["confirmed_at_ms"] = now
        if observed.state == "disconnected":
            ended_here = observed.call_id in self._ended_here
            changes |= {"ended_at_ms": now, "outcome": _outcome(call, observed.sip_status, ended_here=ended_here)}
            if recovering and not ended_here:
                _log.info("A call could not be taken up again: %d %s", observed.sip_status, observed.reason_phrase)
                changes |= _LOST
        self._keep(structs.replace(call, **changes), observed.sip_call_id)

    def engine_lost(self, *, another_comes: bool) -> None:
        """The engine took its calls with it; those that were confirmed wait for the next one, where there will be one.

        Args:
            another_comes: Whether a fresh engine is on its way.
        """
        self._asked.clear()
        for call in list(self._running.values()):
            if not another_comes or call.call_id not in self._dialogs:
                self._lose(call)
            else:
                self._keep(structs.replace(call, recovering=True, has_audio=False), self._sip_call_id(call))
                asyncio.get_running_loop().call_later(_RECOVERY_S, self._give_up, call.call_id)

    async def recover(self) -> None:
        """A fresh engine is registered: it takes up the calls of the one that died. Wire: call.recover."""
        for call in list(self._running.values()):
            if not call.recovering or call.call_id in self._asked:
                continue
            self._asked.add(call.call_id)
            params = EngineCallRecoverParams(
                call_id=call.call_id,
                direction=call.direction,
                peer=call.peer,
                peer_display=call.peer_display,
                dialog=self._dialogs[call.call_id],
                muted=call.muted,
                on_hold=call.on_hold,
            )
            try:
                await self._engine.request(engine.CALL_RECOVER, params)
                if call.call_id in self._ended_here:
                    await self._end(call.call_id, 0)  # its dialog is ended at the peer, too
            except EngineUnavailableError:
                return  # It died, too: the next one is asked again.
            except ElsipoError as error:
                _log.warning("A call could not be taken up again: %s", error.message)
                self._lose(call)

    def _give_up(self, call_id: str) -> None:
        call = self._running.get(call_id)
        if call is not None and call.recovering and call_id not in self._asked:
            self._lose(call)

    def _lose(self, call: Call) -> None:
        over = {"state": "disconnected", "has_audio": False, "recovering": None, "ended_at_ms": _now_ms()}
        self._keep(structs.replace(call, **over | _LOST), self._sip_call_id(call))

    def _sip_call_id(self, call: Call) -> str:
        dialog = self._dialogs.get(call.call_id)
        return dialog.sip_call_id if dialog else ""

    def _waits(self, call: Call) -> bool:
        """Whether there is no engine that has the call: what is wished of it counts when there is one."""
        return call.recovering is True and call.call_id not in self._asked

    def _wish(self, call_id: str, **wish: bool) -> bool:
        """Whether the engine is to be told of a wish now; else it is kept, and told when the call is taken up."""
        call = self._require(call_id)
        if not self._waits(call):
            return True
        self._keep(structs.replace(call, **wish), self._sip_call_id(call))
        return False

    async def _end(self, call_id: str, sip_status: int) -> None:
        call = self._require(call_id)
        self._ended_here.add(call_id)
        if self._waits(call):
            return  # It ends when an engine is there to say so to the peer.
        await self._engine.request(engine.CALL_HANG_UP, EngineCallHangUpParams(call_id=call_id, sip_status=sip_status))

    def _require(self, call_id: str) -> Call:
        try:
            return self._running[call_id]
        except KeyError:
            raise NotFoundError("That call is over.") from None

    def _keep(self, call: Call, sip_call_id: str) -> None:
        if call.state == "disconnected":
            self._running.pop(call.call_id, None)
            self._ended_here.discard(call.call_id)
            self._dialogs.pop(call.call_id, None)
            self._asked.discard(call.call_id)
        else:
            self._running[call.call_id] = call
        self._table.save(self._account_id, call, sip_call_id)
        self._emit(bridge.CALL_STATE_CHANGED, BridgeCallStateChangedParams(call=call))
        if call.state == "disconnected":
            self._on_over(call.call_id)


def _outcome(call: Call, sip_status: int, *, ended_here: bool) -> CallOutcome:
    if call.confirmed_at_ms is not None:
        return "answered"
    if call.direction == "incoming":
        return "rejected" if ended_here else "missed"
    if ended_here:
        return "cancelled"
    if sip_status in {_BUSY_HERE, _BUSY_EVERYWHERE}:
        return "busy"
    if sip_status == _DECLINE:
        return "rejected"
    return "no_answer" if sip_status in _NO_ANSWER else "failed"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
