"""Holds schemas to limits, and patterns to what JavaScript's and Python's dialects (ajv, msgspec) read alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bridge_spec.codegen.spec import Json

_CLASS: Final = re.compile(r"\[(?:\\.|[^\]\\])*\]")
_ENDLESS: Final = re.compile(r"[*+]|\{\d+,\}")


def limit_problem(schema: Json) -> str | None:
    """Return why a text or a list could be endless or a pattern ambiguous; None when all is well."""
    kind = schema.get("type")
    if kind == "array" and "maxItems" not in schema:
        return "a list needs maxItems"
    if kind != "string" or "enum" in schema:
        return None
    pattern = schema.get("pattern")
    if pattern is None:
        return None if "maxLength" in schema else "a text needs maxLength"
    problem = _pattern_problem(pattern)
    if problem is None and "maxLength" not in schema and _ENDLESS.search(_CLASS.sub("", pattern)):
        return f"a text needs maxLength: {pattern} is endless"
    return problem


def _pattern_problem(pattern: str) -> str | None:
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return f"pattern {pattern} must be anchored at both ends"
    bare = _CLASS.sub("", pattern)
    if "(?" in bare:
        return f"pattern {pattern}: groups with a question mark differ between dialects"
    if re.search(r"\\[0-9a-zA-Z]", bare) or re.search(r"\\(?![rnt])[0-9a-zA-Z]", pattern):
        return f"pattern {pattern}: letters after a backslash differ between dialects; write the characters out"
    if "." in bare.replace("\\.", ""):
        return f"pattern {pattern}: a bare dot differs between dialects"
    return None
