"""CEF's life in this process: start, message loop, tasks, end. Windows are `window.py`'s."""

from __future__ import annotations

import collections
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from elsipo_shell import x11
from elsipo_shell.bindings.interface import Binding, CefError, Sandbox

from .dialogs import DialogGuard
from .preferences import write_preferences
from .profile import ProfileLock
from .switches import switches

if TYPE_CHECKING:
    from typing import Any, Callable, Deque, Dict, Optional

    from elsipo_shell.bindings.interface import BrowserWindow, Options, WindowEvents, WindowSpec

_PYTHON = (3, 7)
_SANDBOX = Sandbox(
    on=False,
    detail="The CEF binding cefpython3 has no sandbox, and its Chromium is of 2018: a page that breaks out has all "
    "your rights. Open only pages that you trust, or start Elsipo with the binding cef_capi.",
)


class CefPython3(Binding):
    """Chromium 66 through `cefpython3`."""

    name = "cefpython3"

    def __init__(self, get_options: Callable[[], Options]) -> None:
        if sys.version_info[:2] != _PYTHON:
            raise ImportError("cefpython3 66.0 needs CPython 3.7, and this is %d.%d" % sys.version_info[:2])
        # Loads libcef.
        from cefpython3 import cefpython

        from .client import Client

        self._options = get_options()
        self._cef = cefpython
        self._tasks: Deque[Callable[[], None]] = collections.deque()
        self._client = Client()
        self._stopped = False

    @property
    def chromium_version(self) -> str:
        """Chromium's version."""
        return str(self._cef.GetVersion()["chrome_version"])

    @property
    def sandbox(self) -> Sandbox:
        """What protects the user from a renderer: nothing."""
        return _SANDBOX

    def run(self, ready: Callable[[], None]) -> None:
        """Start CEF, call `ready`, run until `stop`."""
        if not x11.reachable():
            # Chromium would end the process without a word.
            raise CefError("there is no X11 display (DISPLAY=%s)" % os.environ.get("DISPLAY", ""))
        lock = ProfileLock(self._options.cache_dir)
        self._keep_crumbs_together()
        write_preferences(self._options.cache_dir)
        if not self._cef.Initialize(settings=self._settings(), switches=switches(self._options.web_proxy_port)):
            raise CefError("CEF did not start with the profile %s" % self._options.cache_dir)
        self._cef.WindowUtils.InstallX11ErrorHandlers()
        guard = DialogGuard()
        ready()
        while not self._stopped:
            # It returns by itself, too, when a person has closed the last window: the host may want another one.
            self._cef.MessageLoop()
        self._cef.Shutdown()
        del guard
        lock.release()

    def stop(self) -> None:
        """Let `run` return."""
        self._stopped = True
        self._cef.QuitMessageLoop()

    def post(self, task: Callable[[], None]) -> None:
        """Run something on the UI thread."""
        # PostTask takes functions and methods, no other callables.
        self._tasks.append(task)
        self._cef.PostTask(self._cef.TID_UI, self._run_one_task)

    def open_window(
        self, spec: WindowSpec, events: WindowEvents, opened: Callable[[Optional[BrowserWindow]], None]
    ) -> None:
        """Open a window. It has the storage of the process: see `client.py`."""
        opened(self._client.open_window(spec, events))

    def _keep_crumbs_together(self) -> None:
        # Chromium of that time leaves folders where temporary files go when it is ended early.
        crumbs = Path(self._options.cache_dir) / "tmp"
        shutil.rmtree(str(crumbs), ignore_errors=True)
        crumbs.mkdir(mode=0o700)
        os.environ["TMPDIR"] = str(crumbs)

    def _run_one_task(self) -> None:
        self._tasks.popleft()()

    def _settings(self) -> Dict[str, Any]:
        cache_dir = self._options.cache_dir
        return {
            "cache_path": cache_dir,
            "user_data_path": cache_dir,
            # It is read only then, too.
            "persist_user_preferences": True,
            "log_file": str(Path(cache_dir) / "chromium.log"),
            "log_severity": self._cef.LOGSEVERITY_DISABLE,
            "command_line_args_disabled": True,
            # 0 would be a port of Chromium's choice.
            "remote_debugging_port": self._options.remote_debugging_port or -1,
            "downloads_enabled": False,
            "context_menu": {
                "enabled": True,
                "navigation": False,
                "print": False,
                "view_source": False,
                "external_browser": False,
                "devtools": False,
            },
        }
