"""The shell process as the host sees it: it holds the native windows and may be started again at any time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from elsipo.host.shell_options import ShellOptions
from elsipo.resources import icon_file
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import models as m
from elsipo.rpc._generated import shell
from elsipo.rpc.errors import EngineUnavailableError, NotFoundError
from elsipo.rpc.handlers import Handlers
from elsipo.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from elsipo.host.bridge.windows import Window
    from elsipo.host.desktop import Desktop
    from elsipo.host.notices import RaiseNotice

__all__ = ["Shell", "ShellOptions"]

_log = logging.getLogger(__name__)

_WIDTH_PX, _HEIGHT_PX, _SMALLEST_PX = 1100, 780, 200
_OPEN_TIMEOUT_S = 30.0
_COMES_WITHIN_S = 10.0


class Shell:
    """Native windows for the host's windows.

    Args:
        argv: The shell's command.
        desktop: What is to be shown, and who is told what becomes of it.
        notice: Tells the user.
    """

    def __init__(self, argv: list[str], desktop: Desktop, notice: RaiseNotice) -> None:
        self._desktop = desktop
        self._notice = notice
        self._renewing: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._tried_again: set[str] = set()
        self.versions: dict[str, str] = {}
        self.sandboxed = False
        handlers = Handlers()
        handlers.on(shell.WINDOW_AUTHORIZE, self._authorize)
        handlers.on_notification(shell.WINDOW_CLOSED, lambda params: self._closed(params.window_id))
        handlers.on_notification(
            shell.WINDOW_BOUNDS_CHANGED, lambda params: desktop.moved(params.window_id, params.bounds)
        )
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

    @property
    def pid(self) -> int | None:
        """The process's id, once it can show windows."""
        status = self._supervisor.status
        return status.pid if status.state == "running" else None

    async def start(self) -> None:
        """Start the process; windows appear as soon as it runs."""
        await self._supervisor.start()

    async def stop(self) -> None:
        """Close all windows and end the process."""
        for task in self._tasks:
            task.cancel()
        await self._supervisor.stop()

    async def show(self, window: Window) -> None:
        """Open the native window, where it was the last time; a shell that was given up is tried again.

        Raises:
            EngineUnavailableError: the shell is starting; it opens all windows itself when it runs.
        """
        if self._supervisor.status.state == "failed":
            await self._supervisor.restart()
        place = self._desktop.memory.place(window.account_id)
        params = m.ShellWindowOpenParams(
            window_id=window.window_id,
            url=self._desktop.url,
            title="Elsipo",
            icon_file=str(icon_file()),
            width_px=_WIDTH_PX if place is None else max(_SMALLEST_PX, place.width_px),
            height_px=_HEIGHT_PX if place is None else max(_SMALLEST_PX, place.height_px),
            x_px=None if place is None else place.x_px,
            y_px=None if place is None else place.y_px,
            storage=window.storage,
        )
        window.has_come = False
        self._soon(self._see_it_come(window, self.pid))
        await self._supervisor.request(shell.WINDOW_OPEN, params, timeout_s=_OPEN_TIMEOUT_S)

    async def focus(self, window: Window) -> None:
        """Bring a window to the front."""
        await self._supervisor.request(shell.WINDOW_FOCUS, m.ShellWindowFocusParams(window_id=window.window_id))

    async def close(self, window: Window) -> None:
        """Close the native window; `Desktop.closed` follows."""
        params = m.ShellWindowCloseParams(window_id=window.window_id)
        await self._supervisor.request(shell.WINDOW_CLOSE, params)

    async def renew(self, window: Window) -> None:
        """Close the native window and open it again: a browser keeps the storage that it was made with.

        Raises:
            EngineUnavailableError: the shell is starting; it opens all windows as they are to be.
        """
        self._renewing.add(window.window_id)
        await self.close(window)

    def _closed(self, window_id: str) -> None:
        if window_id not in self._renewing:
            self._desktop.closed(window_id)
            return
        self._renewing.discard(window_id)
        self._soon(self._show_again(window_id))

    async def _show_again(self, window_id: str) -> None:
        with contextlib.suppress(EngineUnavailableError, NotFoundError):
            await self.show(self._desktop.windows.get(window_id))

    async def _see_it_come(self, window: Window, pid: int | None) -> None:
        """Start the process anew where a window stays empty, but not a second time for the same one.

        One start of Chromium in thousands never loads its document, and does not say so.
        """
        await asyncio.sleep(_COMES_WITHIN_S)
        if window.has_come:
            self._tried_again.discard(window.window_id)
        elif (
            window in self._desktop.windows.all()
            and pid is not None
            and pid == self.pid
            and window.window_id not in self._tried_again
        ):
            _log.warning("Window %s stays empty; the windows are started anew", window.window_id)
            self._tried_again.add(window.window_id)
            await self._supervisor.restart()

    async def show_dev_tools(self, window: Window, subject: m.DevToolsSubject) -> None:
        """Open Chromium's DevTools for a window.

        Raises:
            EngineUnavailableError: the shell is starting.
        """
        params = m.ShellWindowShowDevToolsParams(window_id=window.window_id, subject=subject)
        await self._supervisor.request(shell.WINDOW_SHOW_DEV_TOOLS, params)

    async def dev_tools(self, window: Window) -> m.DevToolsState:
        """Whether Chromium's DevTools are open for a window.

        Raises:
            EngineUnavailableError: the shell is starting.
        """
        params = m.ShellWindowGetDevToolsParams(window_id=window.window_id)
        return await self._supervisor.request(shell.WINDOW_GET_DEV_TOOLS, params)

    async def _hello(self) -> None:
        self._renewing.clear()
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
        for window in self._desktop.windows.all():
            await self.show(window)

    async def _authorize(self, params: m.ShellWindowAuthorizeParams) -> str:
        windows = self._desktop.windows
        return windows.issue(windows.get(params.window_id), "chrome")

    def _renderer_died(self, params: m.ShellWindowRendererDiedParams) -> None:
        _log.warning("The renderer of window %s died: %s", params.window_id, params.detail)

    def _soon(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_state(self) -> None:
        if self._supervisor.status.state == "failed":
            _log.error("The windows cannot be shown: %s", self._supervisor.status.detail)
            self._desktop.gave_up()
