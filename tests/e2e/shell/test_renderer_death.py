"""A dead renderer is told and replaced, once."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site


def test_a_killed_renderer_is_told_and_the_page_comes_back_with_a_new_token(
    open_window: Callable[..., None], site: Site, shell: ShellProcess
) -> None:
    open_window(f"{site.origin}/")
    first = site.reported("token")
    _kill_renderers(shell)
    died = shell.notified("window.renderer_died")
    assert died["window_id"] == "w1"
    assert "killed" in died["detail"]
    assert site.reported("token", 2) != first


def test_a_renderer_that_dies_again_at_once_is_not_started_again_until_the_host_orders(
    open_window: Callable[..., None], site: Site, shell: ShellProcess
) -> None:
    open_window(f"{site.origin}/")
    site.reported("token")
    _kill_renderers(shell)
    site.reported("token", 2)
    _kill_renderers(shell)
    shell.notified("window.renderer_died", 2)
    shell.wait_for_log("is not started again")
    shell.request("window.close", window_id="w1")
    shell.notified("window.closed")
    assert len(shell.tokens) == 2
    open_window(f"{site.origin}/")
    site.reported("token", 3)


def _kill_renderers(shell: ShellProcess) -> None:
    for pid in wait_until(shell.renderers, what="a renderer"):
        os.kill(pid, signal.SIGKILL)
