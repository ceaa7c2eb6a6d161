"""Ringing and ring-back, as pjsip's tone generator plays them; and a beep without pjsip, to try a loudspeaker.

Must not know when they sound.
"""

from __future__ import annotations

import array
import math
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

    Args:
        rate_hz: Samples a second.
    """

    def __init__(self, rate_hz: int) -> None:
        fade = rate_hz // 50
        samples = array.array("h")
        for index in range(rate_hz):
            gain = min(1.0, index / fade, (rate_hz - index) / fade)
            samples.append(round(gain * _BEEP_AMPLITUDE * math.sin(2 * math.pi * BEEP_HZ * index / rate_hz)))
        self._bytes = samples.tobytes()

    def read(self, samples: int) -> bytes | None:
        """Return the next samples, silence after the last, and then None."""
        wanted = samples * 2
        frame, self._bytes = self._bytes[:wanted], self._bytes[wanted:]
        return frame + bytes(wanted - len(frame)) if frame else None
