"""What is known of one call, and what follows from it: what the host is told, and what is heard.

Knows no pjsip beyond the leg that a record holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from elsipo.engine import sip_text
from elsipo.engine.audio.sound import Talk
from elsipo.engine.call_leg import NO_MEDIA, CallLeg, LegMedia
from elsipo.rpc._generated.models import EngineCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elsipo.engine.audio.tones import ToneName
    from elsipo.rpc._generated.models import CallState, Dialog, Direction

_WAITING_TO_BE_ANSWERED: Final = frozenset({"null", "incoming", "early"})
_WITH_SOUND: Final = frozenset({"early", "connecting", "confirmed"})


@dataclass
class Record:
    """What is known of a call.

    `renewing` is between two dialogs; `lost` is the one that a dead engine left, until the peer has taken the new one.
    """

    call_id: str
    direction: Direction
    peer: str
    peer_display: str
    leg: CallLeg
    state: CallState = "null"
    sip_status: int = 0
    reason: str = ""
    sip_call_id: str = ""
    muted: bool = False
    on_hold: bool = False
    media: LegMedia = NO_MEDIA
    probing: bool = False
    dialog: Dialog | None = None
    renewing: bool = False
    lost: Dialog | None = None

    @property
    def waits_for_answer(self) -> bool:
        """Whether somebody calls, and was neither answered nor refused yet."""
        return self.direction == "incoming" and self.state in _WAITING_TO_BE_ANSWERED


def told(record: Record) -> EngineCall:
    """A call as the host is told of it."""
    return EngineCall(
        call_id=record.call_id,
        direction=record.direction,
        peer=record.peer,
        peer_display=record.peer_display,
        state=record.state,
        sip_status=record.sip_status,
        reason_phrase=record.reason,
        sip_call_id=sip_text.clip(record.sip_call_id, 512),
        muted=record.muted,
        on_hold=record.on_hold,
        held_by_peer=True if record.media.held else None,
        dialog=record.dialog if record.state == "confirmed" else None,
        has_audio=record.media.audio is not None and record.state != "disconnected",
    )


def talks_of(records: Sequence[Record]) -> list[Talk]:
    """Whose sound flows."""
    return [
        Talk(record.media.audio, record.media.slot, silent=record.muted or record.probing)
        for record in records
        if record.media.audio is not None and record.state in _WITH_SOUND
    ]


def tone_of(records: Sequence[Record]) -> ToneName | None:
    """What rings."""
    if any(record.waits_for_answer for record in records):
        return "waiting" if any(record.state == "confirmed" for record in records) else "ring"
    # With early media the peer's own tone is heard instead (RFC 3960 §3.2).
    rings_there = any(
        record.direction == "outgoing" and record.state == "early" and record.media.audio is None for record in records
    )
    return "ring_back" if rings_there else None
