"""Where Elsipo keeps its things, by the platform's customs (platformdirs)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """The three folders of a person's Elsipo.

    Attributes:
        config: Accounts, and passwords where the person asked for a file.
        data: The history.
        cache: What Chromium keeps; may be deleted at any time.
    """

    config: Path
    data: Path
    cache: Path

    @property
    def accounts(self) -> Path:
        """The account book's file."""
        return self.config / "accounts.json"

    @classmethod
    def of_platform(cls) -> Folders:
        """The folders of whoever runs this process."""
        dirs = platformdirs.PlatformDirs("elsipo", appauthor=False)
        return cls(dirs.user_config_path, dirs.user_data_path, dirs.user_cache_path)

    @classmethod
    def below(cls, root: Path) -> Folders:
        """All three below one folder: a profile of its own, as the demo has."""
        return cls(root / "config", root / "data", root / "cache")

    def create(self) -> None:
        """Make what is missing, for this person's eyes only."""
        for folder in (self.config, self.data, self.cache):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
