"""What was measured, as JSON and as a Markdown table, beside what is wanted. Must not know how it was measured."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

BEGIN: Final = "<!-- bench: begin -->"
END: Final = "<!-- bench: end -->"


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        value: What was measured; a median unless the name says another.
        unit: Of `value` and `floor`.
        floor: What it is compared with, measured in the same run; None where there is nothing to compare with.
        ratio: `value / floor`.
        n: How many samples `value` comes from.
    """

    value: float
    unit: str
    floor: float | None
    ratio: float | None
    n: int


@dataclass(frozen=True)
class Target:
    """What is wanted of a figure.

    Attributes:
        meaning: What the figure says, for the table.
        compared: What its floor is; empty where it has none.
        words: The target in words; empty where there is none.
        met: Whether a figure meets it.
    """

    meaning: str
    compared: str = ""
    words: str = ""
    met: Callable[[Figure], bool] = lambda _: True


def _ratio(most: float) -> Callable[[Figure], bool]:
    return lambda figure: figure.ratio is not None and figure.ratio <= most


def _most(most: float) -> Callable[[Figure], bool]:
    return lambda figure: figure.value <= most


TARGETS: Final[Mapping[str, Target]] = {
    "rpc_roundtrip": Target(
        "a word from the page to the engine and back", "bare `websockets` echo, same page", "ratio ≤ 3", _ratio(3)
    ),
    "rpc_roundtrip_p99": Target("the same, p99", "p99 of the bare echo"),
    "message_to_dom": Target(
        "provider's MESSAGE to its element in the page",
        "the same through Kamailio to a bare socket",
        "≤ 20 ms",
        _most(20),
    ),
    "message_to_dom_p99": Target("the same, p99", "p99 of the bare socket"),
    "chat_to_dom": Target(
        "a person's MESSAGE to its bubble, stored", "the same through Kamailio to a bare socket", "≤ 20 ms", _most(20)
    ),
    "chat_to_dom_p99": Target("the same, p99", "p99 of the bare socket"),
    "messages_per_s": Target(
        "received, stored and shown, none lost", "SIPp's rate", "≥ 300/s", lambda figure: figure.value >= 300
    ),
    "fragments_per_s": Target(
        "taken and shown, the last one of each element always",
        "the rate at which they are sent",
        "≥ 500/s",
        lambda figure: figure.value >= 500,
    ),
    "fragment_click_ms": Target(
        "click in the page to its answer painted, meanwhile, p99", "the same at rest", "≤ 100 ms", _most(100)
    ),
    "fragment_chrome_click_ms": Target(
        "click in the chrome to its answer painted, meanwhile, p99", "the same at rest", "≤ 100 ms", _most(100)
    ),
    "page_over_sip_ms": Target(
        "click on a `sip:` link to the page painted",
        "the same question and answer at a bare socket, and the same page in a frame",
        "≤ 60 ms",
        _most(60),
    ),
    "page_over_sip_ms_p99": Target("the same, p99", "p99 of both"),
    "cold_start": Target(
        "process start to the page usable and registered (cef_capi)",
        "the shell with an empty page",
        "ratio ≤ 2.0",
        _ratio(2),
    ),
    "cold_start_cefpython3": Target(
        "the same with cefpython3", "that shell with an empty page", "ratio ≤ 2.0", _ratio(2)
    ),
    "login_to_branded_ms": Target(
        "200 OK to the provider's page usable, from what is kept", "the same page alone", "ratio ≤ 1.5", _ratio(1.5)
    ),
    "login_to_branded_cold_ms": Target("the same, cold: fetched by https first", "the same page alone"),
    "call_setup": Target("click in the page to 180 shown", "baresip: command to its ringing event"),
    "call_setup_audio": Target("click in the page to its first RTP at the callee", "the same with baresip"),
    "engine_private_mb": Target("an engine's own memory", "a bare Python", "≤ 25 MB", _most(25)),
    "engine_pss_mb": Target("one engine and its fork server, shared memory included (PSS)", "a bare Python"),
    "engine_idle_cpu": Target("a registered engine at rest", "", "≤ 1 %", _most(1)),
    "host_private_mb": Target("the host's own memory", "a bare Python"),
    "shell_private_mb": Target("the shell's, with all of Chromium's processes", "the shell with an empty page"),
    "restart_to_registered_ms": Target(
        "kill -9 of an engine to its 200 OK", "a plain start of the engine to its 200 OK", "≤ 400 ms", _most(400)
    ),
    "restart_to_registered_ms_p99": Target("the same, p99", "p99 of the plain start"),
    "call_recovery_ms": Target("kill -9 in a call to its sound again", "", "≤ 1500 ms", _most(1500)),
    "accounts_20": Target("twenty engines' own memory, all registered", "", "≤ 500 MB", _most(500)),
    "accounts_20_pss": Target(
        "the same and their fork server, shared memory included (PSS)", "", "≤ 500 MB", _most(500)
    ),
    "accounts_20_registered": Target("from the start of the host to all twenty registered"),
    "sip_panel_closed": Target(
        "an engine's processor time a MESSAGE, SIP panel closed again",
        "the same where it was never opened",
        "ratio ≤ 1.1",
        _ratio(1.1),
    ),
    "sip_panel_open": Target("the same, panel open", "the same where it was never opened"),
    "import": Target(
        "`elsipo --version`",
        "`python -c pass`",
        "≤ 150 ms more",
        lambda figure: figure.floor is not None and figure.value - figure.floor <= 150,
    ),
}
"""All figures, in the table's order."""


