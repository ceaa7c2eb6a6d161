"""What was found, as text for a person and as JSON for a program. Must not know how anything is found."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

State = Literal["ok", "warning", "missing"]

SCHEMA_FILE: Final = Path(__file__).with_name("report.schema.json")
"""The JSON Schema of `to_json`."""

_WIDTH: Final = 110
_INDENT: Final = " " * 22


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What it is; one word, the same in every run.
        state: `ok`; `warning` where Elsipo works with less; `missing` where something will not work.
        detail: What was found, in words for a person. Never a secret.
        remedy: The command, or the words, that mend it; empty when all is well.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""


def healthy(findings: Sequence[Finding]) -> bool:
    """Whether nothing is missing."""
    return all(finding.state != "missing" for finding in findings)


def to_json(findings: Sequence[Finding]) -> str:
    """A list of objects, as `SCHEMA_FILE` says."""
    return json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False)


def to_text(findings: Sequence[Finding]) -> str:
    """A line for each finding, and below it what to do."""
    lines: list[str] = []
    for finding in findings:
        head = f"{finding.state:<8} {finding.name:<12} "
        lines += textwrap.wrap(
            finding.detail, _WIDTH, initial_indent=head, subsequent_indent=_INDENT, break_on_hyphens=False
        )
        if finding.remedy:
            lines.append(f"{_INDENT}→ {finding.remedy}")
    missing = sum(finding.state == "missing" for finding in findings)
    lines += ["", "Nothing is missing." if not missing else f"{missing} missing."]
    return "\n".join(lines)
