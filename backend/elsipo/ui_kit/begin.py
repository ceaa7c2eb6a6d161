"""`elsipo ui new`: a small page that runs, to begin with."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

TEMPLATE: Final = Path(__file__).with_name("template")


def begin(folder: Path) -> list[str]:
    """Put a page into a folder.

    Args:
        folder: New, or empty.

    Returns:
        The names of its files.

    Raises:
        FileExistsError: something is there already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is not empty; a new page needs a folder of its own.")
    shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True)
    return sorted(path.name for path in folder.iterdir())