def figure(values: Sequence[float], unit: str, floors: Sequence[float] = (), *, quantile: float = 0.5) -> Figure:
    """A figure from samples.

    Args:
        values: Samples.
        unit: Their unit.
        floors: Samples of what it is compared with; none when empty.
        quantile: 0.5 is the median.
    """
    value = _quantile(values, quantile)
    floor = _quantile(floors, quantile) if floors else None
    return Figure(
        value=round(value, 3),
        unit=unit,
        floor=None if floor is None else round(floor, 3),
        ratio=round(value / floor, 3) if floor else None,
        n=len(values),
    )


def with_p99(name: str, values: Sequence[float], unit: str, floors: Sequence[float]) -> dict[str, Figure]:
    """A median and its p99, as two figures."""
    return {
        name: figure(values, unit, floors),
        f"{name}_p99": figure(values, unit, floors, quantile=0.99),
    }


def missed(figures: Mapping[str, Figure]) -> list[str]:
    """Names of figures that do not meet their targets."""
    return [name for name, found in figures.items() if name in TARGETS and not TARGETS[name].met(found)]


def to_json(figures: Mapping[str, Figure]) -> str:
    """`{name: {value, unit, floor, ratio, n}}`."""
    return json.dumps({name: asdict(found) for name, found in figures.items()}, indent=2) + "\n"


def to_markdown(figures: Mapping[str, Figure]) -> str:
    """A table, a row a figure."""
    lines = ["| Figure | Value | Floor | Ratio | Target | What |", "|---|--:|--:|--:|---|---|"]
    for name in _ordered(figures):
        found, target = figures[name], TARGETS.get(name, Target(name))
        compared = f"; floor: {target.compared}" if found.floor is not None and target.compared else ""
        wanted = f"{target.words}{'' if target.met(found) else ' **missed**'}"
        cells = [
            f"`{name}`",
            _number(found.value, found.unit),
            _number(found.floor, found.unit),
            _number(found.ratio, ""),
        ]
        lines.append(f"| {' | '.join([*cells, wanted, target.meaning + compared])} |")
    return "\n".join(lines) + "\n"


def with_table(text: str, table: str) -> str:
    """A document with the table in its marked place; unchanged where there is none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n{table}{end}{after}" if begin and end else text


def _ordered(names: Iterable[str]) -> list[str]:
    known = list(TARGETS)
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}".strip()


def _quantile(samples: Sequence[float], quantile: float) -> float:
    if quantile == 0.5 or len(samples) == 1:
        return statistics.median(samples)
    return statistics.quantiles(samples, n=100, method="inclusive")[round(quantile * 100) - 1]
