"""`elsipo demo` as `make demo` runs it on a machine without a display."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STEPS = [
    "window",
    "register",
    "tick",
    "stats",
    "services",
    "message_out",
    "message_in",
    "call",
    "echo_heard",
    "hang_up",
]


async def test_the_demo_takes_the_whole_tour_by_itself(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    tour = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "elsipo",
        "demo",
        "--tour",
        str(tmp_path),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(tour.communicate(), timeout=120)
    assert tour.returncode == 0, output.decode()
    steps = json.loads((tmp_path / "demo.json").read_text())
    assert [step["name"] for step in steps] == STEPS
    assert all(step["ok"] is True for step in steps)
    assert all(isinstance(step["ms"], int) for step in steps)
    shots = list((tmp_path / "screenshots").glob("*.png"))
    assert len(shots) >= 4
    assert all(shot.stat().st_size > 10_000 for shot in shots)
