"""Whether and when a process that died is started again. Pure: knows numbers, no process and no clock of its own."""

from __future__ import annotations

import random
import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_GROWTH: Final = 10.0
_JITTER: Final = 0.25


class RestartPolicy:
    """Back off between starts, and give up on what keeps dying.

    The n-th crash within the window is followed by a pause of 0.05 s, 0.5 s, 5 s …, each a quarter more or less, so
    that many engines which die together do not come back together. The first one is short: a call may be waiting.

    Args:
        max_crashes: With this many crashes within the window it is given up.
        window_s: How long a crash is remembered, in seconds.
        first_delay_s: The first pause, in seconds.
        max_delay_s: The longest pause, in seconds.
        clock: Monotonic seconds.
        chance: Random numbers from 0 to below 1.
    """

    def __init__(
        self,
        *,
        max_crashes: int = 3,
        window_s: float = 300.0,
        first_delay_s: float = 0.05,
        max_delay_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._max_crashes = max_crashes
        self._window_s = window_s
        self._first_delay_s = first_delay_s
        self._max_delay_s = max_delay_s
        self._clock = clock
        self._chance = chance
        self._crashes: deque[float] = deque()

    def crashed(self) -> float | None:
        """Count a crash.

        Returns:
            How long to wait before the next start, in seconds; None to give up.
        """
        now = self._clock()
        self._crashes.append(now)
        while self._crashes[0] <= now - self._window_s:
            self._crashes.popleft()
        if len(self._crashes) >= self._max_crashes:
            return None
        delay = self._first_delay_s * _GROWTH ** (len(self._crashes) - 1)
        delay *= 1 - _JITTER + 2 * _JITTER * self._chance()
        return max(self._first_delay_s, min(self._max_delay_s, delay))

    def forget(self) -> None:
        """Begin anew: the user asked for another try."""
        self._crashes.clear()

    def gave_up(self) -> str:
        """Say why it was given up, in words for a person."""
        return f"it ended {self._max_crashes} times within {self._window_s / 60:g} minutes"
