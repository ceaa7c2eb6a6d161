"""Whose storage the windows' process begins with. Imports next to nothing, for it is wanted before all else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def first_storage(account_file: Path) -> str | None:
    """Guess what Chromium keeps for the first window, before there is an `AccountBook` to ask.

    Chromium makes one storage at its start in any case, and each other one costs as much again. A guess that is wrong
    costs no more than none.

    Args:
        account_file: The book's file.

    Returns:
        The storage's name; None where there is no account, or none whose storage has a name of its own.
    """
    try:
        storage = json.loads(account_file.read_bytes())[0]["storage"]
    except (OSError, ValueError, LookupError, TypeError):
        return None  # what is wrong with the file, the book says
    return storage if isinstance(storage, str) and storage else None
