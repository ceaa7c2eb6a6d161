"""Reads the golden examples of bridge_spec/examples (their format: bridge_spec/README.md). Knows no verdict."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from elsipo.rpc._generated import bridge, engine, plugin, shell

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "bridge_spec" / "examples"
TABLES: Final = {"bridge": bridge, "engine": engine, "shell": shell, "plugin": plugin}


@dataclass(frozen=True)
class Example:
    """A value for the parameters or the result of a method.

    Attributes:
        field: Where an invalid value breaks the contract, empty for the whole; None for a valid value.
    """

    document: str
    method: str
    part: str
    case: str
    value: Any
    field: str | None

    def __str__(self) -> str:
        return f"{self.document} {self.method} {self.part}: {self.case}"


@dataclass(frozen=True)
class ErrorExample:
    """A wire error and the class that it must become."""

    case: str
    error: str
    value: Any
    unreadable: bool

    def __str__(self) -> str:
        return f"{self.error}: {self.case}"


def load_examples() -> list[Example]:
    """Return the examples of methods and notifications."""
    return [
        Example(document, method, part, row["case"], _expand(row["value"]), row.get("field"))
        for path in sorted(FOLDER.glob("*.json"))
        if path.name != "errors.json"
        for document, methods in json.loads(path.read_text(encoding="utf-8")).items()
        for method, parts in methods.items()
        for part, rows in parts.items()
        for row in rows
    ]


def load_error_examples() -> list[ErrorExample]:
    """Return the examples of errors."""
    rows = json.loads((FOLDER / "errors.json").read_text(encoding="utf-8"))["errors"]
    return [ErrorExample(row["case"], row["error"], row["value"], row.get("unreadable", False)) for row in rows]


def _expand(value: Any) -> Any:
    if isinstance(value, list):
        return [_expand(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$repeat" in value:
        return value.get("prefix", "") + value["$repeat"] * value["times"]
    return {key: _expand(item) for key, item in value.items()}
