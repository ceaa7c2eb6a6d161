"""A provider's colours can be read, whatever it likes."""

import itertools

import pytest
from elsipo.host.provider_ui.branding import branding_of, contrast
from elsipo.rpc._generated.models import Colours, Manifest, Palette

ODD = ("#000000", "#ffffff", "#808080", "#ffff00", "#0000ff", "#7b2d8b")


def test_the_contrast_is_the_standards() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("accent", "background", "text"), list(itertools.product(ODD, ODD, ODD)))
def test_every_text_can_be_read_on_its_ground(accent: str, background: str, text: str) -> None:
    palette = Palette(accent=accent, background=background, text=text)
    manifest = Manifest(elsipo=1, name="A", version="1", colours=Colours(light=palette, dark=palette))
    colours = branding_of(manifest, None).colours
    for readable in (colours.light, colours.dark):
        assert readable is not None
        assert contrast(readable.text, readable.background) >= 4.5
        assert contrast(readable.accent, readable.background) >= 4.5
        assert contrast(readable.accent_text, readable.accent) >= 4.5


def test_colours_that_can_be_read_stay_as_they_are() -> None:
    palette = Palette(accent="#7b2d8b", background="#fbf6fc", text="#2a1730")
    colours = branding_of(Manifest(elsipo=1, name="A", version="1", colours=Colours(light=palette)), None).colours
    assert colours.light is not None
    assert (colours.light.accent, colours.light.background, colours.light.text) == ("#7b2d8b", "#fbf6fc", "#2a1730")
    assert colours.dark is None
