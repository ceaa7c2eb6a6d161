"""Where files are found: in these sources, and where a wheel would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo import resources

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a package that is installed, with nothing beside it yet."""
    package = tmp_path / "lib" / "elsipo"
    package.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", package)
    monkeypatch.setattr(resources, "_SOURCES", tmp_path)
    return package


def _put(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")


def test_the_sources_have_the_kit_and_the_shell() -> None:
    assert (resources.provider_kit() / "kamailio.cfg").is_file()
    assert (resources.shell_python_path() / "elsipo_shell" / "__init__.py").is_file()


def test_a_wheel_has_them_below_the_package_and_beside_it(wheel: Path) -> None:
    data = wheel / "_resources"
    _put(data / "frontend" / "elsipo.js", data / "frontend" / "chrome" / "elsipo.svg")
    _put(data / "provider" / "kamailio.cfg", wheel.parent / "elsipo_shell" / "__init__.py")
    assert resources.frontend_dist() == data / "frontend"
    assert resources.provider_kit() == data / "provider"
    assert resources.icon_file() == data / "frontend" / "chrome" / "elsipo.svg"
    assert resources.shell_python_path() == wheel.parent


def test_an_icon_in_pixels_comes_first(wheel: Path) -> None:
    chrome = wheel / "_resources" / "frontend" / "chrome"
    _put(chrome.parent / "elsipo.js", chrome / "elsipo.svg", chrome / "elsipo.png")
    assert resources.icon_file().name == "elsipo.png"


def test_sources_that_are_not_built_say_how_to_build_them(wheel: Path) -> None:
    _put(wheel.parents[1] / "frontend" / "package.json")
    with pytest.raises(FileNotFoundError, match=r"make frontend/dist/elsipo\.js"):
        resources.frontend_dist()
    with pytest.raises(FileNotFoundError, match=r"make frontend/dist/elsipo\.js"):
        resources.icon_file()


@pytest.mark.usefixtures("wheel")
def test_a_broken_installation_says_so() -> None:
    for find in (resources.frontend_dist, resources.provider_kit, resources.shell_python_path):
        with pytest.raises(FileNotFoundError, match="Install Elsipo anew"):
            find()
