"""One run of a child process: its pipes, its log, its end. Must not know how it was started, why it runs, or SIP.

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
from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

from elsipo.rpc.stream import LineStream

_log = logging.getLogger(__name__)

LOG_LINES: Final = 200
"""How many of a child's last log lines are kept; a stack for each of its threads is among them when it crashes."""
_MAX_LOG_CHARS: Final = 2_000
_LAST_WORDS_S: Final = 0.5
# Our own processes write `TIME LEVEL …` (elsipo.log); what a native library writes is taken for INFO.
_LEVEL: Final = re.compile(r"\S+ (DEBUG|INFO|WARNING|ERROR|CRITICAL)\b")


@dataclass(frozen=True)
class Patience:
    """How long each step of a child's end may take, in seconds.

    Attributes:
        leave_s: From the end of its stdin until it has left.
        terminate_s: From SIGTERM until it has left; then it is killed.
    """

    leave_s: float = 1.0
    terminate_s: float = 1.0


class Run(Protocol):
    """A process as its way of starting shows it.

    Attributes:
        pid: Its process id.
        stdin: Where its stdin is written.
        stdout: What it writes to stdout; its limit is MAX_LINE_BYTES.
        stderr: What it writes to stderr.
        exited: Set when it has exited: pipes do not tell, for a grandchild may hold them open.
    """

    pid: int
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader
    exited: asyncio.Event

    @property
    def returncode(self) -> int | None:
        """Its exit code, once it has exited; -N where signal N killed it, None where nobody could tell."""
        ...

    async def killed(self) -> None:
        """Wait for the end of one that was sent SIGKILL."""
        ...

    async def close(self) -> None:
        """Let go of its pipes; it has exited."""
        ...


class Child:
    """A running child process.

    Args:
        name: Its name in the log.
        run: The process.

    Attributes:
        stream: Its stdin and stdout.
        log_lines: The last lines of its log.
    """

    def __init__(self, name: str, run: Run) -> None:
        self._name = name
        self._run = run
        self.stream = LineStream(run.stdout, run.stdin, name=name)
        self.log_lines: deque[str] = deque(maxlen=LOG_LINES)
        self._logging = asyncio.create_task(self._copy_log(run.stderr), name=f"log {name}")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._run.pid

    @property
    def has_exited(self) -> bool:
        """Whether it is over."""
        return self._run.exited.is_set()

    async def wait(self) -> int | None:
        """Wait until it has exited.

        Returns:
            Its exit code; -N where signal N killed it, None where nobody could tell.
        """
        await self._run.exited.wait()
        return self._run.returncode

    async def end(self, patience: Patience | None = None) -> int | None:
        """End it: close its stdin, wait, SIGTERM, wait, SIGKILL. Does nothing to one that has exited but tidy up.

        Args:
            patience: How long each step may take; None kills at once.

        Returns:
            Its exit code, as `wait`.
        """
        if patience is not None:
            if not self.has_exited:
                self._close_stdin()
            if not await self._left_within(patience.leave_s):
                _log.warning("%s does not leave; it is told to", self._name)
                self._signal(signal.SIGTERM)
                if not await self._left_within(patience.terminate_s):
                    _log.warning("%s does not obey; it is killed", self._name)
        if not self.has_exited:
            self.kill()
            await self._run.killed()
        await asyncio.wait({self._logging}, timeout=_LAST_WORDS_S)
        if not self._logging.done():
            self.kill()  # Somebody whom it started lives on and holds its pipes.
            await asyncio.wait({self._logging}, timeout=_LAST_WORDS_S)
        self._logging.cancel()
        await asyncio.gather(self._logging, return_exceptions=True)
        await self._run.close()
        return self._run.returncode

    async def abort(self) -> None:
        """Have a child that hangs end itself (SIGABRT), so that its last words may say where it hung.

        Leaves one that cannot even do that to `end`.
        """
        if sys.platform == "win32" or self.has_exited:
            return
        self._signal(signal.SIGABRT)
        await self._left_within(_LAST_WORDS_S)

    def kill(self) -> None:
        """Kill it, and all of its process group."""
        if sys.platform == "win32":
            self._signal(signal.SIGTERM)  # there TerminateProcess
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._signal(signal.SIGKILL)

    def _close_stdin(self) -> None:
        self._run.stdin.close()
        if self._run.stdin.transport.get_write_buffer_size():
            self._run.stdin.transport.abort()  # It does not read: what it never took must not keep its stdin open.

    def _signal(self, number: signal.Signals) -> None:
        if not self.has_exited:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def _left_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._run.exited.wait(), seconds)
        return self.has_exited

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
