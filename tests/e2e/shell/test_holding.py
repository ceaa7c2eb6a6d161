"""No document holds a window that the user, the host or the shell's end wants closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.shell.desk import Desk
    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site

TITLE = "A page: é"
_HOLDS = """
window.onbeforeunload = (event) => { event.preventDefault(); event.returnValue = "stay"; };
window.onclick = () => report({ clicked: true });
"""
_FRAME = """
document.write(`<iframe src="%s" sandbox="allow-scripts allow-same-origin allow-forms"
  style="position:fixed;top:0;left:0;width:100%%;height:100%%"></iframe>`);
"""


@pytest.fixture(params=["main frame", "sandboxed frame"])
def holding(
    request: pytest.FixtureRequest,
    open_window: Callable[..., None],
    two_sites: tuple[Site, Site],
    desk: Desk,
) -> str:
    """A window whose document was clicked, as Chromium demands, and asks to stay; its X11 id."""
    site, other_site = two_sites
    if request.param == "main frame":
        open_window(site.page("/holds", _HOLDS))
        holder = site
    else:
        inner = other_site.page("/holds", _HOLDS).replace("127.0.0.1", "alice.localhost")
        open_window(site.page("/outer", _FRAME % inner))
        holder = other_site
    site.reported("token")
    holder.reported("painted")
    window = desk.window(TITLE)

    def was_clicked() -> bool:
        # A frame's process may have painted before the window's knows where it is, and gets no click until then.
        desk.click(window)
        return {"clicked": True} in holder.reports

    wait_until(was_clicked, what="a click in the document", interval_s=0.2)
    return window


def test_the_user_closes_it(holding: str, shell: ShellProcess, desk: Desk) -> None:
    desk.close(holding)
    assert shell.notified("window.closed") == {"window_id": "w1"}


@pytest.mark.usefixtures("holding")
def test_the_host_closes_it(shell: ShellProcess) -> None:
    shell.request("window.close", window_id="w1")
    assert shell.notified("window.closed") == {"window_id": "w1"}


@pytest.mark.usefixtures("holding")
def test_the_user_reloads_it(site: Site, desk: Desk) -> None:
    desk.press("F5")
    site.reported("token", 2)


@pytest.mark.usefixtures("holding")
def test_the_end_of_stdin_ends_it_without_force(shell: ShellProcess) -> None:
    shell.close_stdin()
    assert shell.ended() == 0
