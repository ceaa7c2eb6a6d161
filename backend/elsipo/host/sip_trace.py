"""The SIP that an account's engine speaks, for the chrome's panel while that is open.

Kept in memory alone, the last 500 messages, until the panel is closed: they hold bodies, so no log and no store sees
them. Must not know what SIP says.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec import structs

from elsipo.rpc._generated import bridge, engine
from elsipo.rpc._generated.models import (
    BridgeSipTraceCapturedParams,
    BridgeSipTraceSaveResult,
    EngineSipTraceWatchParams,
    SipTraceBatch,
)
from elsipo.rpc.errors import EngineUnavailableError, InvalidStateError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from elsipo.host.events import Ties
    from elsipo.rpc._generated.models import SipTraceMessage

_KEPT: Final = 500
_WATCHED_S: Final = 30.0


class SipTrace:
    """The trace of one account.

    Args:
        ties: The account, its engine and its windows.
    """

    def __init__(self, ties: Ties) -> None:
        self._account_id = ties.account_id
        self._engine = ties.engine
        self._emit = ties.emit
        self._kept: deque[SipTraceMessage] = deque(maxlen=_KEPT)
        self._seq = 0
        self._until = float("-inf")
        self._forgetting: asyncio.TimerHandle | None = None

    async def watch(self, on: bool) -> None:  # noqa: FBT001 - it is the value set
        """Tell this account's chrome of every message for 30 s, or no longer; an engine that starts later is told.

        Wire: sip_trace.watch
        """
        self._until = time.monotonic() + _WATCHED_S if on else float("-inf")
        if self._forgetting is not None:
            self._forgetting.cancel()
        if on:
            self._forgetting = asyncio.get_running_loop().call_later(_WATCHED_S, self._kept.clear)
        else:
            self._kept.clear()
        with contextlib.suppress(EngineUnavailableError):
            await self._engine.request(engine.SIP_TRACE_WATCH, EngineSipTraceWatchParams(on=on))

    async def replay(self) -> None:
        """A fresh engine is watched from its first message on, if somebody looks."""
        if time.monotonic() < self._until:
            with contextlib.suppress(EngineUnavailableError, InvalidStateError):
                await self._engine.request(engine.SIP_TRACE_WATCH, EngineSipTraceWatchParams(on=True))

    def observe(self, batch: SipTraceBatch) -> None:
        """The engine saw messages; it counts from one again whenever it starts, and we do not."""
        if time.monotonic() >= self._until:
            return
        numbered = []
        for message in batch.messages:
            self._seq += 1
            numbered.append(structs.replace(message, seq=self._seq))
        self._kept.extend(numbered)
        told = SipTraceBatch(messages=numbered, missed=batch.missed)
        self._emit(bridge.SIP_TRACE_CAPTURED, BridgeSipTraceCapturedParams(batch=told))

    async def save(self, seqs: Collection[int], folder: Path) -> BridgeSipTraceSaveResult:
        """Write messages into a new file that only this person can read.

        Args:
            seqs: Their numbers.
            folder: Where to.

        Raises:
            NotFoundError: none of them is kept any more.
            InvalidStateError: the file could not be written.

        Wire: sip_trace.save
        """
        wanted = set(seqs)
        messages = [message for message in self._kept if message.seq in wanted]
        if not messages:
            raise NotFoundError("These messages are not kept any more.")
        try:
            file = await asyncio.to_thread(_write, folder, "\n".join(_as_text(message) for message in messages))
        except OSError as error:
            raise InvalidStateError(f"The messages could not be saved: {error.strerror}.") from None
        return BridgeSipTraceSaveResult(file=str(file))


def _as_text(message: SipTraceMessage) -> str:
    at = datetime.fromtimestamp(message.at_ms / 1000).astimezone().isoformat(" ", "milliseconds")
    way = "from" if message.direction == "incoming" else "to"
    again = ", repeated" if message.is_repeat else ""
    text = message.text.replace("\r\n", "\n").rstrip("\n")
    return f"--- {at} {message.direction} {way} {message.peer_address}{again}\n{text}\n"


def _write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"elsipo-sip-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    for number in range(1, 100):
        file = folder / (f"{stem}.txt" if number == 1 else f"{stem}-{number}.txt")
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8") as writing:
            writing.write(text)
        return file
    raise FileExistsError(0, "too many files of this name")
