"""One open sound device.

Sound crosses its border at the bridge's rate; what the device runs at stays in here. Must not know why it is open, nor
what takes its place when it ends.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from elsipo.engine.audio.pjmedia import Resampler
from elsipo.engine.audio.ports import BRIDGE_HZ, FRAME_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.rpc._generated.models import AudioKind

_log = logging.getLogger(__name__)

_FRAME_SAMPLES: Final = BRIDGE_HZ * FRAME_MS // 1000
_OTHER_RATE_HZ: Final = 48000
_FIRST_SOUND_S: Final = 5.0  # a sound server's first sound takes up to 2 s
_STALLED_S: Final = 2.0
_CLOSE_S: Final = 2.0
_HOST_ERROR: Final = -9999  # paUnanticipatedHostError: of ALSA, for a device that is no more


class Stream:
    """A device that plays, or records, from its making to `close`.

    Args:
        sounddevice: The module.
        kind: Which way.
        number: PortAudio's number of the device.
        device_id: What it was asked for as; empty for the default.
        pull: Gives so many samples, None at the end of all; for an output.
        push: Takes samples; for an input.
        on_end: Called on PortAudio's thread when it ended by itself.

    Raises:
        ValueError: it could not be opened.
    """

    def __init__(
        self,
        sounddevice: Any,
        kind: AudioKind,
        number: int,
        device_id: str,
        *,
        pull: Callable[[int], bytes | None] | None = None,
        push: Callable[[bytes], object] | None = None,
        on_end: Callable[[], object],
    ) -> None:
        self.kind = kind
        self.device_id = device_id
        self.number = number
        self._sounddevice = sounddevice
        self._pull, self._push, self._on_end = pull, push, on_end
        self._closing = False
        self._opened = self._moved = time.monotonic()
        self._has_moved = False
        self._rate = self._find_rate()
        self._resampler: Resampler | None = None
        if self._rate != BRIDGE_HZ:
            rates = (BRIDGE_HZ, self._rate) if kind == "output" else (self._rate, BRIDGE_HZ)
            self._resampler = Resampler(*rates, FRAME_MS)
        self._stream: Any = None
        try:
            self._stream = self._make(self._play if kind == "output" else self._record, self._ended)
            self._stream.start()
        except sounddevice.PortAudioError as error:
            self.close()
            raise ValueError(str(error)) from None

    @property
    def is_alive(self) -> bool:
        """Whether sound moves, or may still begin to."""
        now = time.monotonic()
        if not self._has_moved:
            return bool(self._stream.active) and now - self._opened < _FIRST_SOUND_S
        return bool(self._stream.active) and now - self._moved < _STALLED_S

    @property
    def is_orphan(self) -> bool:
        """Whether its device is gone, though sound moves: a sound server carried the stream to another one.

        Found out by opening the device once more. A device that takes one stream only says that it is busy.
        """
        try:
            self._make(lambda *_: None, None).close()
        except self._sounddevice.PortAudioError as error:
            _log.info("a %s device that is open does not open again: %s", self.kind, error)
            return len(error.args) > 1 and error.args[1] == _HOST_ERROR
        return False

    def close(self) -> bool:
        """End it; `on_end` is not called.

        Returns:
            Whether it ended. PortAudio's ALSA thread may loop for ever when a sound server dies under it, and closing
            waits for that thread; PortAudio is not to be used any more then.
        """
        self._closing = True
        if self._stream is None:
            return True
        closing = threading.Thread(target=self._end, name="closing", daemon=True)
        closing.start()
        closing.join(_CLOSE_S)
        return not closing.is_alive()

    def _end(self) -> None:
        try:
            self._stream.abort()
            self._stream.close()
        except self._sounddevice.PortAudioError as error:
            _log.info("a %s device did not close well: %s", self.kind, error)

    def _make(self, callback: Callable[..., None], finished: Callable[[], None] | None) -> Any:
        make = self._sounddevice.RawOutputStream if self.kind == "output" else self._sounddevice.RawInputStream
        return make(
            samplerate=self._rate,
            blocksize=self._rate * FRAME_MS // 1000,
            device=self.number,
            channels=1,
            dtype="int16",
            callback=callback,
            finished_callback=finished,
        )

    def _find_rate(self) -> int:
        names = {"input": "check_input_settings", "output": "check_output_settings"}
        check = getattr(self._sounddevice, names[self.kind])
        problem = ""
        for rate in (
            BRIDGE_HZ,
            _OTHER_RATE_HZ,
            int(self._sounddevice.query_devices(self.number)["default_samplerate"]),
        ):
            try:
                check(device=self.number, channels=1, dtype="int16", samplerate=rate)
            except (self._sounddevice.PortAudioError, ValueError) as error:
                problem = str(error)
            else:
                return rate
        raise ValueError(problem)

    def _play(self, outdata: Any, _frames: int, _time: Any, _status: Any) -> None:
        self._touch()
        frame = self._pull(_FRAME_SAMPLES) if self._pull is not None else None
        if frame is None:
            outdata[:] = bytes(len(outdata))
            raise self._sounddevice.CallbackStop
        outdata[:] = frame if self._resampler is None else self._resampler.run(frame)

    def _record(self, indata: Any, _frames: int, _time: Any, _status: Any) -> None:
        self._touch()
        frame = bytes(indata)
        if self._push is not None:
            self._push(frame if self._resampler is None else self._resampler.run(frame))

    def _touch(self) -> None:
        self._has_moved = True
        self._moved = time.monotonic()

    def _ended(self) -> None:
        if not self._closing:
            self._on_end()
