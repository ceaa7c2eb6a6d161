"""The bounded waits on which other tests stand."""

from __future__ import annotations

import pytest
from peers.waiting import eventually, wait_until


def test_a_wait_returns_what_became_true() -> None:
    answers = iter([None, 0, "", "there"])
    assert wait_until(lambda: next(answers), interval_s=0.001) == "there"


def test_a_wait_that_fails_says_for_what_and_what_was_seen() -> None:
    with pytest.raises(TimeoutError, match=r"Not within 0.01 s: a miracle. Last seen: \[\]"):
        wait_until(list, timeout_s=0.01, what="a miracle", interval_s=0.001)


def test_a_condition_is_looked_at_even_without_time() -> None:
    assert wait_until(lambda: True, timeout_s=0) is True


def test_an_error_in_the_condition_is_not_hidden() -> None:
    def broken() -> bool:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        wait_until(broken)


async def test_plain_and_asynchronous_conditions_are_awaited() -> None:
    numbers = iter(range(5))

    async def third() -> bool:
        return next(numbers) == 2

    assert await eventually(third, interval_s=0.001) is True
    assert await eventually(lambda: next(numbers) == 4, interval_s=0.001)
    with pytest.raises(TimeoutError, match="never"):
        await eventually(lambda: False, timeout_s=0.01, what="never", interval_s=0.001)
