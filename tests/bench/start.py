"""`cold_start`: from starting the program to a page that is usable and registered, beside its shell with an empty page.

By turns, each in a new profile. Elsipo's page notes the moment itself (`performance.mark`); it is read afterwards, so
that nobody's looking costs time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from elsipo.host import python37
from peers.waiting import eventually

from bench.empty import empty_shell
from bench.figures import Figure, figure
from bench.page import page_says

if TYPE_CHECKING:
    from bench.stage import Elsipo, Stage

_TURNS: Final = 9
_USABLE: Final = """(() => {
    const [mark] = performance.getEntriesByName("elsipo.usable");
    return mark ? performance.timeOrigin + mark.startTime : 0;
})()"""


async def measure(stage: Stage, *, quick: bool) -> dict[str, Figure]:
    """The figures, one for each binding; n is 9, or 1 when quick.

    That of cefpython3 is not measured where there is no Python 3.7 with it.
    """
    figures = {"cold_start": await _both(stage, quick=quick)}
    try:
        python37.find()
    except FileNotFoundError:
        return figures
    return figures | {"cold_start_cefpython3": await _both(replace(stage, cef="cefpython3"), quick=quick)}


async def _both(stage: Stage, *, quick: bool) -> Figure:
    elsipo_ms, empty_ms = [], []
    for turn in range(-1, 1 if quick else _TURNS):
        with empty_shell(stage) as shell:
            empty = shell.took_ms
        async with stage.elsipo() as elsipo:
            whole = await usable_after_ms(elsipo)
        if turn >= 0:  # the first one fills the system's caches
            empty_ms.append(empty)
            elsipo_ms.append(whole)
    return figure(elsipo_ms, "ms", empty_ms)


async def usable_after_ms(elsipo: Elsipo) -> float:
    """How long after its start the page was usable and registered, in milliseconds."""
    await elsipo.registered()

    async def marked() -> float:
        return await page_says(elsipo.port, _USABLE)

    return await eventually(marked, timeout_s=30, interval_s=0.1, what="the page is usable") - elsipo.started_s * 1000
