"""Where Python meets pjsip's conference bridge: a port that plays samples into it, and one that takes them out.

Both are called on pjsip's media clock every 20 ms (measured: some 0.3 ms of work a frame, both ways). Keep every port
as long as the process lives: the bridge may still hold it. Must not know devices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pjsua2 as pj

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME_MS: Final = 20
BRIDGE_HZ: Final = 16000
_BITS: Final = 16


def _format(rate_hz: int) -> Any:
    audio = pj.MediaFormatAudio()
    audio.init(pj.PJMEDIA_FORMAT_PCM, rate_hz, 1, FRAME_MS * 1000, _BITS)
    # MediaFormat's own field: without it the bridge takes the port for a video port.
    audio.type = pj.PJMEDIA_TYPE_AUDIO
    return audio


class SourcePort(pj.AudioMediaPort):
    """Plays samples into the bridge.

    Args:
        name: For pjsip's lists.
        rate_hz: Samples a second; the bridge resamples.
        read: Returns so many samples, as bytes.
    """

    def __init__(self, name: str, rate_hz: int, read: Callable[[int], bytes]) -> None:
        super().__init__()
        self._read = read
        self._samples = rate_hz * FRAME_MS // 1000
        self.createPort(name, _format(rate_hz))

    def onFrameRequested(self, frame: Any) -> None:
        """Give the next frame."""
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        frame.buf = pj.ByteVector(self._read(self._samples))


class SinkPort(pj.AudioMediaPort):
    """Takes samples out of the bridge.

    Args:
        name: For pjsip's lists.
        rate_hz: Samples a second; the bridge resamples.
        write: Gets the samples of each frame, as bytes.
    """

    def __init__(self, name: str, rate_hz: int, write: Callable[[bytes], object]) -> None:
        super().__init__()
        self._write = write
        self._silence = bytes(rate_hz * FRAME_MS // 1000 * 2)
        self.createPort(name, _format(rate_hz))

    def onFrameReceived(self, frame: Any) -> None:
        """Take a frame; an empty one is silence."""
        self._write(bytes(frame.buf) or self._silence)
