"""A bounded queue of samples between two clocks.

A sound card and pjsip's conference bridge each have their own idea of time. What comes too fast pushes out the oldest,
so that delay stays bounded; what comes too slowly is filled with silence, and refilled a little before it plays again,
so that one late packet is one gap and not a stutter. Must not know devices.
"""

from __future__ import annotations

import threading
from typing import Final

_BYTES_A_SAMPLE: Final = 2


class JitterBuffer:
    """Signed 16-bit samples of one channel, as bytes; one writer thread and one reader thread.

    Args:
        most: Samples that it holds at most; the rest is dropped, oldest first.
        cushion: Samples that must have gathered before any is read, at first and after running dry.
    """

    def __init__(self, *, most: int, cushion: int) -> None:
        self._most = most * _BYTES_A_SAMPLE
        self._cushion = cushion * _BYTES_A_SAMPLE
        self._bytes = bytearray()
        self._lock = threading.Lock()
        self._flowing = False
        self.dropped_samples = 0
        self.missing_samples = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append samples."""
        with self._lock:
            self._bytes += data
            excess = len(self._bytes) - self._most
            if excess > 0:
                excess += excess % _BYTES_A_SAMPLE
                del self._bytes[:excess]
                self.dropped_samples += excess // _BYTES_A_SAMPLE

    def read(self, samples: int) -> bytes:
        """Take exactly so many samples, silence where there are none."""
        wanted = samples * _BYTES_A_SAMPLE
        with self._lock:
            if not self._flowing and len(self._bytes) < max(self._cushion, wanted):
                return bytes(wanted)
            self._flowing = True
            data = bytes(self._bytes[:wanted])
            del self._bytes[: len(data)]
            missing = wanted - len(data)
            if missing:
                self._flowing = False
                self.missing_samples += missing // _BYTES_A_SAMPLE
        return data + bytes(missing)

    def clear(self) -> None:
        """Forget what is there."""
        with self._lock:
            self._bytes.clear()
            self._flowing = False
