"""How long the engine waits: for answers, and between tries.

`ELSIPO_TIME_SCALE` in the environment makes all of it, and pjsip's own transaction timers with it, shorter or longer by
a factor: a test can live through ten minutes without a server in one. Nobody else sets it. Must not know SIP's meaning.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Final

from elsipo.engine import pjlib

_log = logging.getLogger(__name__)

SCALE: Final = "ELSIPO_TIME_SCALE"
_SMALLEST, _LARGEST = 0.01, 10.0
# RFC 3261 §17.1.1.1, §17.1.2.1, table 4, in milliseconds: T1, T2, T4, and 64 times T1.
_T1, _T2, _T4, _TD = 500, 4000, 5000, 32000


@dataclass(frozen=True)
class Pace:
    """Times in seconds.

    Attributes:
        silence_s: So long without an answer to REGISTER is a failure.
        unregister_silence_s: So long is waited for an answer to un-REGISTER.
        busy_retry_s: When to look again while pjsip goes on asking.
        first_retry_s: Before the second try; doubled with each further one.
        longest_retry_s: But not beyond this.
        jitter: Part by which each of those may be more or less, so that a provider's restart does not bring all of its
            users back in one instant.
        watch_s: How often the network and the clock are looked at.
        asleep_s: A gap in our own life that counts as suspension.
    """

    silence_s: float = 6.0
    unregister_silence_s: float = 3.0
    busy_retry_s: float = 4.0
    first_retry_s: float = 1.0
    longest_retry_s: float = 60.0
    jitter: float = 0.25
    watch_s: float = 2.0
    asleep_s: float = 5.0

    @classmethod
    def scaled(cls, factor: float) -> Pace:
        """All times by a factor."""
        plain = cls()
        return cls(
            silence_s=plain.silence_s * factor,
            unregister_silence_s=plain.unregister_silence_s * factor,
            busy_retry_s=plain.busy_retry_s * factor,
            first_retry_s=plain.first_retry_s * factor,
            longest_retry_s=plain.longest_retry_s * factor,
            watch_s=plain.watch_s * factor,
            asleep_s=plain.asleep_s * factor,
        )


def pace_of_environment() -> Pace:
    """Return the pace that the environment asks for, and bring pjsip's timers to it; after the library was created."""
    try:
        factor = float(os.environ.get(SCALE, "1"))
    except ValueError:
        factor = 1.0
    if factor == 1.0 or not _SMALLEST <= factor <= _LARGEST:
        return Pace()
    _log.warning("time is scaled by %g: this is a test", factor)
    library = pjlib.library()
    library.pjsip_tsx_set_timers(*(max(1, int(value * factor)) for value in (_T1, _T2, _T4, _TD)))
    return Pace.scaled(factor)
