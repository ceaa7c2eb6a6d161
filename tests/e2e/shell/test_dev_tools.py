"""Chromium's DevTools: a person opens them with a key, and they end with their window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elsipo.demo import cdp
from elsipo.demo.ports import free_port
from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.shell.desk import Desk
    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site

_LOADED = "devtools://devtools/"


def _fronts(port: int) -> list[Any]:
    """The front-ends of DevTools; Chromium 66 calls their scheme chrome-devtools."""
    return [target for target in cdp.targets(port) if _LOADED in target["url"]]


def test_f12_opens_devtools_on_the_window_once_and_they_close_with_it(
    start: Callable[..., ShellProcess], site: Site, desk: Desk
) -> None:
    port = free_port()
    shell = start("--remote-debugging-port", str(port))
    _open(shell, f"{site.origin}/")
    window = desk.window("A page: é")
    site.reported("painted")
    assert _fronts(port) == []
    desk.click(window)
    desk.press("F12")
    wait_until(lambda: _fronts(port), timeout_s=15, what="DevTools")
    shell.request("window.show_dev_tools", window_id="w1")
    assert len(_fronts(port)) == 1
    _open(shell, f"{site.origin}/", "w2")
    shell.request("window.close", window_id="w1")
    wait_until(lambda: not _fronts(port), timeout_s=15, what="DevTools are gone")
    assert shell.response("window.show_dev_tools", window_id="w1")["error"]["code"] == -32012


def test_the_shell_ends_in_time_with_devtools_open(start: Callable[..., ShellProcess], site: Site) -> None:
    port = free_port()
    shell = start("--remote-debugging-port", str(port))
    _open(shell, f"{site.origin}/")
    site.reported("painted")
    shell.request("window.show_dev_tools", window_id="w1")
    wait_until(lambda: _fronts(port), timeout_s=15, what="DevTools")
    shell.request("shell.quit")
    assert shell.ended() == 0


def test_no_document_reaches_devtools(start: Callable[..., ShellProcess], site: Site) -> None:
    front = "devtools://devtools/bundled/devtools_app.html"
    address = site.page(
        "/tries",
        f"""
        const frame = document.body.appendChild(document.createElement("iframe"));
        frame.src = "{front}"; window.open("{front}"); location.href = "chrome-{front}"; location.href = "{front}";
        setTimeout(() => report({{ still: location.href }}), 300);""",
    )
    port = free_port()
    shell = start("--remote-debugging-port", str(port))
    _open(shell, address)
    assert site.reported("still") == address
    assert _fronts(port) == []


def _open(shell: ShellProcess, url: str, window_id: str = "w1") -> None:
    shell.request("window.open", window_id=window_id, url=url, title="", icon_file="", width_px=640, height_px=480)
