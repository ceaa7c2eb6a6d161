"""The smallest plugin of Elsipo: it says again what it is told. Copy it to begin one of your own."""

from __future__ import annotations

from typing import Any, Final

from elsipo.plugin import Plugin, PluginError

_TEXT: Final[dict[str, Any]] = {"type": "string", "maxLength": 1024}

plugin = Plugin("echo", title="Echo", version="1.0")
plugin.notification(
    "said", params={"text": _TEXT, "times": {"type": "integer"}}, summary="Somebody made it say a text."
)

_times = 0


@plugin.method(params={"text": _TEXT}, result=_TEXT)
def say(text: str) -> str:
    """The text again; every page of the account is told."""
    global _times  # noqa: PLW0603 - the process lives as long as its count
    _times += 1
    plugin.notify("said", text=text, times=_times)
    return text


@plugin.method(params={"text": _TEXT}, result=_TEXT)
async def reverse(text: str) -> str:
    """The text from its end to its beginning."""
    if not text:
        raise PluginError("There is nothing to turn round.")
    return text[::-1]
