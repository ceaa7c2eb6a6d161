"""What is kept of the windows from one run to the next: places, which were closed, the bridge's port, the wishes.

Nothing here is precious: a file that cannot be read is begun anew.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import msgspec

from elsipo.host.private_file import write_private
from elsipo.rpc._generated.models import Settings, WindowBounds
from elsipo.rpc.model import Model

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)


class _Kept(Model, omit_defaults=False):
    port: int = 0
    settings: Settings = msgspec.field(default_factory=lambda: Settings(keep_running=False))
    places: dict[str, WindowBounds] = msgspec.field(default_factory=dict)
    closed: list[str] = msgspec.field(default_factory=list)


class DesktopMemory:
    """One JSON file; every change is on disk before it is true.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _load(path)

    @property
    def port(self) -> int:
        """Where the bridge was last: a page's storage belongs to its origin, and an origin has a port. 0 at first."""
        return self._kept.port

    @property
    def settings(self) -> Settings:
        """What this person wants."""
        return self._kept.settings

    def place(self, account_id: str | None) -> WindowBounds | None:
        """Where an account's window was."""
        return None if account_id is None else self._kept.places.get(account_id)

    def is_closed(self, account_id: str) -> bool:
        """Whether the person has closed this account's window, and others stayed open."""
        return account_id in self._kept.closed

    def keep_port(self, port: int) -> None:
        """The bridge is there now."""
        self._change(port=port)

    def keep_settings(self, settings: Settings) -> None:
        """The person wants this."""
        self._change(settings=settings)

    def keep_place(self, account_id: str, bounds: WindowBounds) -> None:
        """An account's window is there now."""
        self._change(places={**self._kept.places, account_id: bounds})

    def keep_closed(self, account_id: str, *, closed: bool) -> None:
        """An account's window was closed, or opened."""
        others = [other for other in self._kept.closed if other != account_id]
        self._change(closed=[*others, account_id] if closed else others)

    def forget(self, account_id: str) -> None:
        """The account is gone."""
        self.keep_closed(account_id, closed=False)
        self._change(places={key: place for key, place in self._kept.places.items() if key != account_id})

    def _change(self, **changes: object) -> None:
        kept = msgspec.structs.replace(self._kept, **changes)
        if kept != self._kept:
            write_private(self._path, json.dumps(kept.to_wire(), indent=2) + "\n")
            self._kept = kept


def _load(path: Path) -> _Kept:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return _Kept()
    except (OSError, ValueError) as error:
        _log.warning("%s cannot be read and is begun anew: %s", path, type(error).__name__)
        return _Kept()
