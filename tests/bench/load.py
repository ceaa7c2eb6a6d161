"""`messages_per_s`: SIPp straight at the engine's contact; what came is counted in SQLite and in the page."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from typing import TYPE_CHECKING, Any, Final

from peers.sipp import message_scenario, run_sipp
from peers.waiting import eventually

from bench.figures import Figure

if TYPE_CHECKING:
    from pathlib import Path

    from bench.stage import Elsipo, Stage

_RATE: Final = 320
_SENDER: Final = "sip:load@elsewhere.test"
_PATIENCE_S: Final = 60.0
_COUNT_SHOWN: Final = """() => document.querySelectorAll('[data-testid="message"]').length"""


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figure; 3,200 messages, or 20 when quick. The value is 0 where one was lost."""
    count = 20 if quick else 10 * _RATE
    async with stage.elsipo() as elsipo, elsipo.window() as window:
        contact = await elsipo.registered()
        to = f"sip:{elsipo.user}@{contact}"
        frame = await window.frame()
        first = await _play(stage, contact, to, count=1)
        assert first.successful == 1, first.log
        await window.page.get_by_test_id("conversation").first.click()
        await frame.wait_for_function(f"({_COUNT_SHOWN})() === 1")
        began = time.monotonic()
        result = await _play(stage, contact, to, count=count)
        shown, stored = 0, 0

        async def all_there() -> bool:
            nonlocal shown, stored
            shown, stored = int(await frame.evaluate(_COUNT_SHOWN)) - 1, _stored(elsipo) - 1
            return shown >= count and stored >= count

        with contextlib.suppress(TimeoutError):
            await eventually(all_there, timeout_s=_PATIENCE_S, interval_s=0.05, what="all are shown")
        took_s = time.monotonic() - began
    rate = count / took_s
    lossless = result.failed == 0 and (result.successful, stored, shown) == (count, count, count)
    value = rate if lossless else 0.0
    return {"messages_per_s": Figure(round(value, 1), "/s", float(_RATE), round(value / _RATE, 3), count)}


async def _play(stage: Stage, contact: str, to: str, *, count: int) -> Any:
    scenario = message_scenario(sender=_SENDER, to=to, body="Nr. [call_number]")
    folder: Path = stage.new_folder("sipp")
    return await asyncio.to_thread(run_sipp, folder, contact, scenario, count=count, rate=_RATE, timeout_s=_PATIENCE_S)


def _stored(elsipo: Elsipo) -> int:
    path = elsipo.folders.data / "history.sqlite"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as history:
        return int(history.execute("SELECT count(*) FROM message").fetchone()[0])
