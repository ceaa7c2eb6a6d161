"""How the windows' process is started. Imports next to nothing, for it is wanted before all else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elsipo.host.shell_command import shell_command

if TYPE_CHECKING:
    from pathlib import Path


def has_display() -> bool:
    """Whether this machine can show a window."""
    return os.name == "nt" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@dataclass(frozen=True)
class ShellOptions:
    """How windows are shown.

    Attributes:
        binding: CEF binding: cef_capi or cefpython3.
        remote_debugging_port: DevTools on this port of loopback; None is off.
        web_proxy_port: Where on loopback windows ask for https; None leaves them without.
        storage: The storage of the window that comes first, with which the process begins; None where it has no name.
    """

    binding: str = "cef_capi"
    remote_debugging_port: int | None = None
    web_proxy_port: int | None = None
    storage: str | None = None

    def argv(self, cache: Path) -> list[str]:
        """The shell's command.

        Raises:
            FileNotFoundError: the binding needs a Python that is not here; the text says how to get it.
        """
        # A profile of its own for each Chromium: a newer one's is Greek to an older one.
        profile = cache if self.binding == "cef_capi" else cache / self.binding
        argv = [*shell_command(self.binding), "--cache-dir", str(profile)]
        if self.remote_debugging_port is not None:
            argv += ["--remote-debugging-port", str(self.remote_debugging_port)]
        if self.web_proxy_port is not None:
            argv += ["--web-proxy-port", str(self.web_proxy_port)]
        if self.storage is not None:
            argv += ["--storage", self.storage]
        return argv
