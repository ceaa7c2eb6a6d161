"""What a page's scripts and styles say: network use that the policy forbids, and what they want of the SDK."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from elsipo.rpc._generated import bridge

if TYPE_CHECKING:
    from collections.abc import Iterator

    Problem = tuple[int, Literal["error", "warning"], str]

_COMMENT: Final = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.DOTALL)
_NETWORK: Final = re.compile(r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts)\s*\(")
_CODE_OF_TEXT: Final = re.compile(r"(?<![.\w])(eval|new\s+Function)\s*\(")
_METHOD: Final = re.compile(r"\belsipo\.([a-z]+)\.([A-Za-z]+)\s*\(")
_LISTENER: Final = re.compile(r"\belsipo\.on\(\s*[\"']([\w.]+)[\"']")
_PLUGIN: Final = re.compile(r"\belsipo\.plugin\s*\(")
_AWAY: Final = re.compile(r"url\(\s*[\"']?((?:https?:)?//[^)\"']*)|@import\s+[\"']((?:https?:)?//[^\"']*)")
_ON_THE_LINE: Final = {"connected", "disconnected"}
_NO_METHODS: Final = {"errors", "format", "session", "ready"}
# What the SDK does by itself.
_OF_THE_SDK: Final = frozenset({"elsipo.fragment.applyAll(", "elsipo.fragment.declare("})


def line_of(text: str, index: int) -> int:
    """Line of a place in a text, from 1."""
    return text.count("\n", 0, index) + 1


def script_problems(text: str, asked: set[str] | None, first_line: int = 1) -> Iterator[Problem]:
    """What is wrong with a script.

    Args:
        text: The script.
        asked: Capabilities that the manifest asks for; None leaves that, and the policy, alone: a page of 2011.
        first_line: Where it begins in its file.
    """
    text = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)

    def at(match: re.Match[str]) -> int:
        return line_of(text, match.start()) + first_line - 1

    forbidden = [(_NETWORK, "a page has no network; ask the provider through elsipo instead")]
    if asked is not None:
        forbidden.append((_CODE_OF_TEXT, "the policy lets no text become code"))
    for pattern, words in forbidden:
        yield from ((at(match), "error", f"{match[1]}: {words}") for match in pattern.finditer(text))
    for match in _METHOD.finditer(text):
        if match[1] not in _NO_METHODS and match[0] not in _OF_THE_SDK:
            name = f"{match[1]}.{re.sub('[A-Z]', lambda upper: '_' + upper[0].lower(), match[2])}"
            yield from _method(name, match[0].rstrip("( "), at(match), asked)
    for match in _LISTENER.finditer(text):
        if match[1] not in _ON_THE_LINE:
            yield from _listener(match[1], at(match), asked)
    if asked is not None and "plugin.use" not in asked:
        for match in _PLUGIN.finditer(text):
            yield at(match), "error", "elsipo.plugin needs plugin.use, and the manifest does not ask for it"


def style_problems(text: str) -> Iterator[Problem]:
    """What is wrong with a style sheet."""
    for match in _AWAY.finditer(text):
        yield line_of(text, match.start()), "error", f"{match[1] or match[2]}: a page brings its files itself"


def _method(name: str, said: str, line: int, asked: set[str] | None) -> Iterator[Problem]:
    method = bridge.METHODS.get(name)
    if method is None or "page" not in method.senders:
        yield line, "error", f"{said}: there is no such function for pages"
    elif asked is not None and method.capability not in {None, *asked}:
        yield line, "error", f"{said} needs {method.capability}, and the manifest does not ask for it"


def _listener(name: str, line: int, asked: set[str] | None) -> Iterator[Problem]:
    told = bridge.NOTIFICATIONS.get(name)
    if told is None or "page" not in told.receivers:
        yield line, "error", f'nothing is called "{name}" that a page could listen to'
    elif asked is not None and told.capability not in {None, *asked}:
        yield line, "error", f'"{name}" needs {told.capability}, and the manifest does not ask for it'
