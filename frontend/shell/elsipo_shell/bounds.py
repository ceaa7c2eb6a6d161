"""Where a window is and how large, and how that fits a screen. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Optional


class Bounds(NamedTuple):
    """In pixels: the frame's upper left corner on the screen, and the size inside the frame."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int


class Screen(NamedTuple):
    """All of a display, in pixels."""

    width_px: int
    height_px: int


def fit_length(length_px: int, screen_px: int) -> int:
    """As much of a width or a height as the screen holds."""
    return min(length_px, screen_px)


def fit_place(place_px: Optional[int], length_px: int, screen_px: int) -> Optional[int]:
    """The nearest place to it where the window is on the screen from its beginning to its end; None stays None."""
    if place_px is None:
        return None
    return max(0, min(place_px, screen_px - length_px))
