"""Bounded waits on what another program does and does not announce.

What announces itself is waited for by its event. Must not know any peer.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

INTERVAL_S: Final = 0.02
"""How often a condition is looked at."""


def wait_until(
    predicate: Callable[[], T], *, timeout_s: float = 10.0, what: str = "", interval_s: float = INTERVAL_S
) -> T:
    """Wait until `predicate` returns something true.

    Blocks the thread: in a coroutine use `eventually`.

    Args:
        predicate: Looked at again and again; its exceptions pass through.
        timeout_s: After this many seconds the wait has failed.
        what: What is waited for, in words.
        interval_s: Seconds between two looks.

    Returns:
        What `predicate` returned.

    Raises:
        TimeoutError: it did not become true; says what was waited for and what was seen last.
    """
    never = threading.Event()
    deadline = time.monotonic() + timeout_s
    while True:
        seen = predicate()
        if seen:
            return seen
        if time.monotonic() >= deadline:
            raise TimeoutError(_complaint(predicate, what, seen, timeout_s))
        never.wait(interval_s)


@overload
async def eventually(
    predicate: Callable[[], Coroutine[Any, Any, T]], *, timeout_s: float = ..., what: str = ..., interval_s: float = ...
) -> T: ...
@overload
async def eventually(
    predicate: Callable[[], T], *, timeout_s: float = ..., what: str = ..., interval_s: float = ...
) -> T: ...
async def eventually(
    predicate: Callable[[], Any], *, timeout_s: float = 10.0, what: str = "", interval_s: float = INTERVAL_S
) -> Any:
    """Wait until `predicate` returns something true, and let the loop run meanwhile.

    Args:
        predicate: Looked at again and again, awaited when it is a coroutine function; its exceptions pass through.
        timeout_s: After this many seconds the wait has failed.
        what: What is waited for, in words.
        interval_s: Seconds between two looks.

    Returns:
        What `predicate` returned.

    Raises:
        TimeoutError: it did not become true; says what was waited for and what was seen last.
    """
    never = asyncio.Event()
    deadline = time.monotonic() + timeout_s
    while True:
        answer = predicate()
        seen = await answer if inspect.isawaitable(answer) else answer
        if seen:
            return seen
        if time.monotonic() >= deadline:
            raise TimeoutError(_complaint(predicate, what, seen, timeout_s))
        try:
            await asyncio.wait_for(never.wait(), interval_s)
        except TimeoutError:
            continue


def _complaint(predicate: object, what: str, seen: object, timeout_s: float) -> str:
    name = what or getattr(predicate, "__qualname__", repr(predicate))
    return f"Not within {timeout_s:g} s: {name}. Last seen: {seen!r}"
