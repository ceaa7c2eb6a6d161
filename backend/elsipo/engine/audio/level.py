"""How loud the sound is that passes. Must not know where it passes."""

from __future__ import annotations

import array
import math
import threading
from typing import Final

_FULL_SCALE: Final = 32768.0
_SILENCE_DBFS: Final = -120.0


class Level:
    """Root mean square since it was last asked; costs nothing while off."""

    def __init__(self) -> None:
        self.on = False
        self._lock = threading.Lock()
        self._energy = 0
        self._count = 0

    def add(self, frame: bytes) -> None:
        """Take 16-bit samples into account, on any thread."""
        if not self.on:
            return
        samples = array.array("h", frame)
        energy = sum(sample * sample for sample in samples)
        with self._lock:
            self._energy += energy
            self._count += len(samples)

    def take(self) -> float:
        """Return the level in dBFS, -120 for silence, and begin anew."""
        with self._lock:
            energy, count = self._energy, self._count
            self._energy = self._count = 0
        if energy == 0:
            return _SILENCE_DBFS
        return max(_SILENCE_DBFS, 20.0 * math.log10(math.sqrt(energy / count) / _FULL_SCALE))
