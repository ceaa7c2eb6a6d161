"""The native window of `elsipo ui serve`: it shows the panel for as long as the person wants it, and keeps nothing."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from elsipo.resources import icon_file
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import models as m
from elsipo.rpc._generated import shell
from elsipo.rpc.errors import NotFoundError
from elsipo.rpc.handlers import Handlers
from elsipo.supervisor import Supervisor

if TYPE_CHECKING:
    from elsipo.host.shell_options import ShellOptions

_WINDOW: Final = "w1"
_WIDTH_PX, _HEIGHT_PX = 1100, 780
_OPEN_TIMEOUT_S: Final = 30.0


async def until_closed(url: str, options: ShellOptions) -> None:
    """Show a window, and return when the person has closed it.

    Args:
        url: Of the panel.
        options: How windows are shown.

    Raises:
        OSError: it cannot be shown; the text says why.
    """
    # Chromium may still write there while it ends.
    with tempfile.TemporaryDirectory(prefix="elsipo-ui-", ignore_cleanup_errors=True) as cache:
        window = _Window(url, options.argv(Path(cache)))
        try:
            await window.supervisor.start()
            await window.over.wait()
        finally:
            await window.supervisor.stop()
        if window.problem:
            raise OSError(f"The window cannot be shown: {window.problem}")


class _Window:
    """The shell with its one window; a shell that dies is started again with it."""

    def __init__(self, url: str, argv: list[str]) -> None:
        self._url = url
        self.over = asyncio.Event()
        self.problem = ""
        handlers = Handlers()
        handlers.on(shell.WINDOW_AUTHORIZE, self._authorize)
        handlers.on_notification(shell.WINDOW_CLOSED, lambda _: self.over.set())
        self.supervisor = Supervisor(
            "shell",
            argv,
            handlers,
            hello=self._hello,
            goodbye=self._goodbye,
            on_running=self._open,
            on_state=self._on_state,
        )

    async def _hello(self) -> None:
        await self.supervisor.handshake(shell.SHELL_HELLO, m.ShellShellHelloParams(protocol_version=PROTOCOL_VERSION))

    async def _goodbye(self) -> None:
        await self.supervisor.handshake(shell.SHELL_QUIT, m.ShellShellQuitParams())

    async def _open(self) -> None:
        params = m.ShellWindowOpenParams(
            window_id=_WINDOW,
            url=self._url,
            title="Elsipo",
            icon_file=str(icon_file()),
            width_px=_WIDTH_PX,
            height_px=_HEIGHT_PX,
        )
        await self.supervisor.request(shell.WINDOW_OPEN, params, timeout_s=_OPEN_TIMEOUT_S)

    async def _authorize(self, _: m.ShellWindowAuthorizeParams) -> str:
        raise NotFoundError("There is no host behind this window, and so no token.")

    def _on_state(self) -> None:
        if self.supervisor.status.state == "failed":
            self.problem = self.supervisor.status.detail or "it ended again and again."
            self.over.set()
