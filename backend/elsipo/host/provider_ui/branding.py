"""A manifest's look made readable: contrast is seen to here, whatever a provider likes (WCAG 2.1 §1.4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from elsipo.rpc._generated.models import Branding, ReadableColours, ReadablePalette

if TYPE_CHECKING:
    from elsipo.rpc._generated.models import Manifest, Palette

_ENOUGH: Final = 4.5
_AMPLE: Final = 7.0  # of a ground, so that what Elsipo itself writes there (red, green, grey) can be read, too
_WHITE, _BLACK = "#ffffff", "#000000"
# What stands in for a missing colour; the same as in the frontend's base.css.
_LIGHT: Final = ("#f3f6f7", "#17262b")
_DARK: Final = ("#10181b", "#e6eef0")
_STEPS: Final = 20


def plain_branding(domain: str) -> Branding:
    """What is shown of a provider that says nothing."""
    return Branding(name=domain, colours=ReadableColours(), services=[], elements=[])


def branding_of(manifest: Manifest, logo: str | None) -> Branding:
    """What windows show of a manifest.

    Args:
        manifest: Checked against the contract.
        logo: As a data address.
    """
    colours = manifest.colours
    return Branding(
        name=manifest.name,
        logo=logo,
        colours=ReadableColours(
            light=_readable(colours.light, *_LIGHT, end=_WHITE) if colours and colours.light else None,
            dark=_readable(colours.dark, *_DARK, end=_BLACK) if colours and colours.dark else None,
        ),
        services=manifest.services or [],
        elements=manifest.elements or [],
    )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.1)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _readable(palette: Palette, background: str, text: str, *, end: str) -> ReadablePalette:
    ground = _moved(palette.background or background, end, text, _AMPLE)
    accent = _apart(palette.accent, ground)
    return ReadablePalette(
        accent=accent,
        accent_text=max(_WHITE, _BLACK, key=lambda colour: contrast(colour, accent)),
        background=ground,
        text=_apart(palette.text or text, ground),
    )


def _apart(colour: str, ground: str) -> str:
    """The colour, moved as little as need be towards black or white until it can be read on its ground."""
    return _moved(colour, max(_WHITE, _BLACK, key=lambda end: contrast(end, ground)), ground, _ENOUGH)


def _moved(colour: str, goal: str, against: str, enough: float) -> str:
    for step in range(_STEPS):
        moved = _mixed(colour, goal, step / _STEPS)
        if contrast(moved, against) >= enough:
            return moved
    return goal


def _mixed(colour: str, goal: str, share: float) -> str:
    channels = zip(_channels(colour), _channels(goal), strict=True)
    return "#" + "".join(f"{round(own + (other - own) * share):02x}" for own, other in channels)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB's own


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
