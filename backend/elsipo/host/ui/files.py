"""Files of a person's own folder for a page: read when they are asked for, and never from outside of that folder.

Knows paths and media types; what the answers look like on HTTP is not its matter.
"""

from __future__ import annotations

import contextlib
import mimetypes
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_to_bytes

from elsipo.host.ui.injection import inject

if TYPE_CHECKING:
    from elsipo.host.ui.where import LocalUi

SDK_PATH: Final = "/.elsipo/elsipo.js"
"""Where the SDK is for pages that do not know of it. No file of theirs is there: dot files are not served."""
MAX_FILE_BYTES: Final = 32 * 1024 * 1024
_SDK_TAG: Final = f'<script src="{SDK_PATH}"></script>'
HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
_INDEXES: Final = ("index.html", "index.htm")
# By name and not by the machine's tables: a page must be the same page everywhere.
_TYPES: Final = {
    ".htm": "text/html",
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".xhtml": "application/xhtml+xml",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}


@dataclass(frozen=True)
class LocalFile:
    """A file to show: its bytes and its media type. No charset: the file itself says which, or the browser guesses."""

    content: bytes
    media_type: str


@dataclass(frozen=True)
class MovedTo:
    """The same place with the slash that relative links need."""

    path: str


class NoUiError(Exception):
    """There is no page to show; the text says why, for people."""


class NoFileError(Exception):
    """The page asked for a file that is not there, or not its."""


def read(ui: LocalUi, path: str) -> LocalFile | MovedTo:
    """Answer a request for `path`. Blocks on the disk.

    Args:
        ui: The person's folder.
        path: Path of the request's target, as on the wire, without its query.

    Raises:
        NoUiError: the folder or the start page is gone.
        NoFileError: there is no such file in the folder.
    """
    root = _root(ui)
    names = names_in(path)
    wanted = None if names is None else _resolved(root, root.joinpath(*names))
    is_start = wanted == root
    if is_start and ui.start not in _INDEXES:
        wanted = _resolved(root, root / ui.start)
    elif wanted is not None and wanted.is_dir():
        if names and not path.endswith("/"):
            return MovedTo("/" + quote("/".join(names)) + "/")
        found = (_resolved(root, wanted / name) for name in _INDEXES)
        wanted = next((index for index in found if index is not None), None)
    if wanted is None:
        if is_start:
            raise NoUiError(f"There is no {ui.start} in the folder {ui.root}.")
        raise NoFileError
    content, media_type = _content(wanted), media_type_of(wanted.name)
    if media_type in HTML_TYPES:
        content = inject(content, _SDK_TAG)
    return LocalFile(content, media_type)


def start_page(ui: LocalUi) -> tuple[str, bytes]:
    """The start page as its author wrote it: its path below the folder, and its bytes. Blocks on the disk.

    Raises:
        NoUiError: the folder or the start page is gone.
    """
    root = _root(ui)
    for name in _INDEXES if ui.start in _INDEXES else (ui.start,):
        if (path := _resolved(root, root / name)) is not None:
            try:
                return name, _content(path)
            except NoFileError:
                break
    raise NoUiError(f"There is no {ui.start} in the folder {ui.root}.")


def files_of(ui: LocalUi, max_files: int, max_bytes: int) -> dict[str, bytes]:
    """All files that a page may ask for, by their paths below the folder. Blocks on the disk.

    Raises:
        NoUiError: the folder is gone, or holds more than that.
    """
    root = _root(ui)
    found: dict[str, bytes] = {}
    total = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if is_for_pages(name))
        for name in sorted(filter(is_for_pages, names)):
            path = _resolved(root, Path(folder, name))
            if path is None or not path.is_file():
                continue  # a link out of the folder, or no file at all
            total += path.stat().st_size
            if len(found) == max_files or total > max_bytes:
                limits = f"{max_files} files or {max_bytes >> 20} MiB"
                raise NoUiError(f"The folder {ui.root} has more than {limits}; copy it yourself.")
            with contextlib.suppress(NoFileError):
                found[Path(folder, name).relative_to(root).as_posix()] = _content(path)
    return found


def is_for_pages(name: str) -> bool:
    """Whether a page may ask for a file or folder of this name."""
    # A dot in front also stops "..", and keeps what a person hid (.git, .env) from the page.
    return bool(name) and not (name.startswith(".") or any(c in name for c in "/\\:") or not name.isprintable())


def media_type_of(name: str) -> str:
    """What a file is, by its name; a browser takes it for nothing else."""
    suffix = "." + name.rpartition(".")[2].lower()
    return _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def names_in(path: str) -> list[str] | None:
    """The names that a path is made of; None where it leads out, or names what is not for pages."""
    try:
        decoded = unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        return None
    names = [name for name in decoded.split("/") if name]
    return names if all(map(is_for_pages, names)) else None


def _root(ui: LocalUi) -> Path:
    try:
        root = ui.root.resolve(strict=True)
    except (OSError, RuntimeError):
        raise NoUiError(f"The folder {ui.root} is not there.") from None
    if not root.is_dir():
        raise NoUiError(f"{ui.root} is not a folder.")
    return root


def _resolved(root: Path, path: Path) -> Path | None:
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    return real if real.is_relative_to(root) else None


def _content(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise NoFileError
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError:
        raise NoFileError from None
    if len(content) > MAX_FILE_BYTES:
        raise NoFileError
    return content


def _open_without_waiting(path: str, flags: int) -> int:
    """A named pipe in the folder must not hold the host up."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
