"""The shell as the host sees it: a child that speaks JSON-RPC by lines. Plays the host's part by hand."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from e2e.shell.bindings import CEF_CAPI
from peers import processes
from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from e2e.shell.bindings import Binding

ROOT: Final = Path(__file__).resolve().parents[3]
PACKAGES: Final = ROOT / "frontend" / "shell"

_END_S = 2.0
"""The shell promises to be gone by then."""


class ShellProcess:
    """One shell.

    Answers `window.authorize` with a fresh token each time, as the host does.

    Args:
        display: X11 display.
        arguments: Further arguments of the shell.
        binding: The CEF binding that holds its windows.
        prefix: A command that starts it.
        env: Environment beside ours.
    """

    def __init__(
        self,
        display: str,
        *arguments: str,
        binding: Binding = CEF_CAPI,
        prefix: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*prefix, binding.python(), "-m", "elsipo_shell", "--cef", binding.name, *arguments],
            env={**os.environ, "DISPLAY": display, "PYTHONPATH": str(PACKAGES), **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.tokens: list[str] = []
        self.messages: list[Any] = []
        self.log_lines: list[str] = []
        self._news = threading.Condition()
        self._last_id = 0
        self._readers = [threading.Thread(target=read) for read in (self._read, self._read_log)]
        for reader in self._readers:
            reader.start()

    def request(self, method: str, **params: Any) -> Any:
        """Ask and wait for the result."""
        response = self.response(method, **params)
        assert "error" not in response, response
        return response["result"]

    def response(self, method: str, **params: Any) -> Any:
        """Ask and wait for the response, be it an error."""
        self._last_id += 1
        number = f"test-{self._last_id}"
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return self.wait(lambda message: isinstance(message, dict) and message.get("id") == number)

    def is_up(self) -> bool:
        """Ask what the host asks first; whether there is an answer in time."""
        try:
            self.request("shell.hello", protocol_version=1)
        except AssertionError:
            return False
        return True

    def give_up(self) -> None:
        """End it, and remove what Chromium then leaves; there must be no other shell."""
        self.process.kill()
        self.process.wait()
        for pattern in ("elsipo-shell-*", ".org.chromium.*"):
            for left in Path(tempfile.gettempdir()).glob(pattern):
                shutil.rmtree(left)

    def notified(self, method: str, count: int = 1) -> Any:
        """Wait for the parameters of the count-th notification."""
        self._wait(lambda: len(self._notifications(method)) >= count, f"{count} times {method}")
        return self._notifications(method)[count - 1]

    def wait(self, wanted: Callable[[Any], bool]) -> Any:
        """Wait for a message, whether it came already or comes yet."""
        self._wait(lambda: any(wanted(message) for message in self.messages), "a message")
        return next(message for message in self.messages if wanted(message))

    def wait_for_log(self, text: str) -> None:
        """Wait for words in its log."""
        self._wait(lambda: any(text in line for line in self.log_lines), f"{text!r} in the log")

    def send(self, message: object) -> None:
        """Write one message."""
        self.write(json.dumps(message).encode() + b"\n")

    def write(self, data: bytes) -> None:
        """Write bytes, whatever they are."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def descendants(self) -> dict[int, str]:
        """Its processes that live: pid to command line."""
        session = str(self.process.pid)
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                # It leads a session of its own, and state Z is dead already.
                if fields[3] == session and fields[0] != "Z" and command:
                    found[int(folder.name)] = command
        return found

    def renderers(self) -> list[int]:
        """The pids of its renderers, the oldest first."""
        return processes.renderers(self.descendants())

    def close_stdin(self) -> None:
        """What it sees when the host is gone."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def ended(self) -> int:
        """Wait for its end within the promised time and for that of all its processes; its exit code."""
        code = self.process.wait(_END_S)
        for reader in self._readers:
            reader.join(_END_S)
        wait_until(lambda: not self.descendants(), timeout_s=_END_S, what="no process is left")
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_stdin()
        try:
            self.process.wait(2 * _END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def _notifications(self, method: str) -> list[Any]:
        return [message["params"] for message in self.messages if self._is(message, method) and "id" not in message]

    @staticmethod
    def _is(message: Any, method: str) -> bool:
        return isinstance(message, dict) and message.get("method") == method

    def _wait(self, seen: Callable[[], bool], what: str) -> None:
        with self._news:
            found = self._news.wait_for(seen, 15)
        assert found, f"Not seen: {what}. Log: {self.log_lines[-10:]}; messages: {self.messages[-10:]}"

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message = json.loads(line)
            if self._is(message, "window.authorize"):
                token = secrets.token_hex(16)
                self.tokens.append(token)
                with contextlib.suppress(OSError, ValueError):
                    self.send({"jsonrpc": "2.0", "id": message["id"], "result": token})
            with self._news:
                self.messages.append(message)
                self._news.notify_all()

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.log_lines.append(line.decode("utf-8", "replace").rstrip())
                self._news.notify_all()
