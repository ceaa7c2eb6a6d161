"""A window of Elsipo seen through bare DevTools, for Chromiums that Playwright cannot attach to.

Acts as a person does: by the pointer and by the keyboard, on what is to be seen. Must not know what the tour is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, Final

from elsipo.demo.cdp import Target, targets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

_PATIENCE_S: Final = 20.0
_INTERVAL_S: Final = 0.05

_WHERE: Final = """(() => {
    const found = [...document.querySelectorAll(%s)].pop();
    if (!found || found.disabled || !found.getClientRects().length) return null;
    found.scrollIntoView({ block: "nearest" });
    const box = found.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
})()"""

# The frame that waits beneath the page for the next one.
_WAITING: Final = "(document.querySelector('[data-testid=page-waiting]') || {}).src"


class Part:
    """The chrome or the page of a window; elements are CSS selectors, and of several the last is meant."""

    def __init__(self, target: Target, *, is_chrome: bool = False) -> None:
        self._target = target
        self._is_chrome = is_chrome

    async def text(self, selector: str) -> str:
        """What an element says; "" where it is not, or not to be seen."""
        found = json.dumps(selector)
        element = f"[...document.querySelectorAll({found})].pop()"
        return str(await self._target.evaluate(f"({element} || {{}}).innerText || ''"))

    async def says(self, selector: str, text: str) -> str:
        """Wait until an element says something, in whatever case; all that it says.

        Raises:
            AssertionError: it does not.
        """
        return await self._until(f"{selector} says {text!r}", selector, lambda seen: text.lower() in seen.lower())

    async def says_other_than(self, selector: str, text: str) -> str:
        """Wait until an element says something else.

        Raises:
            AssertionError: it does not.
        """
        return await self._until(f"{selector} changes", selector, lambda seen: seen not in {"", text})

    async def is_gone(self, selector: str) -> None:
        """Wait until an element is not to be seen.

        Raises:
            AssertionError: it stays.
        """
        await self._until(f"{selector} goes", selector, lambda seen: not seen)

    async def click(self, selector: str) -> None:
        """Click in the middle of an element, once it is there, can be used, and stands still.

        Raises:
            AssertionError: it is not.
        """
        deadline = time.monotonic() + _PATIENCE_S
        before, where = None, await self._target.evaluate(_WHERE % json.dumps(selector))
        while where is None or where != before:  # what loads above it would move it away under the pointer
            await _wait_before(deadline, f"{selector} can be clicked")
            before, where = where, await self._target.evaluate(_WHERE % json.dumps(selector))
        # Chromium sends a click to the frame that it drew there last: what has come up above the page must be drawn.
        if self._is_chrome:
            await self._target.drawn()
        await self._target.click_at(*where)

    async def write(self, selector: str, text: str) -> None:
        """Click into a field and type."""
        await self.click(selector)
        await self._target.type(text)

    async def press_enter(self) -> None:
        """Press the Enter key where the keyboard is."""
        await self._target.press_enter()

    async def evaluate(self, expression: str) -> object:
        """Ask the document itself.

        Raises:
            CdpError: the script threw.
        """
        return await self._target.evaluate(expression)

    async def screenshot(self) -> bytes:
        """What is to be seen, as PNG."""
        return await self._target.screenshot()

    async def _until(self, what: str, selector: str, wanted: Callable[[str], bool]) -> str:
        deadline = time.monotonic() + _PATIENCE_S
        while not wanted(seen := await self.text(selector)):
            await _wait_before(deadline, f"{what}; it says {seen[:80]!r}")
        return seen


class BareWindow:
    """One window.

    Attributes:
        chrome: The trusted chrome.
        page: The page that it shows.
    """

    def __init__(self, chrome: Part, page: Part) -> None:
        self.chrome = chrome
        self.page = page

    async def screenshot(self) -> bytes:
        """What the window shows, as PNG."""
        return await self.chrome.screenshot()


@contextlib.asynccontextmanager
async def bare_window(port: int, aor: str) -> AsyncIterator[BareWindow]:
    """The window of an account, once its page is there.

    Raises:
        AssertionError: it does not come.
    """
    async with bare_page(port, aor) as page, bare_chrome(port, aor) as chrome:
        yield BareWindow(chrome, page)


@contextlib.asynccontextmanager
async def bare_chrome(port: int, aor: str) -> AsyncIterator[Part]:
    """The chrome of an account's window, whether it shows a page or not.

    Raises:
        AssertionError: the window does not come.
    """
    target = await _until_found(_window, port, aor, what=f"a window of {aor}")
    async with Target.attached(target) as chrome:
        yield Part(chrome, is_chrome=True)


@contextlib.asynccontextmanager
async def bare_page(port: int, aor: str) -> AsyncIterator[Part]:
    """The page that an account's window shows now.

    Raises:
        AssertionError: it does not come.
    """
    target = await _until_found(_page, port, aor, what=f"a page in the window of {aor}")
    async with Target.attached(target) as page:
        yield Part(page)


async def _window(port: int, aor: str) -> dict[str, Any] | None:
    found = await asyncio.to_thread(targets, port)
    return next((one for one in found if one["type"] == "page" and f"{aor} " in one["title"]), None)


async def _page(port: int, aor: str) -> dict[str, Any] | None:
    window = await _window(port, aor)
    if window is None:
        return None
    async with Target.attached(window) as chrome:
        waiting = await chrome.evaluate(_WAITING)
    found = await asyncio.to_thread(targets, port)
    frames = [one for one in found if one.get("parentId") == window["id"] and one["url"] != waiting]
    return frames[0] if frames else None


async def _until_found(
    look: Callable[[int, str], Awaitable[dict[str, Any] | None]], port: int, aor: str, *, what: str
) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        with contextlib.suppress(OSError):  # Chromium starts
            if (target := await look(port, aor)) is not None:
                return target
        await _wait_before(deadline, what)


async def _wait_before(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise AssertionError(f"Not within {_PATIENCE_S:g} s: {what}.")
    await asyncio.sleep(_INTERVAL_S)
