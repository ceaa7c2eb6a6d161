"""What an HTML file says: what the policy of pages forbids, and what not everybody could read."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from elsipo.ui_kit.words import script_problems, style_problems

if TYPE_CHECKING:
    from collections.abc import Container

    from elsipo.ui_kit.words import Problem

_LOADS: Final = {"src", "href", "poster", "data", "srcset"}
_LINKS: Final = {"a", "area"}
_NOT_FOR_PAGES: Final = {"iframe", "frame", "object", "embed", "applet", "base"}
_OWN: Final = {"/elsipo.js", "elsipo.js"}


class Markup(HTMLParser):
    """An HTML file that has been looked at.

    Args:
        text: The file.
        files: The names of the page's files.
        is_legacy: It is a page of 2011, which may have inline code.
        asked: Capabilities that the manifest asks for.

    Attributes:
        ids: The elements' ids.
        problems: Line, severity and words of what was found.
    """

    def __init__(self, text: str, files: Container[str], *, is_legacy: bool, asked: set[str]) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.problems: list[Problem] = []
        self._files = files
        self._is_legacy = is_legacy
        self._asked = asked
        self._within = ""
        self._titled = False
        self.feed(text)
        self.close()
        if not self._titled:
            self.problems.append((0, "warning", "it has no <title>"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        line = self.getpos()[0]
        values = {name: value or "" for name, value in attrs}
        self._within = tag if tag in {"script", "style", "title"} else ""
        if tag == "html" and not values.get("lang"):
            self._say(line, "warning", "<html> says no lang; a screen reader guesses")
        if tag == "img" and "alt" not in values:
            self._say(line, "warning", "<img> has no alt; one that means nothing says so by an empty one")
        if tag in _NOT_FOR_PAGES:
            self._say(line, "error", f"<{tag}> is not for pages")
        if tag == "script" and "src" not in values and not self._is_legacy:
            self._say(line, "error", "an inline script does not run; put it into a file")
        self._id(line, values.get("id"))
        for name, value in values.items():
            if name.startswith("on") and not self._is_legacy:
                self._say(line, "error", f"{name}: an inline handler does not run; use addEventListener")
            if name == "style" and not self._is_legacy:
                self._say(line, "warning", "an inline style is not applied; use a class")
            if name in _LOADS and tag not in _LINKS:
                self._load(line, value)

    def handle_endtag(self, tag: str) -> None:
        """See where a script ends."""
        if tag == self._within:
            self._within = ""

    def handle_data(self, data: str) -> None:
        """Look at what stands within a script, a style or the title."""
        first_line = self.getpos()[0]
        if self._within == "script":
            self.problems += script_problems(data, None if self._is_legacy else self._asked, first_line)
        elif self._within == "style":
            self.problems += [(line + first_line - 1, kind, words) for line, kind, words in style_problems(data)]
        elif self._within == "title" and data.strip():
            self._titled = True

    def _id(self, line: int, found: str | None) -> None:
        if found:
            if found in self.ids:
                self._say(line, "error", f"the id {found} is there twice; a fragment finds the first")
            self.ids.add(found)

    def _load(self, line: int, value: str) -> None:
        if value.startswith(("http:", "https:", "//")):
            self._say(line, "error", f"{value}: a page brings its files itself")
            return
        name = value.partition("?")[0].partition("#")[0].removeprefix("./")
        is_file = bool(name) and ":" not in name and name not in _OWN and "," not in name
        if is_file and name.lstrip("/") not in self._files:
            self._say(line, "error", f"{value} is not there")

    def _say(self, line: int, kind: str, words: str) -> None:
        self.problems.append((line, "error" if kind == "error" else "warning", words))
