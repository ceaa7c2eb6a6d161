"""Where the files are that are no Python: in a source tree, or in an installed wheel beside this package.

Must not know what is in them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent
_SOURCES: Final = _PACKAGE.parents[1]
# A wheel carries them below the package, under the last part of their name.
_WHEEL_FOLDER: Final = "_resources"


def frontend_dist() -> Path:
    """The built frontend: `chrome/`, `home/` and `elsipo.js`.

    Raises:
        FileNotFoundError: it is not built; the text says what to run.
    """
    return _find("frontend/dist", "frontend", proof="elsipo.js", remedy=_build_it())


def icon_file() -> Path:
    """The windows' icon, a PNG or SVG file.

    Raises:
        FileNotFoundError: the frontend is not built; the text says what to run.
    """
    folder = frontend_dist() / "chrome"
    for name in ("elsipo.png", "elsipo.svg"):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"There is no icon in {folder}. {_build_it()}")


def provider_kit() -> Path:
    """The demo provider's configuration: `kamailio.cfg` and the templates that it includes.

    Raises:
        FileNotFoundError: this installation lacks it.
    """
    return _find("packaging/provider", "provider", proof="kamailio.cfg", remedy="Install Elsipo anew.")


def golden_examples() -> Path:
    """The contract's golden examples.

    Raises:
        FileNotFoundError: this installation lacks them.
    """
    return _find("bridge_spec/examples", "examples", proof="errors.json", remedy="Install Elsipo anew.")


def shell_python_path() -> Path:
    """The folder to put on `sys.path` so that `elsipo_shell` can be imported, by whichever Python runs it.

    Raises:
        FileNotFoundError: this installation lacks it.
    """
    beside = _PACKAGE.parent
    for folder in (_SOURCES / "frontend" / "shell", beside):
        if (folder / "elsipo_shell" / "__init__.py").is_file():
            return folder
    raise FileNotFoundError("The window shell (elsipo_shell) is not installed. Install Elsipo anew.")


def _find(in_sources: str, in_wheel: str, *, proof: str, remedy: str) -> Path:
    for folder in (_SOURCES / in_sources, _PACKAGE / _WHEEL_FOLDER / in_wheel):
        if (folder / proof).is_file():
            return folder
    raise FileNotFoundError(f"{in_sources} is missing here. {remedy}")


def _build_it() -> str:
    if (_SOURCES / "frontend" / "package.json").is_file():
        return "Build the frontend first: make frontend/dist/elsipo.js"
    return "Install Elsipo anew."
