"""Ringing and ring-back, as pjsip's tone generator plays them; and a beep without pjsip, to try a loudspeaker.

Must not know when they sound.
"""

from __future__ import annotations

import array
import math
import time
from typing import Any, Final, Literal

import pjsua2 as pj

ToneName = Literal["ring", "ring_back", "waiting"]

# Frequencies in Hz, then on and off in ms. Ring-back is Europe's (ITU-T E.180); ringing a soft two-note warble.
_PATTERNS: Final[dict[ToneName, tuple[tuple[int, int, int, int], ...]]] = {
    "ring": ((523, 659, 400, 60), (659, 784, 400, 60), (523, 659, 400, 1800)),
    "ring_back": ((425, 0, 1000, 4000),),
    "waiting": ((425, 0, 200, 200), (425, 0, 200, 8000)),
}
_VOLUMES: Final[dict[ToneName, int]] = {"ring": 9000, "ring_back": 5000, "waiting": 3000}
BEEP_HZ: Final = 880
"""What `audio.test` plays."""
_BEEP_AMPLITUDE: Final = 8200  # -15 dBFS RMS
_BEEP_S: Final = 1.0
_BEEP_FADE_S: Final = 0.1
_BEEP_TAIL_S: Final = 0.4  # the way to the loudspeaker
PROBE_VOLUME: Final = 12288  # of 32767: -11.5 dBFS RMS, pjmedia's default


def tone_generator(rate_hz: int) -> Any:
    """Make a silent tone generator; keep it as long as anything is connected to it."""
    generator = pj.ToneGenerator()
    generator.createToneGenerator(rate_hz)
    return generator


def play(generator: Any, name: ToneName) -> None:
    """Play a pattern over and over, until `stop`."""
    tones = pj.ToneDescVector()
    for first, second, on_ms, off_ms in _PATTERNS[name]:
        tones.append(_tone(first, second, on_ms, off_ms, _VOLUMES[name]))
    generator.stop()
    generator.play(tones, True)


def play_once(generator: Any, hz: int, duration_ms: int) -> None:
    """Play one tone, once."""
    tones = pj.ToneDescVector()
    tones.append(_tone(hz, 0, duration_ms, 0, PROBE_VOLUME))
    generator.stop()
    generator.play(tones, False)


def _tone(first: int, second: int, on_ms: int, off_ms: int, volume: int) -> Any:
    tone = pj.ToneDesc()
    tone.freq1, tone.freq2 = first, second
    tone.on_msec, tone.off_msec = on_ms, off_ms
    tone.volume = volume
    return tone


class Beep:
    """A second of tone, with soft ends.

    By the clock, not by samples: a sound server may take many at once, and may play none of them, before sound flows.

    Args:
        rate_hz: Samples a second.
    """

    def __init__(self, rate_hz: int) -> None:
        self._step = 2 * math.pi * BEEP_HZ / rate_hz
        self._index = 0
        self._began: float | None = None

    def read(self, samples: int) -> bytes | None:
        """Return the next samples, silence after the tone, and None when all of it was heard."""
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        age_s = now - self._began
        if age_s > _BEEP_S + _BEEP_TAIL_S:
            return None
        loudness = _BEEP_AMPLITUDE * max(0.0, min(1.0, (_BEEP_S - age_s) / _BEEP_FADE_S))
        first, self._index = self._index, self._index + samples
        indexes = range(first, self._index)
        return array.array("h", (round(loudness * math.sin(self._step * index)) for index in indexes)).tobytes()
