"""Sound of one account: which devices the person wants, and what its engine tells of them.

The choice is the account's and outlives engines: a fresh one is given it with its settings. Must not know devices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from elsipo.rpc._generated import bridge, engine
from elsipo.rpc._generated.models import (
    AudioChoice,
    AudioDevices,
    BridgeAudioDevicesChangedParams,
    BridgeAudioLevelChangedParams,
    EngineAudioChooseParams,
    EngineAudioListParams,
    EngineAudioMeterParams,
    EngineAudioTestParams,
)
from elsipo.rpc.errors import EngineUnavailableError, InvalidStateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.host.account_book import AccountBook
    from elsipo.host.events import Ties
    from elsipo.rpc._generated.models import AudioStatus

_TEST_S = 15.0  # a second of tone, and a sound server that takes its time


class Audio:
    """The sound devices of one account.

    Args:
        ties: The account, its engine and its windows.
        book: Where the choice is kept.
        status: What is in use, as last heard.
        observe: Told what is in use now.
    """

    def __init__(
        self,
        ties: Ties,
        book: AccountBook,
        *,
        status: Callable[[], AudioStatus],
        observe: Callable[[AudioStatus], None],
    ) -> None:
        self._account_id = ties.account_id
        self._book = book
        self._engine = ties.engine
        self._emit = ties.emit
        self._status = status
        self._observe = observe

    async def list(self) -> AudioDevices:
        """The devices, and the choice.

        Raises:
            EngineUnavailableError: the engine is starting.
            InvalidStateError: it is no account yet.

        Wire: audio.list
        """
        return await self._engine.request(engine.AUDIO_LIST, EngineAudioListParams())

    async def choose(self, choice: AudioChoice) -> AudioStatus:
        """Keep a choice, and use it where the engine runs; one that starts later is told.

        Raises:
            NotFoundError: the account is gone.

        Wire: audio.choose
        """
        self._book.choose_audio(self._account_id, choice)
        params = EngineAudioChooseParams(input=choice.input, output=choice.output, ringing=choice.ringing)
        try:
            self._observe(await self._engine.request(engine.AUDIO_CHOOSE, params))
        except (EngineUnavailableError, InvalidStateError):
            return self._status()
        return self._status()

    async def test(self, output: str) -> None:
        """Play a tone; returns when it is over.

        Raises:
            NotFoundError: that device cannot be used.
            InvalidStateError: there is no sound here.
            EngineUnavailableError: the engine is starting.

        Wire: audio.test
        """
        await self._engine.request(engine.AUDIO_TEST, EngineAudioTestParams(output=output), timeout_s=_TEST_S)

    async def meter(self, on: bool) -> None:  # noqa: FBT001 - it is the value set
        """Measure, or no longer. Raises as `test` does, but for NotFoundError. Wire: audio.meter."""
        await self._engine.request(engine.AUDIO_METER, EngineAudioMeterParams(on=on))

    def observe_level(self, input_dbfs: float, output_dbfs: float) -> None:
        """The engine measured."""
        params = BridgeAudioLevelChangedParams(input_dbfs=input_dbfs, output_dbfs=output_dbfs)
        self._emit(bridge.AUDIO_LEVEL_CHANGED, params)

    def observe_devices(self, devices: AudioDevices) -> None:
        """The engine saw devices come or go."""
        self._emit(bridge.AUDIO_DEVICES_CHANGED, BridgeAudioDevicesChangedParams(devices=devices))
