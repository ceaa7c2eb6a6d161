"""Pages that a person copied to make them their own: each in a folder of its own, below one folder of the data.

A copy brings the code of whoever wrote it. So what lies below that folder is no page like others of the person's: it
gets the baseline, and the person says what more it may.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from elsipo.host.ui.files import is_for_pages
from elsipo.host.ui.where import LocalUi

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_NAME: Final = 40
_MAX_COPIES: Final = 1000


@dataclass(frozen=True)
class ForkedUi(LocalUi):
    """A copy of a page. Its root is the folder of the copy, however deep in it the start page is.

    Attributes:
        name: Of its folder.
    """

    name: str = ""

    @property
    def source(self) -> str:
        """Whom grants are given to."""
        return f"fork:{self.name}"

    @property
    def title(self) -> str:
        """What the address bar calls it."""
        return f"your copy {self.name}"[:256]


class Forks:
    """All copies of this person.

    Args:
        folder: Where they are; made when there is something to keep.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def of(self, ui: LocalUi) -> LocalUi:
        """A page of this machine: as the copy that it is, or as it came."""
        for root in (Path(os.path.normpath(ui.root)), Path(os.path.realpath(ui.root))):
            if root != self._folder and root.is_relative_to(self._folder):
                name, *below = root.relative_to(self._folder).parts
                return ForkedUi(self._folder / name, "/".join([*below, ui.start]), name)
        return ui

    def keep(self, wish: str, files: Mapping[str, bytes], start: str) -> ForkedUi:
        """Write a copy into a new folder. Blocks on the disk.

        Args:
            wish: What to call it; a number is put behind where that is taken.
            files: By path below the folder; one that leads out of it, or that no page could ask for, is not written.
            start: Path of the start page.

        Raises:
            OSError: it could not be written; nothing of it is left.
        """
        folder = self._new_folder(re.sub(r"[^a-z0-9]+", "-", wish.lower()).strip("-")[:_MAX_NAME].strip("-") or "page")
        try:
            for path, content in files.items():
                names = path.split("/")
                if all(map(is_for_pages, names)):
                    file = folder.joinpath(*names)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(content)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return ForkedUi(folder, start, folder.name)

    def _new_folder(self, stem: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number in range(1, _MAX_COPIES):
            folder = self._folder / (stem if number == 1 else f"{stem}-{number}")
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
        raise FileExistsError(f"There are too many copies called {stem}.")
