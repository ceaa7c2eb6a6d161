"""What finds tones in recordings: it must not find those that are not there."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import pytest
from peers.tone import Sound, read_wav, sine, write_wav

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("rate_hz", [8000, 16000, 48000])
@pytest.mark.parametrize("hz", [300.0, 440.0, 1003.5, 3400.0])
@pytest.mark.parametrize("level_dbfs", [-3.0, -40.0])
def test_frequency_and_level_survive_a_file(tmp_path: Path, hz: float, level_dbfs: float, rate_hz: int) -> None:
    path = write_wav(tmp_path / "tone.wav", sine(hz, 2.2, level_dbfs=level_dbfs, rate_hz=rate_hz))
    sound = read_wav(path)
    assert sound.duration_s == pytest.approx(2.2)
    assert sound.strongest_hz() == pytest.approx(hz, abs=1)
    assert sound.level_dbfs == pytest.approx(level_dbfs, abs=0.2)
    assert sound.level_at_dbfs(hz) == pytest.approx(level_dbfs, abs=0.5)
    assert sound.level_at_dbfs(hz * 0.8) < level_dbfs - 25


def test_the_stronger_of_two_tones_is_found() -> None:
    low, high = sine(400, 2, level_dbfs=-20), sine(900, 2, level_dbfs=-10)
    both = Sound([a + b for a, b in zip(low.samples, high.samples, strict=True)], 8000)
    assert both.strongest_hz() == pytest.approx(900, abs=1)
    assert both.level_at_dbfs(400) == pytest.approx(-20, abs=0.5)


def test_silence_has_no_tone() -> None:
    silence = Sound([0.0] * 8000, 8000)
    assert silence.level_dbfs == silence.level_at_dbfs(440) == -120
    with pytest.raises(AssertionError, match="silence"):
        silence.strongest_hz()
    with pytest.raises(AssertionError, match="only 0 samples"):
        Sound([], 8000).strongest_hz()


def test_only_the_first_of_two_channels_is_read(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "two.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x00\x40\x00\x00" * 100)
    assert read_wav(tmp_path / "two.wav") == Sound([0.5] * 100, 8000)


def test_a_file_that_is_still_written_gives_what_is_there(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "tone.wav", sine(440, 1))
    octets = bytearray(path.read_bytes())
    octets[4:8] = octets[40:44] = bytes(4)  # the lengths of the file and of its sound come at the end
    path.write_bytes(octets[: len(octets) // 2 | 1])
    assert read_wav(path).duration_s == pytest.approx(0.5, abs=0.01)
    path.write_bytes(octets[:30])
    with pytest.raises(ValueError, match="no sound yet"):
        read_wav(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="no WAV file"):
        read_wav(path)
