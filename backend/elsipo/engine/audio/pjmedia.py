"""The echo canceller and the resampler inside pjmedia, which pjsua2 does not wrap.

pjsua's own echo cancelling belongs to its own sound devices, and this build has none. What it is made of is reached
here through the library that pjsua2 loaded, as `names` reaches the resolver: Speex's adaptive filter with its
suppressor of what echo is left. pjmedia's own wrapping of it cuts steady tones as noise, and its WebRTC canceller wants
to know the delay to 40 ms (measured in notes-engine.md). Where a build does not export them, sound goes on without.

Must not know devices or calls.
"""

from __future__ import annotations

import ctypes
import logging
import threading
from typing import Final

from elsipo.engine import pjlib

_log = logging.getLogger(__name__)

_BYTES_A_SAMPLE: Final = 2
_POOL_BYTES: Final = 8192
_ECHO_SET_SAMPLING_RATE: Final = 24
_PREPROCESS_SET_NOISE_SUPPRESS: Final = 18
_PREPROCESS_SET_ECHO_STATE: Final = 24


class EchoCanceller:
    """Takes out of the microphone's sound what the loudspeaker plays.

    Both are given frame by frame on pjsip's media clock.

    Args:
        rate_hz: Samples a second.
        frame_samples: Samples a frame.
        tail_ms: How long after a frame was given its echo may come, buffers and devices included.
    """

    def __init__(self, rate_hz: int, frame_samples: int, *, tail_ms: int) -> None:
        self._lock = threading.Lock()
        self._silence = bytes(frame_samples * _BYTES_A_SAMPLE)
        self._played = self._silence
        self._echo = self._residual = None
        try:
            library = pjlib.library()
            make_echo, make_residual = library.speex_echo_state_init, library.speex_preprocess_state_init
            set_echo, set_residual = library.speex_echo_ctl, library.speex_preprocess_ctl
            self._cancel, self._suppress = library.speex_echo_cancellation, library.speex_preprocess_run
            self._forget = library.speex_echo_state_reset
        except (AttributeError, OSError) as error:
            _log.warning("no echo cancelling: %s", error)
            return
        make_echo.restype = make_residual.restype = ctypes.c_void_p
        set_echo.argtypes = set_residual.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
        self._cancel.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p)
        self._suppress.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
        self._forget.argtypes = (ctypes.c_void_p,)
        self._echo = make_echo(frame_samples, rate_hz * tail_ms // 1000)
        self._residual = make_residual(frame_samples, rate_hz)
        set_echo(self._echo, _ECHO_SET_SAMPLING_RATE, ctypes.byref(ctypes.c_int(rate_hz)))
        set_residual(self._residual, _PREPROCESS_SET_ECHO_STATE, self._echo)
        # What the person plays to others, music and tones among it, is not ours to clean.
        set_residual(self._residual, _PREPROCESS_SET_NOISE_SUPPRESS, ctypes.byref(ctypes.c_int(0)))

    @property
    def works(self) -> bool:
        """Whether this build has one."""
        return self._echo is not None

    def played(self, frame: bytes) -> None:
        """A frame goes to the loudspeaker."""
        self._played = frame if len(frame) == len(self._silence) else self._silence

    def heard(self, frame: bytes) -> bytes:
        """Return the microphone's frame without the echo."""
        if self._echo is None or len(frame) != len(self._silence):
            return frame
        played, self._played = self._played, self._silence
        out = ctypes.create_string_buffer(len(frame))
        with self._lock:
            self._cancel(self._echo, frame, played, out)
            self._suppress(self._residual, out)
        return out.raw

    def reset(self) -> None:
        """Other devices, another room: learn anew."""
        if self._echo is not None:
            with self._lock:
                self._forget(self._echo)


class Resampler:
    """Turns frames of one rate into frames of another; for one thread.

    Args:
        from_hz: Samples a second that come.
        to_hz: Samples a second that go.
        frame_ms: Length of every frame.

    Raises:
        ValueError: this build has none, or not for these rates.
    """

    def __init__(self, from_hz: int, to_hz: int, frame_ms: int) -> None:
        self._out_bytes = to_hz * frame_ms // 1000 * _BYTES_A_SAMPLE
        self._state = ctypes.c_void_p()
        try:
            library = pjlib.library()
            make_pool, make = library.pjsua_pool_create, library.pjmedia_resample_create
            self._run = library.pjmedia_resample_run
        except (AttributeError, OSError) as error:
            raise ValueError("This build of pjsip does not resample.") from error
        make_pool.restype = ctypes.c_void_p
        make_pool.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t)
        make.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_int, *[ctypes.c_uint] * 4, ctypes.c_void_p)
        self._run.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)
        self._run.restype = None
        pool = make_pool(b"resample", _POOL_BYTES, _POOL_BYTES)
        if make(pool, 1, 0, 1, from_hz, to_hz, from_hz * frame_ms // 1000, ctypes.byref(self._state)) != 0:
            raise ValueError(f"pjsip does not resample {from_hz} Hz to {to_hz} Hz.")

    def run(self, frame: bytes) -> bytes:
        """Return the frame at the other rate."""
        buffer = ctypes.create_string_buffer(self._out_bytes)
        self._run(self._state, frame, buffer)
        return buffer.raw
