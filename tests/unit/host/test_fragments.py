"""The newest content of each element is always told, and never faster than a person could see it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from elsipo.host import fragments as module
from elsipo.host.fragments import Fragments
from peers.waiting import eventually

if TYPE_CHECKING:
    import pytest
    from elsipo.rpc.method import Notification
    from elsipo.rpc.model import Model

P = TypeVar("P", bound="Model")


class Windows:
    """What would be told, text by text."""

    def __init__(self) -> None:
        self.texts: list[dict[str, str]] = []

    def emit(self, notification: Notification[P], *several: P) -> None:
        assert notification.name == "fragment.received"
        told: list[Any] = [params.fragment for params in several]  # type: ignore[attr-defined]
        self.texts.append({fragment.element_id: fragment.html for fragment in told})

    def shown(self) -> dict[str, str]:
        """What a page would show in the end."""
        return {element_id: html for text in self.texts for element_id, html in text.items()}


async def test_the_first_is_told_at_once_and_of_those_that_follow_the_last_of_each() -> None:
    windows = Windows()
    fragments = Fragments(windows.emit)
    fragments.put("a", "0")
    assert windows.texts == [{"a": "0"}]
    for number in range(1, 1000):
        fragments.put("ab"[number % 2], str(number))
    assert len(windows.texts) == 1
    await eventually(lambda: len(windows.texts) > 1)
    assert windows.texts == [{"a": "0"}, {"b": "999", "a": "998"}]
    assert {one.element_id: one.html for one in fragments.all()} == windows.shown()


async def test_after_a_quiet_while_the_next_is_told_at_once_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.0)
    windows = Windows()
    fragments = Fragments(windows.emit)
    fragments.put("a", "1")
    await eventually(lambda: fragments._pause is None)
    fragments.put("a", "2")
    assert windows.texts == [{"a": "1"}, {"a": "2"}]


async def test_many_elements_and_large_contents_come_in_texts_that_a_page_can_take() -> None:
    windows = Windows()
    fragments = Fragments(windows.emit)
    for number in range(200):
        fragments.put(f"many-{number}", str(number))
    for number in range(4):
        fragments.put(f"large-{number}", "x" * 200_000)
    await eventually(lambda: len(windows.shown()) == 204)
    assert max(map(len, windows.texts)) <= 64
    assert max(sum(map(len, text.values())) for text in windows.texts) <= 262_144
    assert [list(text)[-1] for text in windows.texts[-4:]] == [f"large-{number}" for number in range(4)]


async def test_no_provider_fills_the_memory_with_elements() -> None:
    fragments = Fragments(Windows().emit)
    for number in range(10_000):
        fragments.put(f"n{number}", "x")
        await asyncio.sleep(0)
    assert [one.element_id for one in fragments.all()] == [f"n{number}" for number in range(10_000 - 256, 10_000)]
