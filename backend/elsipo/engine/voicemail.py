"""The state of the account's voicemail box, as NOTIFY tells it (RFC 3842), with or without a subscription.

Lives on the pjsip thread. Must not know calls or messages.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final, Protocol

from elsipo.engine import sip_text
from elsipo.rpc._generated.engine import VOICEMAIL_STATE_CHANGED
from elsipo.rpc._generated.models import EngineVoicemailStateChangedParams, Voicemail

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.engine.account import Packet
    from elsipo.engine.emit import Emit

_log = logging.getLogger(__name__)

_LINE: Final = re.compile(r"([A-Za-z-]{1,32})[ \t]*:[ \t]*([^\r\n]*)")
_COUNTS: Final = re.compile(r"(\d{1,6})\s*/\s*(\d{1,6})")
_ACCOUNT: Final = re.compile(r"[sS][iI][pP][sS]?:[!-~]{1,500}")


class Subscriber(Protocol):
    """What subscribes: pjsip's account."""

    def subscribe_to_voicemail(self) -> None:
        """SUBSCRIBE now, and after each registration."""


class VoicemailBox:
    """The account's box."""

    def __init__(self, account: Subscriber, emit: Emit, *, flow: Callable[[], str]) -> None:
        self._account = account
        self._emit = emit
        self._flow = flow
        self._subscribed = False

    def subscribe(self) -> None:
        """Subscribe, once in a process's life. Wire: voicemail.subscribe."""
        if not self._subscribed:
            self._subscribed = True
            self._account.subscribe_to_voicemail()

    def notified(self, packet: Packet) -> None:
        """A NOTIFY came. One that did not come over the registered flow is anybody's (RFC 5626 §5.3)."""
        if not packet.source or packet.source != self._flow():
            _log.warning("a voicemail state from %s was dropped: that is not our registrar", packet.source)
            return
        message = sip_text.parse(packet.text)
        if message.truncated or not message.body.strip():
            return
        self._emit(VOICEMAIL_STATE_CHANGED, EngineVoicemailStateChangedParams(voicemail=read(message.text()[1])))


def read(summary: str) -> Voicemail:
    """Read a simple-message-summary body; what cannot be read counts nothing. Spec: RFC 3842 §5.2."""
    lines = {name.lower(): value.strip() for name, value in _LINE.findall(summary)}
    counts = _COUNTS.match(lines.get("voice-message", ""))
    account = lines.get("message-account", "")
    return Voicemail(
        known=True,
        waiting=lines.get("messages-waiting", "").lower() == "yes",
        new_count=int(counts[1]) if counts else 0,
        old_count=int(counts[2]) if counts else 0,
        **({"account": account} if _ACCOUNT.fullmatch(account) else {}),
    )
