"""One run of a child process: its pipes, its log, its end. Must not know why it runs, or SIP.

stdin and stdout carry lines of JSON-RPC, stderr is the child's log and is copied into ours. A child leaves when its
stdin ends, also when this process is killed; one that does not is made to.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
import sys
from asyncio.subprocess import SubprocessStreamProtocol
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from elsipo.rpc.stream import MAX_LINE_BYTES, LineStream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_log = logging.getLogger(__name__)

LOG_LINES: Final = 200
"""How many of a child's last log lines are kept; a stack for each of its threads is among them when it crashes."""
_MAX_LOG_CHARS: Final = 2_000
_LAST_WORDS_S: Final = 0.5
# Our own processes write `TIME LEVEL …` (elsipo.log); what a native library writes is taken for INFO.
_LEVEL: Final = re.compile(r"\S+ (DEBUG|INFO|WARNING|ERROR|CRITICAL)\b")

_early: Final[dict[tuple[str, ...], Child]] = {}


@dataclass(frozen=True)
class Patience:
    """How long each step of a child's end may take, in seconds.

    Attributes:
        leave_s: From the end of its stdin until it has left.
        terminate_s: From SIGTERM until it has left; then it is killed.
    """

    leave_s: float = 1.0
    terminate_s: float = 1.0


class _Protocol(SubprocessStreamProtocol):
    """Tells of the exit itself: `Process.wait` also waits for pipes, which a grandchild may hold open."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=MAX_LINE_BYTES, loop=loop)
        self.exited = asyncio.Event()
        self.gone = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.exited.is_set():  # The parent class calls it for a lost stdin, too.
            self.gone.set()


class Child:
    """A running child process. Made by `launch`.

    Attributes:
        stream: Its stdin and stdout.
        log_lines: The last lines of its log.
    """

    def __init__(self, name: str, transport: asyncio.SubprocessTransport, protocol: _Protocol) -> None:
        self._name = name
        self._transport = transport
        self._protocol = protocol
        assert protocol.stdin is not None  # noqa: S101 - launched with three pipes
        assert protocol.stdout is not None  # noqa: S101
        assert protocol.stderr is not None  # noqa: S101
        self._stdin = protocol.stdin
        self.stream = LineStream(protocol.stdout, protocol.stdin, name=name)
        self.log_lines: deque[str] = deque(maxlen=LOG_LINES)
        self._logging = asyncio.create_task(self._copy_log(protocol.stderr), name=f"log {name}")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._transport.get_pid()

    async def wait(self) -> int:
        """Wait until it has exited.

        Returns:
            Its exit code; -N where signal N killed it.
        """
        await self._protocol.exited.wait()
        return cast("int", self._transport.get_returncode())

    async def end(self, patience: Patience | None = None) -> int:
        """End it: close its stdin, wait, SIGTERM, wait, SIGKILL. Does nothing to one that has exited but tidy up.

        Args:
            patience: How long each step may take; None kills at once.

        Returns:
            Its exit code; -N where signal N killed it.
        """
        if patience is not None:
            if self._transport.get_returncode() is None:
                self._close_stdin()
            if not await self._left_within(patience.leave_s):
                _log.warning("%s does not leave; it is told to", self._name)
                with contextlib.suppress(ProcessLookupError):
                    self._transport.terminate()
                if not await self._left_within(patience.terminate_s):
                    _log.warning("%s does not obey; it is killed", self._name)
        if not self._protocol.exited.is_set():
            self._kill()
        returncode = await self.wait()
        await asyncio.wait({self._logging}, timeout=_LAST_WORDS_S)
        if not self._logging.done():
            self._kill()  # Somebody whom it started lives on and holds its pipes.
            await asyncio.wait({self._logging}, timeout=_LAST_WORDS_S)
        self._logging.cancel()
        await asyncio.gather(self._logging, return_exceptions=True)
        self._transport.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._protocol.gone.wait(), _LAST_WORDS_S)
        return returncode

    async def abort(self) -> None:
        """Have a child that hangs end itself (SIGABRT), so that its last words may say where it hung.

        Leaves one that cannot even do that to `end`.
        """
        if sys.platform == "win32" or self._protocol.exited.is_set():
            return
        with contextlib.suppress(ProcessLookupError):
            self._transport.send_signal(signal.SIGABRT)
        await self._left_within(_LAST_WORDS_S)

    def _close_stdin(self) -> None:
        self._stdin.close()
        if self._stdin.transport.get_write_buffer_size():
            self._stdin.transport.abort()  # It does not read: what it never took must not keep its stdin open.

    def _kill(self) -> None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            self._transport.kill()

    async def _left_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._protocol.exited.wait(), seconds)
        return self._protocol.exited.is_set()

    async def _copy_log(self, stderr: asyncio.StreamReader) -> None:
        log = logging.getLogger("elsipo.child")
        level = logging.INFO
        while True:
            try:
                line = await stderr.readline()
            except ValueError:
                line = b"(a line too long for the log)\n"
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()[:_MAX_LOG_CHARS]
            if not text:
                continue
            self.log_lines.append(text)
            if found := _LEVEL.match(text):
                level = logging.getLevelNamesMapping()[found[1]]
            elif not text.startswith(" "):  # Continued lines have the level of the first.
                level = logging.INFO
            log.log(level, "%s: %s", self._name, text)


async def launch(name: str, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Child:
    """Start a child process.

    It gets a session of its own: Ctrl-C in a terminal is this process's affair, which then ends its children in order.

    Args:
        name: Its name in the log.
        argv: The command; never a shell.
        env: Its environment; None is ours.

    Returns:
        The running child, maybe one that was launched early; whoever launched it calls `Child.end`.

    Raises:
        OSError: the command cannot be run.
    """
    if env is None and (early := _early.pop(tuple(argv), None)) is not None:
        return early
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(
        lambda: _Protocol(loop),
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=env,
        start_new_session=True,
    )
    return Child(name, transport, protocol)


async def launch_early(name: str, argv: Sequence[str]) -> None:
    """Start a child before whoever supervises it is there: the next `launch` of the same command gets it.

    Args:
        name: Its name in the log.
        argv: The command.

    Raises:
        OSError: the command cannot be run.
    """
    _early[tuple(argv)] = await launch(name, argv)


async def end_early() -> None:
    """End the children that were launched early and that nobody wanted."""
    while _early:
        _, child = _early.popitem()
        await child.end(Patience())
