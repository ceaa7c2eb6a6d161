"""A person's pointer, which goes where the window shows something. Must not know what is clicked on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.async_api import Locator

_PATIENCE_MS: Final = 20_000


async def click(target: Locator) -> None:
    """Click on something of the chrome once it is drawn.

    Playwright goes by the document's layout, which is ahead of what is to be seen; Chromium sends a click to the frame
    that it drew there last. So a click on what has just come up above the page, as a menu does, could reach the page.

    Raises:
        TimeoutError: it cannot be clicked on.
    """
    await target.scroll_into_view_if_needed(timeout=_PATIENCE_MS)
    devtools = await target.page.context.new_cdp_session(target.page)
    await devtools.send("Page.captureScreenshot", {"format": "jpeg", "quality": 1})  # made of what is drawn next
    await devtools.detach()
    await target.click(timeout=_PATIENCE_MS)
