"""The sound card without hardware and the virtual display, on which other tests stand."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from elsipo.demo.display import virtual_display
from peers.pulse import MICROPHONE, SPEAKER, Pulse
from peers.tone import sine, write_wav

if TYPE_CHECKING:
    from pathlib import Path

_LIST_DEVICES = """
import json, sounddevice
print(json.dumps([[d["name"], d["max_input_channels"], d["max_output_channels"]] for d in sounddevice.query_devices()]))
"""
_PLAY_WHAT_THE_MICROPHONE_HEARS = """
import sys, sounddevice
microphone, speaker = sys.argv[1:]
rate, block = 16000, 320
with sounddevice.RawInputStream(rate, block, microphone, 1, "int16") as heard:
    with sounddevice.RawOutputStream(rate, block, speaker, 1, "int16") as played:
        print("ready", flush=True)
        while True:
            played.write(bytes(heard.read(block)[0]))
"""


def test_portaudio_lists_speaker_and_microphone(pulse: Pulse) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIST_DEVICES],
        env={**os.environ, **pulse.env},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f'"{SPEAKER}"' in done.stdout
    assert f'"{MICROPHONE}"' in done.stdout


def test_what_the_microphone_hears_comes_out_of_the_speaker(pulse: Pulse, tmp_path: Path) -> None:
    tone = write_wav(tmp_path / "tone.wav", sine(880, 20))
    program = subprocess.Popen(
        [sys.executable, "-c", _PLAY_WHAT_THE_MICROPHONE_HEARS, MICROPHONE, SPEAKER],
        env={**os.environ, **pulse.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == b"ready\n"
            with pulse.playing(tone), pulse.recording() as recording:
                sound = recording.heard(1.5, wanted=lambda sound: sound.level_at_dbfs(880) > -20)
        finally:
            program.kill()
    assert sound.strongest_hz() == pytest.approx(880, abs=3)


async def test_two_displays_are_two_screens(display: str) -> None:
    async with virtual_display("640x480x24") as other:
        assert other != display
        for name, size in ((display, "1280x900"), (other, "640x480")):
            program = await asyncio.create_subprocess_exec("xdpyinfo", "-display", name, stdout=asyncio.subprocess.PIPE)
            told, _ = await program.communicate()
            assert f"dimensions:    {size} pixels" in told.decode()
