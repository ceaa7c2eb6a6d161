"""What is known of how engines died: a few private text files below the data folder. Must not know why they did."""

from __future__ import annotations

import logging
import platform
import sys
import time
from typing import TYPE_CHECKING, Final

from elsipo.host.private_file import write_private
from elsipo.log import redact
from elsipo.rpc._generated.models import CrashReport
from elsipo.rpc.errors import NotFoundError
from elsipo.version import ELSIPO_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from elsipo.supervisor import Death

_log = logging.getLogger(__name__)

KEPT: Final = 5
"""How many reports are kept of one account; the oldest give way."""
_MAX_CHARS: Final = 60_000  # CrashReport.text, whose bound counts code points
_SUFFIX: Final = ".txt"


class CrashReports:
    """The crash reports of one account.

    Args:
        folder: Where they are; made when the first is written.
        account_id: Whose.
    """

    def __init__(self, folder: Path, account_id: str) -> None:
        self._folder = folder
        self._account_id = account_id
        self._latest_ms = max((_moment(path) for path in self._files()), default=0)

    @property
    def latest_ms(self) -> int | None:
        """When the engine last died, in milliseconds since 1970; None when nothing is known of a death."""
        return self._latest_ms or None

    def write(self, death: Death, versions: Mapping[str, str]) -> None:
        """Keep how it died, in a file of mode 0600; one that cannot be written is a line in the log.

        Args:
            death: How.
            versions: What the engine was made of, as far as it had said so.
        """
        self._latest_ms = max(time.time_ns() // 1_000_000, self._latest_ms + 1)
        path = self._folder / f"{self._account_id}.{self._latest_ms}{_SUFFIX}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, self._compose(death, versions))
            for old in sorted(self._files(), key=_moment)[:-KEPT]:
                old.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("No crash report could be written: %s", error.strerror)
            self._latest_ms = max((_moment(path) for path in self._files()), default=0)

    def latest(self) -> CrashReport:
        """The newest one.

        Raises:
            NotFoundError: there is none.

        Wire: engine.crash_report
        """
        if not self._latest_ms:
            raise NotFoundError("There is no crash report.")
        path = self._folder / f"{self._account_id}.{self._latest_ms}{_SUFFIX}"
        try:
            return CrashReport(crashed_at_ms=self._latest_ms, text=path.read_text("utf-8", "replace")[:_MAX_CHARS])
        except OSError:
            raise NotFoundError("The crash report is gone.") from None

    def forget(self) -> None:
        """Delete all of them: the account is gone."""
        for path in self._files():
            path.unlink(missing_ok=True)
        self._latest_ms = 0

    def _files(self) -> list[Path]:
        return [path for path in self._folder.glob(f"{self._account_id}.*{_SUFFIX}") if _moment(path)]

    def _compose(self, death: Death, versions: Mapping[str, str]) -> str:
        made_of = {"elsipo": ELSIPO_VERSION, **versions}
        head = [
            f"The telephone engine of {self._account_id} died. {death.reason}",
            f"When: {time.strftime('%Y-%m-%d %H:%M:%S %z', time.localtime(self._latest_ms / 1000))}",
            f"It had run for {death.ran_s:.1f} s.",
            f"Made of: {', '.join(f'{name} {version}' for name, version in made_of.items())}",
            f"On: {platform.platform()}, Python {sys.version.split()[0]}",
            "",
            "Its last log lines:",
        ]
        # What a native library wrote of its own accord passed no formatter of ours yet. The end says most.
        log = redact("\n".join(death.log_lines) or "(none)")[-_MAX_CHARS + 2_000 :]
        return "\n".join(head) + "\n" + log + "\n"


def _moment(path: Path) -> int:
    """When a report was written, by its name; 0 for what is no report."""
    number = path.name.removesuffix(_SUFFIX).rpartition(".")[2]
    return int(number) if number.isascii() and number.isdigit() else 0
