"""Measuring tones, and the queue between two clocks."""

from __future__ import annotations

import math

import pytest
from elsipo.engine.audio.goertzel import SILENCE_DBFS, measure
from elsipo.engine.audio.jitter import JitterBuffer

RATE = 16000


def _sine(hz: float, seconds: float, amplitude: float = 8000) -> list[int]:
    return [round(amplitude * math.sin(2 * math.pi * hz * at / RATE)) for at in range(int(seconds * RATE))]


@pytest.mark.parametrize("hz", [200, 440, 700, 1000, 3400])
def test_a_tone_is_found_with_frequency_level_and_share(hz: int) -> None:
    heard = measure([0] * 3000 + _sine(hz, 0.5) + [0] * 3000, RATE, hz)
    assert heard.hz == pytest.approx(hz, abs=1)
    assert heard.dbfs == pytest.approx(20 * math.log10(8000 / math.sqrt(2) / 32768), abs=0.1)
    assert heard.share > 0.99


@pytest.mark.parametrize("hz", range(984, 1018, 3))
def test_a_clean_tone_is_found_wherever_it_lies_between_two_steps_of_the_search(hz: int) -> None:
    assert measure(_sine(hz, 0.5), RATE, hz).hz == pytest.approx(hz, abs=1)


def test_another_tone_has_no_share() -> None:
    heard = measure(_sine(440, 0.5), RATE, 1000)
    assert heard.hz == pytest.approx(440, abs=1)
    assert heard.share < 0.01


def test_two_tones_share() -> None:
    both = [a + b for a, b in zip(_sine(440, 0.5), _sine(1000, 0.5), strict=True)]
    assert measure(both, RATE, 1000).share == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("samples", [[], [0] * 10, [0] * RATE])
def test_silence_is_nothing(samples: list[int]) -> None:
    assert measure(samples, RATE, 440) == measure([], RATE, 440)
    assert measure(samples, RATE, 440).dbfs == SILENCE_DBFS


def test_a_gap_within_the_tone_does_not_hide_it() -> None:
    heard = measure(_sine(700, 0.3) + _sine(300, 0.1, 12000) + _sine(700, 0.5), RATE, 700)
    assert heard.hz == pytest.approx(700, abs=1)
    assert heard.share > 0.99


def _samples(*values: int) -> bytes:
    return b"".join(value.to_bytes(2, "little", signed=True) for value in values)


def test_what_is_written_is_read_once_the_cushion_is_there() -> None:
    buffer = JitterBuffer(most=10, cushion=3)
    buffer.write(_samples(1, 2))
    assert buffer.read(2) == _samples(0, 0)
    buffer.write(_samples(3))
    assert buffer.read(2) == _samples(1, 2)
    assert buffer.read(1) == _samples(3)
    assert buffer.missing_samples == 0


def test_too_much_pushes_out_the_oldest() -> None:
    buffer = JitterBuffer(most=3, cushion=1)
    buffer.write(_samples(1, 2, 3, 4, 5))
    assert buffer.dropped_samples == 2
    assert buffer.read(3) == _samples(3, 4, 5)


def test_running_dry_is_silence_until_the_cushion_is_back() -> None:
    buffer = JitterBuffer(most=10, cushion=2)
    buffer.write(_samples(1, 2, 3))
    assert buffer.read(2) == _samples(1, 2)
    assert buffer.read(2) == _samples(3, 0)
    assert buffer.missing_samples == 1
    buffer.write(_samples(4))
    assert buffer.read(1) == _samples(0)
    buffer.write(_samples(5))
    assert buffer.read(2) == _samples(4, 5)


def test_what_is_forgotten_is_not_heard() -> None:
    buffer = JitterBuffer(most=10, cushion=1)
    buffer.write(_samples(1, 2))
    buffer.clear()
    assert buffer.read(2) == _samples(0, 0)
