"""Measuring a tone in samples (Goertzel's algorithm), without a library.

Pure arithmetic: knows neither SIP nor devices. A second of sound takes some 0.2 s here, so never on the pjsip thread.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

SILENCE_DBFS: Final = -120.0
_FULL_SCALE: Final = 32768.0
_WINDOW_S: Final = 0.25
_HOP_S: Final = 0.05
_LOWEST_HZ: Final = 100
_HIGHEST_HZ: Final = 3600
_COARSE_HZ: Final = 8
_COARSE_S: Final = 0.0625  # 16 Hz of resolution: no tone falls between two steps, where a longer stretch hears nothing
_AUDIBLE_DBFS: Final = -70.0


@dataclass(frozen=True)
class Heard:
    """What is in the stretch of sound that was looked at.

    Attributes:
        hz: The strongest frequency; 0 for silence.
        dbfs: RMS level of a quarter of a second; a full-scale sine is -3.01.
        share: Part of its energy that lies at the frequency asked for, 0 to 1.
    """

    hz: float
    dbfs: float
    share: float


def measure(samples: Sequence[int], rate_hz: int, sought_hz: float) -> Heard:
    """Look for a tone.

    Args:
        samples: Signed 16-bit samples, one channel.
        rate_hz: Samples a second.
        sought_hz: The frequency whose share is wanted.
    """
    window = _best(samples, rate_hz, sought_hz)
    energy = float(sum(sample * sample for sample in window))
    if not window or energy == 0.0:
        return Heard(0.0, SILENCE_DBFS, 0.0)
    dbfs = max(SILENCE_DBFS, 20.0 * math.log10(math.sqrt(energy / len(window)) / _FULL_SCALE))
    if dbfs < _AUDIBLE_DBFS:
        return Heard(0.0, dbfs, 0.0)

    def power(hz: float) -> float:
        return _power(window, rate_hz, hz)

    start = window[: int(rate_hz * _COARSE_S)]
    coarse = max(range(_LOWEST_HZ, _HIGHEST_HZ, _COARSE_HZ), key=lambda hz: _power(start, rate_hz, hz))
    strongest = max(range(coarse - _COARSE_HZ, coarse + _COARSE_HZ + 1), key=power)
    # A sine of amplitude A has power (A N / 2)² and energy N A² / 2.
    share = 2.0 * power(sought_hz) / (len(window) * energy)
    return Heard(float(strongest), dbfs, min(1.0, max(0.0, share)))


def _power(window: Sequence[int], rate_hz: int, hz: float) -> float:
    factor = 2.0 * math.cos(2.0 * math.pi * hz / rate_hz)
    last = before = 0.0
    for sample in window:
        last, before = sample + factor * last - before, last
    return last * last + before * before - factor * last * before


def _best(samples: Sequence[int], rate_hz: int, sought_hz: float) -> Sequence[int]:
    """Return the stretch to look at: a loud one, and of these the purest.

    A tone comes late, leaves before the end, and a jitter buffer that is still settling cuts it in between.
    """
    length = int(rate_hz * _WINDOW_S)
    if len(samples) <= length:
        return samples
    sums = list(itertools.accumulate((sample * sample for sample in samples), initial=0))
    energies = {at: sums[at + length] - sums[at] for at in range(0, len(samples) - length + 1, int(rate_hz * _HOP_S))}
    loud = max(energies.values())
    if loud == 0:
        return samples[:length]
    starts = [at for at, energy in energies.items() if energy >= loud / 2]
    best = max(starts, key=lambda at: _power(samples[at : at + length], rate_hz, sought_hz) / energies[at])
    return samples[best : best + length]
