"""A look at PortAudio's devices, by a process of its own: `python -m elsipo.engine.audio.look` writes them as JSON.

So that an engine that is not in a call is spared PortAudio, which loads every plugin of ALSA (14 MB, and 140 ms of CPU
a look where there are many), and aborts its process where ALSA has no usable configuration. Imports nothing but that.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    Seen = tuple[str, int, str, bool]

_MOST = 128


def seen(sounddevice: Any) -> list[Seen]:
    """Return kind, PortAudio's number, name, and whether it is the default; a device that does both is there twice.

    Args:
        sounddevice: The module, initialised.
    """
    return [*_of_kind(sounddevice, "input"), *_of_kind(sounddevice, "output")]


def _of_kind(sounddevice: Any, kind: str) -> Iterator[Seen]:
    """Yield those of one host API: the others see the same devices again."""
    try:
        default = sounddevice.query_devices(None, kind)
        every = sounddevice.query_devices()
    except (sounddevice.PortAudioError, ValueError):  # there is none
        return
    for device in list(every)[:_MOST]:
        if device[f"max_{kind}_channels"] > 0 and device["hostapi"] == default["hostapi"]:
            yield kind, int(device["index"]), str(device["name"]), device["index"] == default["index"]


def main() -> None:
    """Write them; null where the library is missing."""
    try:
        import sounddevice
    except (ImportError, OSError):
        print("null")  # noqa: T201 - that is what it is for
        return
    print(json.dumps(seen(sounddevice)))  # noqa: T201 - as above


if __name__ == "__main__":
    main()
