"""A display where there is none: Xvfb, which ends with us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_START_TIMEOUT_S = 20.0


@contextlib.asynccontextmanager
async def virtual_display(size: str = "1280x900x24") -> AsyncIterator[str]:
    """Run Xvfb on a number that it chooses.

    Args:
        size: WIDTHxHEIGHTxDEPTH.

    Yields:
        The value for DISPLAY.

    Raises:
        FileNotFoundError: Xvfb is not installed.
        TimeoutError: it does not come up.
    """
    program = shutil.which("Xvfb")
    if program is None:
        raise FileNotFoundError("Xvfb is missing. Install it: sudo apt-get install xvfb")
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        program,
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        size,
        "-nolisten",
        "tcp",
        "-noreset",  # or it begins anew, deaf for a moment, whenever its last window is gone
        pass_fds=[writing],
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as number:
            display = await asyncio.wait_for(asyncio.to_thread(number.readline), _START_TIMEOUT_S)
        if not display.strip():
            raise TimeoutError("Xvfb ended at once.")
        yield f":{display.strip()}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
