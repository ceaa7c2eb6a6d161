"""CEF's life in this process: start, message loop, tasks, end. Windows are `window.py`'s."""

from __future__ import annotations

import collections
import ctypes
import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from elsipo_shell import x11
from elsipo_shell.bindings.interface import Binding, CefError

from . import sandboxing, switches

if TYPE_CHECKING:
    from typing import Any, Callable, Deque, Optional

    from elsipo_shell.bindings.interface import BrowserWindow, Options, Sandbox, WindowEvents, WindowSpec

_log = logging.getLogger(__name__)

# What is left of a Unix socket's 107 bytes (unix(7)) for the folder, when Chromium's own names are in it.
_LONGEST_TEMPORARY_FOLDER = 107 - len("/.org.chromium.Chromium.XXXXXX/SingletonSocket")


class CefCapi(Binding):
    """Chromium 131 through `cef-capi-py`."""

    name = "cef_capi"

    def __init__(self, get_options: Callable[[], Options]) -> None:
        self._sandbox = sandboxing.find()
        # Loads libcef; from here on the process must not fork.
        from cef_capi import RUNTIME_DIR, header

        from . import refs
        from .client import Client
        from .storage import Storages, folder_name

        self._options = options = get_options()
        self._header = header
        self._refs = refs
        self._runtime_dir = Path(RUNTIME_DIR)
        self._tasks: Deque[Callable[[], None]] = collections.deque()
        self._task = refs.implement(header.cef_task_t, execute=self._run_one_task)
        self._client = Client()
        own = options.storage
        self._switches = switches.switches(options.web_proxy_port, None if own is None else folder_name(own))
        self._storages = Storages(Path(options.cache_dir), own)

    @property
    def chromium_version(self) -> str:
        """Chromium's version."""
        # Entries 4 to 7 of cef_version_info(): Chrome's major, minor, build and patch.
        return ".".join(str(self._header.cef_version_info(entry)) for entry in range(4, 8))

    @property
    def sandbox(self) -> Sandbox:
        """What protects the user from a renderer."""
        return self._sandbox

    def run(self, ready: Callable[[], None]) -> None:
        """Start CEF, call `ready`, run until `stop`."""
        header, refs = self._header, self._refs
        if not x11.reachable():
            # Chromium would end the process without a word.
            raise CefError("there is no X11 display (DISPLAY=%s)" % os.environ.get("DISPLAY", ""))
        temporary = tempfile.gettempdir()
        if len(os.fsencode(temporary)) > _LONGEST_TEMPORARY_FOLDER:
            # And here, too.
            raise CefError(
                "the name of the folder for temporary files is too long: set TMPDIR to one of at most %d bytes"
                % _LONGEST_TEMPORARY_FOLDER
            )
        life = refs.implement(
            header.cef_browser_process_handler_t,
            on_context_initialized=ready,
            on_already_running_app_relaunch=_refuse_second_start,
        )
        app = refs.implement(
            header.cef_app_t,
            on_before_command_line_processing=self._switch,
            get_browser_process_handler=lambda: refs.address(life),
        )
        arguments = header.cef_main_args_t()
        if not header.cef_initialize(arguments, self._settings(), app, None):
            raise CefError("CEF did not start; perhaps another shell uses the profile %s" % self._options.cache_dir)
        header.cef_run_message_loop()
        header.cef_shutdown()

    def stop(self) -> None:
        """Let `run` return."""
        self._header.cef_quit_message_loop()

    def post(self, task: Callable[[], None]) -> None:
        """Run something on the UI thread."""
        self._tasks.append(task)
        self._header.cef_post_task(self._header.TID_UI, self._task)

    def open_window(
        self, spec: WindowSpec, events: WindowEvents, opened: Callable[[Optional[BrowserWindow]], None]
    ) -> None:
        """Open a window, as soon as its storage is there."""
        self._storages.have(spec.storage, lambda context: opened(self._client.open_window(spec, events, context)))

    def _run_one_task(self) -> None:
        self._tasks.popleft()()

    def _switch(self, process_type: Any, command_line: Any) -> None:
        # Empty in the browser process; the children get theirs from Chromium.
        if self._refs.read_text(process_type):
            return
        for name, value in self._switches:
            if value is None:
                self._refs.invoke(command_line, "append_switch", self._refs.text(name))
            else:
                self._refs.invoke(
                    command_line, "append_switch_with_value", self._refs.text(name), self._refs.text(value)
                )

    def _settings(self) -> Any:
        header, refs, options = self._header, self._refs, self._options
        settings = header.cef_settings_t()
        settings.size = ctypes.sizeof(settings)
        settings.no_sandbox = 0 if self._sandbox.on else 1
        # CEF's own small program, so that nothing of ours runs in a renderer.
        refs.set_text(settings, "browser_subprocess_path", str(self._runtime_dir / "cefsimple"))
        refs.set_text(settings, "root_cache_path", options.cache_dir)
        refs.set_text(settings, "cache_path", options.cache_dir)
        # Without a name it writes debug.log into the working directory. Not the null device: Chromium replaces the file
        # that it is told, and root's rights let it.
        refs.set_text(settings, "log_file", str(Path(options.cache_dir) / "chromium.log"))
        # Chromium's errors are about buses and graphics cards that a machine need not have; ours come by callback.
        settings.log_severity = header.LOGSEVERITY_FATAL
        settings.command_line_args_disabled = 1
        settings.disable_signal_handlers = 1
        settings.remote_debugging_port = options.remote_debugging_port or 0
        return settings


def _refuse_second_start(_command_line: Any, _folder: Any) -> int:
    # Another process was started with this profile; Chrome would open a browser window of its own for it here.
    _log.warning("another shell was started with this one's profile")
    return 1
