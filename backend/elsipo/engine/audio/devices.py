"""Which sound devices PortAudio sees, by names that stay when its numbers change.

PortAudio looks once, when it starts; to look again it must be ended, which no open stream survives. Before anything is
heard or said it is not even loaded: another process looks (see look.py). Must not know streams or calls.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from elsipo.engine.audio.look import seen
from elsipo.engine.sip_text import clip
from elsipo.rpc._generated.models import AudioDevice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elsipo.engine.audio.look import Seen
    from elsipo.rpc._generated.models import AudioKind

_log = logging.getLogger(__name__)

_LOOK_S: Final = 3.0
_NAME_LENGTH: Final = 250
_LOOK_ARGV: Final = [sys.executable, "-m", "elsipo.engine.audio.look"]


@dataclass(frozen=True)
class Devices:
    """What the machine has.

    Attributes:
        usable: Whether PortAudio can be used.
        sounddevice: The module, once it is loaded here.
        listed: The devices; one that records and plays is there twice.
        numbers: PortAudio's own number of each, by kind and id; until the next look.
        detail: What is missing, in words for a person.
    """

    usable: bool = False
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
    """Look for sound devices without loading PortAudio; takes about 0.2 s, 3 s at the most, and never raises."""
    try:
        looked = subprocess.run(
            _LOOK_ARGV,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_LOOK_S,
            check=True,
        )
        found: list[Seen] | None = json.loads(looked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        _log.info("PortAudio was tried out: %s", error)
        return Devices(detail="No sound: this machine's sound system is not set up.")
    if found is None:
        return Devices(detail="No sound: the PortAudio library is not installed.")
    return _named(None, found)


def look_again(devices: Devices) -> Devices:
    """Look anew; no stream may be open."""
    sounddevice = devices.sounddevice
    if not devices.usable or sounddevice is None:
        return find_devices() if devices.usable else devices
    try:
        sounddevice._terminate()  # noqa: SLF001 - the documented way to see new devices
        sounddevice._initialize()  # noqa: SLF001
    except sounddevice.PortAudioError as error:
        _log.warning("PortAudio did not start again: %s", error)
        return Devices(usable=True, sounddevice=sounddevice, detail="No sound: the sound system does not answer.")
    return _named(sounddevice, seen(sounddevice))


def loaded(devices: Devices) -> Devices:
    """Have PortAudio in this process from now on, because a device is to be opened; the numbers are its own then.

    Raises:
        ValueError: it cannot be loaded, though another process could.
    """
    if devices.sounddevice is not None or not devices.usable:
        return devices
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise ValueError(str(error)) from None
    return _named(sounddevice, seen(sounddevice))


def _named(sounddevice: Any, found: Iterable[Seen]) -> Devices:
    listed: list[AudioDevice] = []
    numbers: dict[tuple[AudioKind, str], int] = {}
    for kind_seen, number, full_name, is_default in found:
        kind: AudioKind = "input" if kind_seen == "input" else "output"
        name = clip(full_name, _NAME_LENGTH) or "?"
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
    return Devices(usable=True, sounddevice=sounddevice, listed=tuple(listed), numbers=numbers, detail=detail)
