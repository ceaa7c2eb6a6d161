"""A window as a person sees it on X11."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.shell.desk import Desk
    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site

RED, GREEN, HALF_BLUE = 0xFFFF0000, 0xFF00FF00, 0x800000FF
ICON = [3, 2, RED, GREEN, HALF_BLUE, RED, GREEN, HALF_BLUE]
TITLE = "A page: é"


def test_a_window_has_title_icon_size_and_class(
    open_window: Callable[..., None], site: Site, desk: Desk, shell: ShellProcess
) -> None:
    open_window(f"{site.origin}/")
    window = desk.window(TITLE)
    assert desk.size(window) == (640, 480)
    assert desk.icon(window) == ICON
    assert desk.prop(window, "WM_CLASS") == '"elsipo", "Elsipo"'
    assert desk.prop(window, "_NET_WM_PID") == str(shell.process.pid)


def test_the_title_is_the_hosts_then_the_documents_then_what_the_host_sets(
    open_window: Callable[..., None], site: Site, desk: Desk, shell: ShellProcess
) -> None:
    open_window(site.page("/renames", "setTitle = () => document.title = 'Two'; window.onclick = setTitle;"))
    window = desk.window(TITLE)
    site.reported("painted")
    desk.click(window)
    assert desk.window("Two") == window
    shell.request("window.set_title", window_id="w1", title="Drei: ü")
    assert desk.window("Drei: ü") == window


def test_focus_brings_a_window_to_the_front(
    open_window: Callable[..., None], site: Site, desk: Desk, shell: ShellProcess
) -> None:
    open_window(site.page("/one", "document.title = 'One'"), "one")
    open_window(site.page("/two", "document.title = 'Two'"), "two")
    desk.window("One")
    desk.window("Two")
    shell.request("window.focus", window_id="one")
    wait_until(lambda: _front(desk) == "One", what="one in front")
    shell.request("window.focus", window_id="two")
    wait_until(lambda: _front(desk) == "Two", what="two in front")


def test_closing_by_the_user_is_told_and_leaves_the_others(
    open_window: Callable[..., None], site: Site, desk: Desk, shell: ShellProcess
) -> None:
    open_window(site.page("/one", "document.title = 'One'"), "one")
    open_window(site.page("/two", "document.title = 'Two'"), "two")
    desk.close(desk.window("One"))
    assert shell.notified("window.closed") == {"window_id": "one"}
    assert shell.response("window.focus", window_id="one")["error"]["code"] == -32012
    assert desk.window("Two")
    shell.request("window.focus", window_id="two")


def test_another_window_opens_after_a_person_has_closed_the_last_one(
    open_window: Callable[..., None], site: Site, desk: Desk, shell: ShellProcess
) -> None:
    for number in (1, 2, 3):
        open_window(f"{site.origin}/")
        site.reported("painted", number)
        desk.close(desk.window(TITLE))
        shell.notified("window.closed", number)
    assert shell.request("shell.hello", protocol_version=1)["pid"] == shell.process.pid


def test_closing_by_the_host_is_told_and_the_id_is_free_again(
    open_window: Callable[..., None], site: Site, desk: Desk, shell: ShellProcess
) -> None:
    open_window(f"{site.origin}/")
    desk.window(TITLE)
    shell.request("window.close", window_id="w1")
    assert shell.notified("window.closed") == {"window_id": "w1"}
    wait_until(lambda: TITLE not in desk.titles(), what="the window is gone")
    open_window(f"{site.origin}/")
    assert desk.window(TITLE)


def test_an_icon_that_cannot_be_read_does_not_prevent_the_window(shell: ShellProcess, site: Site, desk: Desk) -> None:
    shell.request(
        "window.open",
        window_id="w1",
        url=f"{site.origin}/",
        title="Elsipo",
        icon_file=__file__,
        width_px=300,
        height_px=200,
    )
    assert desk.window(TITLE)
    shell.wait_for_log("no icon")


def test_keys_reload_zoom_and_close(
    open_window: Callable[..., None], site: Site, desk: Desk, shell: ShellProcess
) -> None:
    open_window(
        site.page("/keys", "report({ratio: devicePixelRatio}); onresize = () => report({zoomed: devicePixelRatio})")
    )
    window = desk.window(TITLE)
    site.reported("painted")
    desk.click(window)
    desk.press("ctrl+plus")
    assert site.reported("zoomed") > site.reported("ratio")
    desk.press("ctrl+0")
    assert site.reported("zoomed", 2) == site.reported("ratio")
    desk.press("F5")
    site.reported("painted", 2)
    desk.click(window)
    desk.press("ctrl+w")
    shell.notified("window.closed")


def _front(desk: Desk) -> str:
    return next(title for title in desk.titles() if title in {"One", "Two"})
