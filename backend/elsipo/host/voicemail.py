"""The state of the account's voicemail box (RFC 3842): subscribed to once somebody asks, and by each new engine."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from elsipo.rpc._generated import bridge, engine
from elsipo.rpc._generated.models import (
    BridgeVoicemailStateChangedParams,
    EngineVoicemailSubscribeParams,
    Voicemail,
)
from elsipo.rpc.errors import ElsipoError

if TYPE_CHECKING:
    from elsipo.host.events import Ties

_log = logging.getLogger(__name__)


class VoicemailBox:
    """The box of one account.

    Args:
        ties: The account, its engine and its windows.
    """

    def __init__(self, ties: Ties) -> None:
        self._engine = ties.engine
        self._emit = ties.emit
        self._wanted = False
        self.current = Voicemail(known=False, waiting=False, new_count=0, old_count=0)

    async def get(self) -> Voicemail:
        """The state as last told; subscribes. Wire: voicemail.get."""
        self._wanted = True
        await self.replay()
        return self.current

    async def replay(self) -> None:
        """A fresh engine knows no subscription."""
        if not self._wanted:
            return
        try:
            await self._engine.request(engine.VOICEMAIL_SUBSCRIBE, EngineVoicemailSubscribeParams())
        except ElsipoError as error:
            _log.info("The voicemail box is subscribed to later: %s", error.message)

    def observe(self, voicemail: Voicemail) -> None:
        """The provider told."""
        if voicemail != self.current:
            self.current = voicemail
            self._emit(bridge.VOICEMAIL_STATE_CHANGED, BridgeVoicemailStateChangedParams(voicemail=voicemail))
