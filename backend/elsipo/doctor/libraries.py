"""Which shared libraries a native library wants and the system lacks, and Debian's packages that have them (Linux)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_TIMEOUT_S: Final = 20
_NOT_FOUND: Final = re.compile(r"^\s*(\S+) => not found", re.MULTILINE)
# What Chromium wants, by the beginning of its file's name.
_PACKAGES: Final = {
    "libasound.so": "libasound2",
    "libatk-1.0.so": "libatk1.0-0",
    "libatk-bridge-2.0.so": "libatk-bridge2.0-0",
    "libatspi.so": "libatspi2.0-0",
    "libcairo.so": "libcairo2",
    "libcups.so": "libcups2",
    "libdbus-1.so": "libdbus-1-3",
    "libdrm.so": "libdrm2",
    "libexpat.so": "libexpat1",
    "libgbm.so": "libgbm1",
    "libgdk-3.so": "libgtk-3-0",
    "libgdk_pixbuf-2.0.so": "libgdk-pixbuf-2.0-0",
    "libgio-2.0.so": "libglib2.0-0",
    "libglib-2.0.so": "libglib2.0-0",
    "libgobject-2.0.so": "libglib2.0-0",
    "libgtk-3.so": "libgtk-3-0",
    "libnspr4.so": "libnspr4",
    "libnss3.so": "libnss3",
    "libnssutil3.so": "libnss3",
    "libpango-1.0.so": "libpango-1.0-0",
    "libpangocairo-1.0.so": "libpangocairo-1.0-0",
    "libportaudio.so": "libportaudio2",
    "libsmime3.so": "libnss3",
    "libudev.so": "libudev1",
    "libX11-xcb.so": "libx11-xcb1",
    "libX11.so": "libx11-6",
    "libxcb.so": "libxcb1",
    "libXcomposite.so": "libxcomposite1",
    "libXcursor.so": "libxcursor1",
    "libXdamage.so": "libxdamage1",
    "libXext.so": "libxext6",
    "libXfixes.so": "libxfixes3",
    "libXi.so": "libxi6",
    "libxkbcommon.so": "libxkbcommon0",
    "libXrandr.so": "libxrandr2",
    "libXrender.so": "libxrender1",
    "libXss.so": "libxss1",
    "libXtst.so": "libxtst6",
}


def missing_libraries(library: Path) -> list[str]:
    """File names that the loader would not find for a library; empty where it cannot be asked (no `ldd`).

    Args:
        library: A shared library; it is not loaded.
    """
    ldd = shutil.which("ldd") or shutil.which("ldd", path="/usr/bin:/bin")
    if ldd is None:
        return []
    # In its own folder too: Chromium brings some of its libraries along and finds them there.
    search = os.pathsep.join(filter(None, [str(library.parent), os.environ.get("LD_LIBRARY_PATH", "")]))
    asked = subprocess.run(
        [ldd, str(library)],
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "LD_LIBRARY_PATH": search},
    )
    return sorted(set(_NOT_FOUND.findall(asked.stdout)))


def install_command(libraries: Iterable[str]) -> str:
    """The command that gets shared libraries on Debian; where it knows no package, the files that are searched for."""
    packages, unknown = set(), []
    for name in libraries:
        stem = name.partition(".so")[0] + ".so"
        if stem in _PACKAGES:
            packages.add(_PACKAGES[stem])
        else:
            unknown.append(name)
    if packages:
        return "sudo apt-get install " + " ".join(sorted(packages))
    return "apt-file search " + " ".join(unknown)
