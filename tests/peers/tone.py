"""Tones in WAV files: made, and found again with frequency and level. Standard library only."""

from __future__ import annotations

import array
import cmath
import math
import struct
import sys
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_FULL_SCALE: Final = 32768.0
_SILENCE_DBFS: Final = -120.0
_MOST_SAMPLES: Final = 16384  # 2 s at 8 kHz; an FFT of these takes 60 ms in Python


@dataclass(frozen=True)
class Sound:
    """Mono sound.

    Attributes:
        samples: -1.0 to 1.0.
        rate_hz: How many a second.
    """

    samples: list[float]
    rate_hz: int

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return len(self.samples) / self.rate_hz

    @property
    def level_dbfs(self) -> float:
        """Root mean square against a full-scale sine's: 0 is as loud as a sine can be, -120 is silence."""
        if not self.samples:
            return _SILENCE_DBFS
        power = sum(sample * sample for sample in self.samples) / len(self.samples)
        return max(_SILENCE_DBFS, 10 * math.log10(2 * power)) if power else _SILENCE_DBFS

    def part(self, start_s: float, end_s: float | None = None) -> Sound:
        """What is between two moments; negative ones count from the end."""
        end = None if end_s is None else round(end_s * self.rate_hz)
        return Sound(self.samples[round(start_s * self.rate_hz) : end], self.rate_hz)

    def strongest_hz(self) -> float:
        """The strongest frequency of its end (at most 16384 samples), to about a hertz.

        Raises:
            AssertionError: it is too short, or silent.
        """
        size = min(_MOST_SAMPLES, 1 << (len(self.samples).bit_length() - 1 if self.samples else 0))
        assert size >= 256, f"There are only {len(self.samples)} samples."
        end = self.samples[-size:]
        windowed = [sample * (0.5 - 0.5 * math.cos(2 * math.pi * i / size)) for i, sample in enumerate(end)]
        power = [abs(value) for value in _fft([complex(sample) for sample in windowed])[: size // 2]]
        peak = max(range(1, size // 2 - 1), key=power.__getitem__)
        assert power[peak] > 0, "This is silence."
        below, at, above = (math.log(max(power[peak + i], 1e-12)) for i in (-1, 0, 1))
        curve = below - 2 * at + above
        offset = 0.5 * (below - above) / curve if curve else 0.0
        return (peak + offset) * self.rate_hz / size

    def level_at_dbfs(self, hz: float) -> float:
        """How loud one frequency is in it (Goertzel); as `level_dbfs` for a pure tone of that frequency."""
        turn = 2 * math.cos(2 * math.pi * hz / self.rate_hz)
        last, before = 0.0, 0.0
        for sample in self.samples:
            last, before = sample + turn * last - before, last
        power = last * last + before * before - turn * last * before
        if not self.samples or power <= 0:
            return _SILENCE_DBFS
        return max(_SILENCE_DBFS, 20 * math.log10(2 * math.sqrt(power) / len(self.samples)))


def sine(hz: float, seconds: float, *, level_dbfs: float = -6.0, rate_hz: int = 8000) -> Sound:
    """A pure tone."""
    amplitude = 10 ** (level_dbfs / 20)
    count = round(seconds * rate_hz)
    return Sound([amplitude * math.sin(2 * math.pi * hz * i / rate_hz) for i in range(count)], rate_hz)


def write_wav(path: Path, sound: Sound) -> Path:
    """Write 16-bit mono; returns `path`."""
    samples = array.array("h", (round(max(-1.0, min(1.0, sample)) * (_FULL_SCALE - 1)) for sample in sound.samples))
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate_hz)
        file.writeframes(samples.tobytes())
    return path


def read_wav(path: Path) -> Sound:
    """Read 16-bit sound; of several channels, the first. A file that is still being written gives what is there.

    Raises:
        ValueError: it is no such file, or its header is not written yet.
    """
    octets = path.read_bytes()
    if octets[:4] != b"RIFF" or octets[8:12] != b"WAVE":
        raise ValueError(f"{path.name} is no WAV file.")
    at, layout = 12, (0, 0, 0)
    while at + 8 <= len(octets):
        name, size = struct.unpack_from("<4sI", octets, at)
        at += 8
        if name == b"fmt " and at + 16 <= len(octets):
            _, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", octets, at)
            layout = (channels, rate_hz, bits)
        if name == b"data":
            channels, rate_hz, bits = layout
            if bits != 16:
                raise ValueError(f"{path.name} has {bits} bits a sample.")
            # Who writes it says its length only at the end; until then that is 0.
            return _samples(octets[at : at + size] if size else octets[at:], channels, rate_hz)
        at += size + size % 2
    raise ValueError(f"{path.name} has no sound yet.")


def _samples(octets: bytes, channels: int, rate_hz: int) -> Sound:
    frame = 2 * channels
    samples = array.array("h", octets[: len(octets) // frame * frame])
    if sys.byteorder == "big":
        samples.byteswap()
    return Sound([sample / _FULL_SCALE for sample in samples[::channels]], rate_hz)


def _fft(values: list[complex]) -> list[complex]:
    """Discrete Fourier transform of 2^n values."""
    size = len(values)
    if size == 1:
        return values
    even, odd = _fft(values[::2]), _fft(values[1::2])
    turned = [cmath.exp(-2j * math.pi * i / size) * value for i, value in enumerate(odd)]
    return [a + b for a, b in zip(even, turned, strict=True)] + [a - b for a, b in zip(even, turned, strict=True)]
