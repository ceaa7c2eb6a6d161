"""The shell put together: a binding, the windows, the conversation with the host, and a quick, complete end."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

from .bindings.interface import WindowSpec
from .errors import ProtocolVersionError
from .rpc import Channel
from .windows import Windows

if TYPE_CHECKING:
    from typing import Any, BinaryIO, Callable, Dict, List

    from .bindings.interface import Binding
    from .signals import Signals

    Respond = Callable[[Any], None]

_log = logging.getLogger(__name__)

PROTOCOL_VERSION = 1
_END_S = 1.5
"""CEF gets this long to end by itself."""


class Shell:
    """One run of the shell.

    Args:
        binding: CEF.
        reader: The host's lines.
        write_fd: Where ours go.
        signals: What asks the process to end.
        clean_up: Called once at the end, also where CEF hangs.
    """

    def __init__(
        self, binding: Binding, reader: BinaryIO, write_fd: int, signals: Signals, clean_up: Callable[[], None]
    ) -> None:
        self._binding = binding
        self._signals = signals
        self._clean_up = clean_up
        self._leaving = False
        self._farewells: List[Respond] = []
        self._is_ready = threading.Event()
        self._channel = Channel(
            reader,
            write_fd,
            {
                "shell.hello": self._hello,
                "shell.quit": self._quit,
                "window.open": self._open,
                "window.close": self._close,
                "window.focus": self._focus,
                "window.set_title": self._set_title,
                "window.show_dev_tools": self._show_dev_tools,
                "window.get_dev_tools": self._get_dev_tools,
            },
        )
        self._windows = Windows(binding, self._channel.notify, self._channel.request)

    def run(self) -> None:
        """Serve the host until it is gone or has enough, then end CEF.

        Raises:
            CefError: CEF did not start.
        """
        if not self._binding.sandbox.on:
            _log.warning("Chromium's sandbox is off. %s", self._binding.sandbox.detail)
        self._signals.on_signal = self._signalled
        self._binding.run(self._ready)
        for respond in self._farewells:
            respond({})
        self._channel.flush(_END_S)
        self._clean_up()

    def _ready(self) -> None:
        self._is_ready.set()
        # Once more: Chromium has put handlers of its own in their place while it started.
        self._signals.catch()
        self._channel.listen(self._binding.post, self._leave)

    def _signalled(self) -> None:
        if self._is_ready.is_set():
            self._binding.post(self._leave)
        else:
            self._clean_up()
            os._exit(0)

    def _leave(self) -> None:
        if self._leaving:
            return
        self._begin_end()
        self._windows.close_all(self._binding.stop)

    def _begin_end(self) -> None:
        self._leaving = True
        timer = threading.Timer(_END_S, self._end_at_once)
        timer.daemon = True
        timer.start()

    def _end_at_once(self) -> None:
        # Chromium's other processes end when their channel to this one closes.
        _log.error("CEF did not end in time")
        self._channel.flush(0.1)
        self._clean_up()
        os._exit(1)

    # -- the host's requests

    def _hello(self, params: Dict[str, Any], respond: Respond) -> None:
        if params["protocol_version"] != PROTOCOL_VERSION:
            raise ProtocolVersionError({"supported": PROTOCOL_VERSION})
        sandbox = self._binding.sandbox
        result = {
            "protocol_version": PROTOCOL_VERSION,
            "pid": os.getpid(),
            "binding": self._binding.name,
            "chromium_version": self._binding.chromium_version,
            "sandboxed": sandbox.on,
        }
        if not sandbox.on:
            result["detail"] = sandbox.detail[:512]
        respond(result)

    def _quit(self, _params: Dict[str, Any], respond: Respond) -> None:
        if not self._leaving:
            self._begin_end()
        # Answered when CEF is down: its windows may outlive their browsers for a moment.
        self._farewells.append(respond)
        self._windows.close_all(self._binding.stop)

    def _open(self, params: Dict[str, Any], respond: Respond) -> None:
        window_id = params.pop("window_id")
        self._windows.open(window_id, WindowSpec(**params), respond)

    def _close(self, params: Dict[str, Any], respond: Respond) -> None:
        self._windows.close(params["window_id"])
        respond({})

    def _focus(self, params: Dict[str, Any], respond: Respond) -> None:
        self._windows.focus(params["window_id"])
        respond({})

    def _set_title(self, params: Dict[str, Any], respond: Respond) -> None:
        self._windows.set_title(params["window_id"], params["title"])
        respond({})

    def _show_dev_tools(self, params: Dict[str, Any], respond: Respond) -> None:
        self._windows.show_dev_tools(params["window_id"], params["subject"])
        respond({})

    def _get_dev_tools(self, params: Dict[str, Any], respond: Respond) -> None:
        respond({"is_open": self._windows.has_dev_tools(params["window_id"])})
