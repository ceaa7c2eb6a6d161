"""The echo plugin by itself, as its author tests it: no host, no process."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.plugin import Plugin, PluginError

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture
def echo() -> ModuleType:
    """The module, fresh."""
    spec = importlib.util.spec_from_file_location("elsipo_echo", Path(__file__).with_name("elsipo_echo.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_says_what_it_is_told_and_tells_how_often(echo: ModuleType) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    echo.plugin.tell_through(lambda name, params: told.append((name, params)))
    assert [echo.say("a"), echo.say("b")] == ["a", "b"]
    assert told == [("said", {"text": "a", "times": 1}), ("said", {"text": "b", "times": 2})]


async def test_it_turns_a_text_round_and_says_no_to_nothing(echo: ModuleType) -> None:
    assert await echo.plugin.call("reverse", {"text": "abc"}) == "cba"
    with pytest.raises(PluginError, match="nothing to turn"):
        await echo.reverse("")


def test_it_describes_itself(echo: ModuleType) -> None:
    assert isinstance(echo.plugin, Plugin)
    description = echo.plugin.description
    assert [method.name for method in description.methods] == ["say", "reverse"]
    assert description.methods[1].params["required"] == ["text"]
