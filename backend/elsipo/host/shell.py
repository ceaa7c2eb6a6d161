"""The shell process as the host sees it: it holds the native windows and may be started again at any time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from elsipo.host.shell_options import ShellOptions
from elsipo.resources import icon_file
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import models as m
from elsipo.rpc._generated import shell
from elsipo.rpc.handlers import Handlers
from elsipo.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.host.bridge.windows import Window, Windows
    from elsipo.host.notices import RaiseNotice

__all__ = ["Shell", "ShellOptions"]

_log = logging.getLogger(__name__)

_WIDTH_PX, _HEIGHT_PX = 1100, 780
_OPEN_TIMEOUT_S = 30.0


class Shell:
    """Native windows for the host's windows.

    Args:
        argv: The shell's command.
        windows: What is to be shown.
        url: The chrome's address.
        on_closed: Called with the id of a window that the user closed.
        notice: Tells the user.
    """

    def __init__(
        self,
        argv: list[str],
        windows: Windows,
        url: Callable[[], str],
        on_closed: Callable[[str], None],
        notice: RaiseNotice,
    ) -> None:
        self._windows = windows
        self._url = url
        self._on_closed = on_closed
        self._notice = notice
        self.versions: dict[str, str] = {}
        self.sandboxed = False
        handlers = Handlers()
        handlers.on(shell.WINDOW_AUTHORIZE, self._authorize)
        handlers.on_notification(shell.WINDOW_CLOSED, lambda params: on_closed(params.window_id))
        handlers.on_notification(shell.WINDOW_RENDERER_DIED, self._renderer_died)
        self._supervisor = Supervisor(
            "shell",
            argv,
            handlers,
            hello=self._hello,
            goodbye=self._goodbye,
            on_running=self._show_all,
            on_state=self._on_state,
        )

    async def start(self) -> None:
        """Start the process; windows appear as soon as it runs."""
        await self._supervisor.start()

    async def stop(self) -> None:
        """Close all windows and end the process."""
        await self._supervisor.stop()

    async def show(self, window: Window) -> None:
        """Open the native window.

        Raises:
            EngineUnavailableError: the shell is starting; it opens all windows itself when it runs.
        """
        params = m.ShellWindowOpenParams(
            window_id=window.window_id,
            url=self._url(),
            title="Elsipo",
            icon_file=str(icon_file()),
            width_px=_WIDTH_PX,
            height_px=_HEIGHT_PX,
        )
        await self._supervisor.request(shell.WINDOW_OPEN, params, timeout_s=_OPEN_TIMEOUT_S)

    async def focus(self, window: Window) -> None:
        """Bring a window to the front."""
        await self._supervisor.request(shell.WINDOW_FOCUS, m.ShellWindowFocusParams(window_id=window.window_id))

    async def _hello(self) -> None:
        params = m.ShellShellHelloParams(protocol_version=PROTOCOL_VERSION)
        hello = await self._supervisor.handshake(shell.SHELL_HELLO, params)
        self.versions = {"Chromium": hello.chromium_version, "CEF binding": hello.binding}
        self.sandboxed = hello.sandboxed
        if not hello.sandboxed:
            _log.warning("Chromium's sandbox is off: %s", hello.detail)
            self._notice("sandbox", "warning", hello.detail or "Chromium's sandbox is off.")

    async def _goodbye(self) -> None:
        await self._supervisor.handshake(shell.SHELL_QUIT, m.ShellShellQuitParams())

    async def _show_all(self) -> None:
        for window in self._windows.all():
            await self.show(window)

    async def _authorize(self, params: m.ShellWindowAuthorizeParams) -> str:
        return self._windows.issue(self._windows.get(params.window_id), "chrome")

    def _renderer_died(self, params: m.ShellWindowRendererDiedParams) -> None:
        _log.warning("The renderer of window %s died: %s", params.window_id, params.detail)

    def _on_state(self) -> None:
        if self._supervisor.status.state == "failed":
            _log.error("The windows cannot be shown: %s", self._supervisor.status.detail)
            for window in self._windows.all():
                self._on_closed(window.window_id)
