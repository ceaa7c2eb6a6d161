"""Where a window is: told when it has come to rest, taken back at its opening, and never outside of the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from elsipo_shell.bounds import fit_length, fit_place
from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.shell.desk import Desk
    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site

TITLE = "A page: é"


@pytest.fixture
def open_at(shell: ShellProcess, site: Site) -> Callable[..., None]:
    """Opens a window in a place."""

    def open_one(**where: int) -> None:
        shell.request("window.open", window_id="w1", url=f"{site.origin}/", title="", icon_file="", **where)
        site.reported("painted")

    return open_one


def test_a_window_opens_where_it_was(open_at: Callable[..., None], desk: Desk) -> None:
    open_at(x_px=140, y_px=90, width_px=600, height_px=400)
    wait_until(lambda: desk.place(desk.window(TITLE)) == (140, 90, 600, 400), what="the window in its place")


def test_a_window_that_a_person_moves_and_resizes_says_where_it_came_to_rest(
    open_at: Callable[..., None], shell: ShellProcess, desk: Desk
) -> None:
    open_at(x_px=10, y_px=20, width_px=500, height_px=400)
    window = desk.window(TITLE)
    for step in range(1, 11):
        desk.move(window, 10 + 5 * step, 20 + 3 * step)
    desk.resize(window, 640, 480)
    told = shell.wait(lambda message: _told(message) == {"x_px": 60, "y_px": 50, "width_px": 640, "height_px": 480})
    assert told["params"]["window_id"] == "w1"
    assert shell.messages.count(told) == 1


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ({"x_px": 5000, "y_px": -300, "width_px": 400, "height_px": 300}, ("right", 0, 400, 300)),
        ({"x_px": 30, "y_px": 40, "width_px": 16000, "height_px": 16000}, (0, 0, "all", "all")),
    ],
)
def test_a_window_of_a_larger_screen_is_brought_onto_this_one(
    wanted: dict[str, int], given: tuple[Any, ...], open_at: Callable[..., None], desk: Desk
) -> None:
    width, height = desk.screen()
    open_at(**wanted)
    expected = (
        width - 400 if given[0] == "right" else given[0],
        given[1],
        width if given[2] == "all" else given[2],
        height if given[3] == "all" else given[3],
    )
    wait_until(lambda: desk.place(desk.window(TITLE)) == expected, what=f"the window at {expected}")


def test_a_place_fits_where_the_whole_length_is_on_the_screen() -> None:
    assert [fit_place(place, 300, 1000) for place in (-5, 0, 700, 701, 9999)] == [0, 0, 700, 700, 700]
    assert fit_place(None, 300, 1000) is None
    assert (fit_length(999, 1000), fit_length(1001, 1000)) == (999, 1000)


def _told(message: Any) -> Any:
    return message.get("params", {}).get("bounds") if message.get("method") == "window.bounds_changed" else None
