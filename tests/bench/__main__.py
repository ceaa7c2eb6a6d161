"""`python -m bench`: measure, and leave `bench.json` and `bench.md` behind."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.figures import Figure, missed, to_json, to_markdown, with_table
from bench.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTS: Final = (
    "command",
    "memory",
    "roundtrip",
    "messages",
    "load",
    "fragments",
    "sip_page",
    "start",
    "branded",
    "calls",
    "life",
    "sip_panel",
)
"""Modules of this package with `async measure(stage, *, quick) -> dict[str, Figure]`."""


async def run(parts: Sequence[str], *, quick: bool) -> dict[str, Figure]:
    """Measure.

    Args:
        parts: Of `PARTS`.
        quick: Only to see that it works: few samples.
    """
    figures: dict[str, Figure] = {}
    with tempfile.TemporaryDirectory(prefix="elsipo-bench-") as folder:
        async with Stage.set_up(Path(folder)) as stage:
            for part in parts:
                began = time.monotonic()
                figures |= await import_module(f"bench.{part}").measure(stage, quick=quick)
                _say(f"{part}: {time.monotonic() - began:.0f} s")
    return figures


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="bench", description="How quick and how small Elsipo is.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join(PARTS)} (default: all)")
    parser.add_argument("--out", type=Path, default=Path("build"), help="folder for bench.json and bench.md")
    parser.add_argument("--readme", type=Path, help="a document whose marked table is renewed")
    parser.add_argument("--quick", action="store_true", help="few samples, only to see that it works")
    parser.add_argument("--strict", action="store_true", help="fail where a target is missed")
    options = parser.parse_args(argv)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    figures = asyncio.run(run(options.parts or PARTS, quick=options.quick))
    table = to_markdown(figures)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "bench.json").write_text(to_json(figures), encoding="utf-8")
    (options.out / "bench.md").write_text(table, encoding="utf-8")
    if options.readme is not None:
        options.readme.write_text(with_table(options.readme.read_text("utf-8"), table), encoding="utf-8")
    _say(table)
    late = missed(figures)
    _say(f"Missed: {', '.join(late)}." if late else "Every target is met.")
    return 1 if late and options.strict else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
