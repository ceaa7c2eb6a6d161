"""`import`: how long `elsipo --version` takes, beside a Python that does nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Figure, figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.stage import Stage


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figure; n is 25, or 2 when quick."""
    del stage
    version = [str(Path(sys.executable).with_name("elsipo")), "--version"]
    nothing = [sys.executable, "-c", "pass"]
    took: dict[str, list[float]] = {"version": [], "nothing": []}
    for turn in range(-1, 2 if quick else 25):
        for name, argv in (("version", version), ("nothing", nothing)):
            ms = _milliseconds(argv)
            if turn >= 0:  # the first one fills the system's caches
                took[name].append(ms)
    return {"import": figure(took["version"], "ms", took["nothing"])}


def _milliseconds(argv: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000
