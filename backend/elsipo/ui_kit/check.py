"""`elsipo ui check`: holds a page and its manifest to the contract, before a person's Elsipo does.

Reads the page's HTML, scripts and styles, and finds what the policy of pages forbids, what the SDK does not have, and
what was not asked for. It reads words and runs nothing: what a script builds at run time it cannot see.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from elsipo.rpc._generated.models import Manifest
from elsipo.rpc.errors import InvalidParamsError
from elsipo.ui_kit.markup import Markup
from elsipo.ui_kit.words import script_problems, style_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from elsipo.ui_kit.words import Problem

Severity = Literal["error", "warning"]

MANIFEST: Final = "manifest.json"
_MAX_FILE: Final = 1 << 20
_MAX_PAGE: Final = 4 << 20
_MAX_MANIFEST: Final = 1 << 16
_SCRIPTS: Final = (".js", ".mjs")
_LEGACY: Final = "sipcb_"  # a page of 2011 is allowed what pages did then


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        file: Where, below the page's folder.
        line: Where in it, from 1; 0 is the whole.
        severity: An error keeps the page from working; a warning is worth a look.
        text: What, and what to do.
    """

    file: str
    line: int
    severity: Severity
    text: str

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''}: {self.severity}: {self.text}"


def check(folder: Path) -> list[Finding]:
    """Look at a page.

    Args:
        folder: Where its manifest is.

    Returns:
        What was found, in the order of files and lines.

    Raises:
        NotADirectoryError: there is no such folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }
    texts = {
        name: path.read_text("utf-8", "replace")
        for name, path in files.items()
        if path.suffix in {".html", ".htm", ".css", *_SCRIPTS} and path.stat().st_size <= _MAX_FILE
    }
    manifest, findings = _manifest(files)
    findings += _sizes(files)
    is_legacy = any(_LEGACY in text for text in texts.values())
    asked = {ask.get("capability", "") for ask in _dicts(manifest.get("capabilities"))}
    ids: set[str] = set()
    found: Iterable[Problem]
    for name, text in texts.items():
        if name.endswith(_SCRIPTS):
            found = script_problems(text, None if is_legacy else asked)
        elif name.endswith(".css"):
            found = style_problems(text)
        else:
            markup = Markup(text, files, is_legacy=is_legacy, asked=asked)
            ids |= markup.ids
            found = markup.problems
        findings += [Finding(name, line, severity, words) for line, severity, words in found]
    for element in manifest.get("elements", []) if isinstance(manifest.get("elements"), list) else []:
        if element not in ids:
            words = f"no element has the id {element}; a fragment for it shows only if a script makes one"
            findings.append(Finding(MANIFEST, 0, "warning", words))
    return sorted(findings, key=lambda finding: (finding.file, finding.line))


def _manifest(files: dict[str, Path]) -> tuple[dict[str, Any], list[Finding]]:
    """The manifest as far as it can be read, and what is wrong with it."""
    if MANIFEST not in files:
        return {}, [Finding(MANIFEST, 0, "error", "it is missing; elsipo ui new shows one")]
    try:
        manifest = json.loads(files[MANIFEST].read_bytes())
    except json.JSONDecodeError as error:
        return {}, [Finding(MANIFEST, error.lineno, "error", f"it is not JSON: {error.msg}")]
    except UnicodeDecodeError:
        return {}, [Finding(MANIFEST, 0, "error", "it is not UTF-8")]
    findings = []
    try:
        Manifest.from_wire(manifest)
    except InvalidParamsError as error:
        findings.append(Finding(MANIFEST, 0, "error", error.message))
    if not isinstance(manifest, dict):
        return {}, findings
    return manifest, [*findings, *_files_named(manifest, files)]


def _files_named(manifest: dict[str, Any], files: dict[str, Path]) -> Iterator[Finding]:
    page = manifest.get("page") if isinstance(manifest.get("page"), dict) else None
    listed = (page or {}).get("files")
    candidates = [manifest.get("logo"), (page or {}).get("entry"), *(listed if isinstance(listed, list) else [])]
    named = [name for name in candidates if isinstance(name, str)]
    for name in named:
        if name not in files:
            yield Finding(MANIFEST, 0, "error", f"{name} is named, and is not there")
    if page is not None:
        for name in files:
            if name not in {MANIFEST, *named}:
                yield Finding(name, 0, "warning", "page.files does not name it, so that nobody will get it")


def _sizes(files: dict[str, Path]) -> Iterator[Finding]:
    sizes = {name: path.stat().st_size for name, path in files.items()}
    for name, size in sizes.items():
        most = _MAX_MANIFEST if name == MANIFEST else _MAX_FILE
        if size > most:
            yield Finding(name, 0, "error", f"it has {size} bytes, and may have {most}")
    if (total := sum(sizes.values())) > _MAX_PAGE:
        yield Finding(MANIFEST, 0, "error", f"the page has {total} bytes; all of it may have {_MAX_PAGE}")


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
