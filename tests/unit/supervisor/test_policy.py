"""When a process is started again, and when it is given up."""

from __future__ import annotations

import pytest
from elsipo.supervisor import RestartPolicy


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def even() -> float:
    return 0.5


def test_third_crash_within_five_minutes_is_the_last() -> None:
    clock = Clock()
    policy = RestartPolicy(clock=clock, chance=even)
    delays = []
    for _ in range(3):
        delays.append(policy.crashed())
        clock.now += 149
    assert delays == [pytest.approx(0.05), pytest.approx(0.5), None]


def test_crash_is_forgotten_after_five_minutes() -> None:
    clock = Clock()
    policy = RestartPolicy(clock=clock, chance=even)
    for _ in range(20):
        assert policy.crashed() is not None
        clock.now += 150


def test_pause_grows_to_five_seconds_and_no_further() -> None:
    policy = RestartPolicy(max_crashes=10, clock=Clock(), chance=even)
    assert [policy.crashed() for _ in range(5)] == pytest.approx([0.05, 0.5, 5.0, 5.0, 5.0])


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.999])
def test_chance_moves_the_pause_within_its_bounds(chance: float) -> None:
    policy = RestartPolicy(max_crashes=10, clock=Clock(), chance=lambda: chance)
    delays = [policy.crashed() for _ in range(5)]
    assert all(delay is not None and 0.05 <= delay <= 5.0 for delay in delays)
    assert delays[1] == pytest.approx((0.75 + 0.5 * chance) / 2)


def test_user_may_try_again_after_it_was_given_up() -> None:
    policy = RestartPolicy(clock=Clock(), chance=even)
    assert [policy.crashed() for _ in range(3)][-1] is None
    policy.forget()
    assert policy.crashed() == pytest.approx(0.05)


def test_reason_is_in_words() -> None:
    assert RestartPolicy().gave_up() == "it ended 3 times within 5 minutes"
