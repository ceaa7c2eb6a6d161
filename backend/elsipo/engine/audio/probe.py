"""Playing a tone into a call, and measuring what comes back of it.

Lives on the pjsip thread; the arithmetic runs elsewhere. Must not know SIP.
"""

from __future__ import annotations

import array
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pjsua2 as pj

from elsipo.engine.audio.goertzel import measure
from elsipo.engine.audio.ports import BRIDGE_HZ, SinkPort
from elsipo.engine.audio.tones import play_once, tone_generator
from elsipo.rpc._generated.models import AudioProbe
from elsipo.rpc.errors import InvalidStateError

if TYPE_CHECKING:
    from elsipo.engine.reactor import Reactor

_TAIL_S: Final = 0.6  # for the way there and back, jitter buffers included


class Probe:
    """The engine's measuring set; one measurement at a time."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="probe")
        self._samples = array.array("h")
        self._sink: Any = None
        self._tones: Any = None
        self._busy = False

    def start(self, audio: Any, tone_hz: int, duration_ms: int) -> Future[AudioProbe]:
        """Play and listen.

        Args:
            audio: The call's AudioMedia.
            tone_hz: Frequency to play.
            duration_ms: How long.

        Returns:
            The measurement, some 0.6 s after the tone's end.

        Raises:
            InvalidStateError: one is under way.
        """
        if self._busy:
            raise InvalidStateError("A measurement is under way.")
        if self._sink is None:
            self._sink = SinkPort("probe", BRIDGE_HZ, self._samples.frombytes)
            self._tones = tone_generator(BRIDGE_HZ)
        del self._samples[:]
        audio.startTransmit(self._sink)
        self._tones.startTransmit(audio)
        play_once(self._tones, tone_hz, duration_ms)
        self._busy = True
        future: Future[AudioProbe] = Future()
        self._reactor.after(duration_ms / 1000 + _TAIL_S, lambda: self._finish(audio, tone_hz, future))
        return future

    def _finish(self, audio: Any, tone_hz: int, future: Future[AudioProbe]) -> None:
        self._busy = False
        try:
            self._tones.stop()
            self._tones.stopTransmit(audio)
            audio.stopTransmit(self._sink)
        except pj.Error:  # the call ended meanwhile; what was heard until then counts
            pass
        heard = list(self._samples)

        def work() -> None:
            found = measure(heard, BRIDGE_HZ, tone_hz)
            future.set_result(
                AudioProbe(sent_hz=float(tone_hz), heard_hz=found.hz, heard_dbfs=found.dbfs, share=found.share)
            )

        self._worker.submit(work)
