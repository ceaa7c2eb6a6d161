"""What holds the windows: CEF's bindings, Chromium's sandbox, the display, fonts, and the built frontend."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from elsipo.doctor.libraries import install_command, missing_libraries
from elsipo.doctor.report import Finding
from elsipo.resources import frontend_dist, shell_python_path

_TIMEOUT_S: Final = 30
_FONT_FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
_FONT_ENDINGS: Final = frozenset({".ttf", ".otf", ".ttc"})
_CHROMIUM: Final = """
from cef_capi import header
print(".".join(str(header.cef_version_info(entry)) for entry in range(4, 8)))
"""
_CEFPYTHON: Final = """
import sys
print(sys.version.split()[0])
from cefpython3 import cefpython
print(cefpython.GetVersion()["chrome_version"])
"""
_PIP_CEF: Final = f"{Path(sys.executable).name} -m pip install cef-capi-py"


def frontend() -> Finding:
    """Is what the windows show built?"""
    try:
        return Finding("frontend", "ok", f"Built: {frontend_dist()}.")
    except FileNotFoundError as error:
        return Finding("frontend", "missing", str(error), "make frontend/dist/elsipo.js")


def cef_capi() -> Finding:
    """The default binding: its package, its libraries, and whether it can be loaded."""
    spec = importlib.util.find_spec("cef_capi")
    if spec is None or spec.origin is None:
        return Finding("cef_capi", "missing", "The package cef-capi-py is not installed.", _PIP_CEF)
    library = Path(spec.origin).parent / "runtime" / "libcef.so"
    if library.exists() and (lacking := missing_libraries(library)):
        text = f"Chromium lacks shared libraries: {', '.join(lacking)}."
        return Finding("cef_capi", "missing", text, install_command(lacking))
    # In a process of its own: what libcef loads stays loaded, and may not be forked with.
    found = _run([sys.executable, "-c", _CHROMIUM])
    if found is None:
        return Finding("cef_capi", "missing", "libcef is there, but cannot be loaded.", _PIP_CEF)
    return Finding("cef_capi", "ok", f"Chromium {found[-1]}, the default binding.")


def cefpython3() -> Finding:
    """The second binding, which needs a Python 3.7 of its own."""
    found = python37()
    if found is None:
        text = "No Python 3.7 was found for the second binding. The default one works without it."
        return Finding("cefpython3", "warning", text, "pyenv install 3.7 (and have python3.7 on PATH)")
    said = _run([found, "-c", _CEFPYTHON])
    if said is None:
        text = f"{found} is a Python 3.7, but cefpython3 is not installed there. The default binding works without it."
        return Finding("cefpython3", "warning", text, f"{found} -m pip install cefpython3==66.0")
    return Finding("cefpython3", "ok", f"Chromium {said[-1]} on Python {said[0]}; without a sandbox on Linux.")


def python37() -> str | None:
    """A Python 3.7 that runs: configured by ELSIPO_PYTHON37, on PATH, or of pyenv; None where there is none."""
    configured = os.environ.get("ELSIPO_PYTHON37")
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    candidates = [configured, shutil.which("python3.7"), *map(str, sorted(pyenv.glob("versions/3.7.*/bin/python3.7")))]
    for candidate in filter(None, candidates):
        if _run([candidate, "-c", "import sys; assert sys.version_info[:2] == (3, 7); print(1)"]):
            return candidate
    return None


def sandbox() -> Finding:
    """Would Chromium's sandbox work for whoever runs this? Forks: to be asked before any thread is started."""
    if sys.platform != "linux":
        return Finding("sandbox", "ok", "Chromium brings its own on this platform.")
    sys.path.append(str(shell_python_path()))
    from elsipo_shell.bindings.cef_capi import sandboxing

    found = sandboxing.find()
    if found.on:
        return Finding("sandbox", "ok", "Renderers run in user namespaces of their own.")
    if os.geteuid() == 0:
        text = "Chromium's sandbox works only for ordinary users, and this is root."
        return Finding("sandbox", "warning", text, "Start Elsipo as an ordinary user.")
    return Finding("sandbox", "warning", found.detail, "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0")


def display() -> Finding:
    """Is there something to show windows on, or at least a virtual one for the demo and the tests?"""
    if sys.platform != "linux":
        return Finding("display", "ok", "The platform's own.")
    sys.path.append(str(shell_python_path()))
    from elsipo_shell import x11

    shown = os.environ.get("DISPLAY", "")
    if shown and x11.reachable():
        return Finding("display", "ok", f"X11, {shown}.")
    what = f"The display {shown} cannot be reached" if shown else "There is no display (DISPLAY is not set)"
    if shutil.which("Xvfb"):
        text = f"{what}: only the demo runs, on a virtual one (Xvfb)."
        return Finding("display", "warning", text, "Start Elsipo in a desktop session.")
    return Finding("display", "missing", f"{what}, and no virtual one (Xvfb).", "sudo apt-get install xvfb")


def fonts() -> Finding:
    """Are there letters to write with?"""
    if sys.platform != "linux":
        return Finding("fonts", "ok", "The platform's own.")
    folders = [Path(folder).expanduser() for folder in _FONT_FOLDERS]
    files = [file for folder in folders for file in folder.rglob("*") if file.suffix.lower() in _FONT_ENDINGS]
    if not files:
        return Finding("fonts", "missing", "No fonts are installed.", "sudo apt-get install fonts-dejavu-core")
    if not any("emoji" in file.name.lower() for file in files):
        text = f"{len(files)} fonts, none with emoji."
        return Finding("fonts", "warning", text, "sudo apt-get install fonts-noto-color-emoji")
    return Finding("fonts", "ok", f"{len(files)} fonts, with emoji.")


def _run(argv: list[str]) -> list[str] | None:
    """What a program prints, by lines; None when it fails."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.split("\n")
    return [line for line in lines if line] if done.returncode == 0 else None
