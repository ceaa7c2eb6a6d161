"""Which sound devices PortAudio sees, by names that stay when its numbers change.

PortAudio looks once, when it starts; to look again it must be ended, which no open stream survives. Must not know
streams or calls.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from elsipo.engine.sip_text import clip
from elsipo.rpc._generated.models import AudioDevice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elsipo.rpc._generated.models import AudioKind

_log = logging.getLogger(__name__)

_TRIAL_S: Final = 3.0
_MOST: Final = 256
_NAME_LENGTH: Final = 250
_KINDS: Final[tuple[AudioKind, ...]] = ("input", "output")


@dataclass(frozen=True)
class Devices:
    """What the machine has.

    Attributes:
        sounddevice: The module, or None where PortAudio cannot be used.
        listed: The devices; one that records and plays is there twice.
        numbers: PortAudio's own number of each, by kind and id; until the next look.
        detail: What is missing, in words for a person.
    """

    sounddevice: Any = None
    listed: tuple[AudioDevice, ...] = ()
    numbers: dict[tuple[AudioKind, str], int] = field(default_factory=dict)
    detail: str = ""

    def number(self, kind: AudioKind, device_id: str) -> int | None:
        """Return PortAudio's number of a device; None where it is not there."""
        wanted = device_id or self.default(kind)
        return self.numbers.get((kind, wanted))

    def default(self, kind: AudioKind) -> str:
        """Return the id of the system's default; empty where there is none."""
        return next((device.device_id for device in self.listed if device.kind == kind and device.is_default), "")


def find_devices() -> Devices:
    """Look for sound devices for the first time; may take a second, and never raises."""
    if not _survives():
        return Devices(detail="No sound: this machine's sound system is not set up.")
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        _log.info("no PortAudio: %s", error)
        return Devices(detail="No sound: the PortAudio library is not installed.")
    return _look(sounddevice)


def look_again(devices: Devices) -> Devices:
    """Look anew; no stream may be open."""
    sounddevice = devices.sounddevice
    if sounddevice is None:
        return devices
    try:
        sounddevice._terminate()  # noqa: SLF001 - the documented way to see new devices
        sounddevice._initialize()  # noqa: SLF001
    except sounddevice.PortAudioError as error:
        _log.warning("PortAudio did not start again: %s", error)
        return Devices(sounddevice, detail="No sound: the sound system does not answer.")
    return _look(sounddevice)


def _look(sounddevice: Any) -> Devices:
    listed: list[AudioDevice] = []
    numbers: dict[tuple[AudioKind, str], int] = {}
    for kind in _KINDS:
        for number, name, is_default in _of_kind(sounddevice, kind):
            device_id, again = name, 1
            while (kind, device_id) in numbers:
                again += 1
                device_id = f"{name} #{again}"
            numbers[kind, device_id] = number
            listed.append(AudioDevice(device_id=device_id, name=device_id, kind=kind, is_default=is_default))
    has = {device.kind for device in listed}
    detail = ""
    if not has:
        detail = "No sound: this machine has no sound device."
    elif "input" not in has:
        detail = "No microphone was found: others hear silence."
    elif "output" not in has:
        detail = "No loudspeaker was found: nothing will be heard."
    return Devices(sounddevice, tuple(listed), numbers, detail)


def _of_kind(sounddevice: Any, kind: AudioKind) -> Iterator[tuple[int, str, bool]]:
    """Yield number, name and whether it is the default, of one host API: the others see the same devices again."""
    try:
        default = sounddevice.query_devices(None, kind)
        every = sounddevice.query_devices()
    except (sounddevice.PortAudioError, ValueError) as error:
        _log.info("no %s device: %s", kind, error)
        return
    for device in list(every)[: _MOST // 2]:
        if device[f"max_{kind}_channels"] > 0 and device["hostapi"] == default["hostapi"]:
            name = clip(str(device["name"]), _NAME_LENGTH)
            yield int(device["index"]), name or "?", device["index"] == default["index"]


def _survives() -> bool:
    """Try PortAudio out where it can do no harm: without a usable ALSA configuration it aborts its process."""
    if sys.platform != "linux":
        return True
    command = [sys.executable, "-c", "import contextlib\nwith contextlib.suppress(Exception): import sounddevice"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TRIAL_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.info("PortAudio was tried out: %s", error)
        return False
    return done.returncode == 0
