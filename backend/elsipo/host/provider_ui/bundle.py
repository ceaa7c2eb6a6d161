"""A version of a provider's UI as it is kept: the manifest and all its files, in one file of the data folder.

One file, replaced as a whole: after a kill there is the old version or the new one, never a mixture.
"""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from elsipo.host.private_file import write_private
from elsipo.host.ui.files import media_type_of
from elsipo.rpc._generated.models import Manifest  # noqa: TC001 - read when it runs
from elsipo.rpc.model import Model

if TYPE_CHECKING:
    from pathlib import Path

    from elsipo.rpc._generated.models import CapabilityAsk

_log = logging.getLogger(__name__)

LOGO_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/svg+xml"})


class Bundle(Model):
    """One version of a provider's UI.

    Attributes:
        asked: The address that was asked for; what the registrar names when it means this.
        source: Where the manifest came from in the end.
        manifest: What the provider says.
        etag: To ask for the manifest again with.
        good_until_ms: When it should be asked for again, in Unix time.
        files: The page's files and the logo by path, base64.
    """

    asked: str
    source: str
    manifest: Manifest
    etag: str
    good_until_ms: int
    files: dict[str, str]

    @property
    def origin(self) -> str:
        """Whom grants are given to."""
        parts = urlsplit(self.source)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def asks(self) -> list[CapabilityAsk]:
        """What its page asks for."""
        return (self.manifest.capabilities or []) if self.manifest.page else []

    @property
    def elements(self) -> frozenset[str]:
        """The elements of its page that fragments may fill."""
        return frozenset(self.manifest.elements or ())

    @property
    def logo(self) -> str | None:
        """As a data address."""
        if self.manifest.logo is None or self.manifest.logo not in self.files:
            return None
        return f"data:{media_type_of(self.manifest.logo)};base64,{self.files[self.manifest.logo]}"

    def file(self, path: str) -> bytes | None:
        """A file of it; None where it has none of that path."""
        content = self.files.get(path)
        return None if content is None else base64.b64decode(content)


class Shelf:
    """What is kept of one account's provider: the version that is shown, and one that waits for the person.

    Args:
        folder: This account's own.
    """

    def __init__(self, folder: Path) -> None:
        self._current = folder / "current.json"
        self._waiting = folder / "waiting.json"
        self.current = _load(self._current)
        self.waiting = _load(self._waiting)

    def put(self, bundle: Bundle, *, waits: bool) -> None:
        """Keep a version, to be shown or to wait. Blocks on the disk.

        Raises:
            OSError: it could not be kept; what was kept before is.
        """
        write_private(self._waiting if waits else self._current, msgspec.json.encode(bundle).decode())
        if waits:
            self.waiting = bundle
            return
        self.current = bundle
        self.drop_waiting()

    def drop_waiting(self) -> None:
        """No version waits any more."""
        self._waiting.unlink(missing_ok=True)
        self.waiting = None

    def clear(self) -> None:
        """Forget all of it."""
        self.drop_waiting()
        self._current.unlink(missing_ok=True)
        self.current = None
        if self._current.parent.is_dir():
            self._current.parent.rmdir()


def _load(path: Path) -> Bundle | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Bundle)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        _log.warning("What was kept of a provider's UI cannot be read; it is fetched again", exc_info=True)
        return None
