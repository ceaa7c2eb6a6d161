"""Has child processes forked by a process that has imported all they need, so that they share its memory.

                    ┌ launch: name, pipes ─▶ fork server ── fork ─▶ child
    host: ForkServer┤                             │ how it ended      │ its pid
                    └◀──────── one pipe a child ──┴───────────────────┘

Whatever happens to the server, a child is started: where there is none (another system than Linux), where it dies,
hangs, or has died too often, the child is spawned as `launch` does. Children do not notice its end; only how they end
can then no longer be told. It is started when it is first needed, or forked off this process before, and leaves with
this process.
Must not know what it forks, or SIP.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import sys
from functools import partial
from typing import IO, TYPE_CHECKING, Final, Self

from elsipo.supervisor.begun import fork, pipe
from elsipo.supervisor.child import Child, Patience
from elsipo.supervisor.forking import MAX_REQUEST_BYTES, serve_when_told
from elsipo.supervisor.launcher import launch
from elsipo.supervisor.piped import Adopted, Piped
from elsipo.supervisor.policy import RestartPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from elsipo.supervisor.begun import Begun

_log = logging.getLogger(__name__)

_NAME: Final = "fork server"
_FORKED_S: Final = 5.0
"""How long the server may take to fork, its own start included."""
_GET_READY: Final = b"\0"
_REAPED_S: Final = 1.0


class ForkServer:
    """Starts processes of one command, `python -m MODULE`, with any arguments.

    Args:
        argv: The command: this Python, `-m`, the module.
        preloaded: A module with all that they import; importing it must start no thread.
        policy: When a server that keeps dying is given up.
    """

    def __init__(self, argv: Sequence[str], preloaded: str, *, policy: RestartPolicy | None = None) -> None:
        self._argv = tuple(argv)
        self._preloaded = preloaded
        self._policy = policy or RestartPolicy()
        self._lock = asyncio.Lock()
        self._server: _Server | None = None
        self._begun: tuple[Begun, socket.socket] | None = None
        self._usable = sys.platform == "linux"

    @property
    def pid(self) -> int | None:
        """Its process id, while there is a process."""
        return None if self._server is None or self._server.child.has_exited else self._server.child.pid

    def fork(self) -> None:
        """Have it forked off this very process, before it is needed: what that has imported is not imported again.

        For whoever has no loop yet. It imports the rest when it is told to by `start`, or by `launch`. Where this
        process has several threads, or cannot be forked, nothing happens, and these start another.
        """
        if not self._usable or len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208 - only their number
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                begun = fork(partial(serve_when_told, self._argv[-1], self._preloaded), theirs.fileno())
            except OSError as error:
                _log.warning("The fork server cannot be forked: %s", error.strerror)
                ours.close()
                return
        ours.setblocking(False)
        self._begun = begun, ours

    async def start(self) -> None:
        """Have it ready before it is needed; `launch` finds out what became of it."""
        server = await self._running()
        if server is not None:
            with contextlib.suppress(OSError):
                server.requests.send(_GET_READY)

    async def launch(self, name: str, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Child:
        """Start a child process; another command, or one with another environment, as `launcher.launch` does.

        Args:
            name: Its name in the log.
            argv: The command, arguments included.
            env: Its environment; None is that of the server, which is ours.

        Returns:
            The running child; whoever launched it calls `Child.end`.

        Raises:
            OSError: the command cannot be run.
        """
        own = len(self._argv)
        if env is None and tuple(argv[:own]) == self._argv:
            forked = await self._fork(name, argv[own:])
            if forked is not None:
                return Child(name, forked)
        return await launch(name, argv, env=env)

    async def close(self) -> None:
        """End it; its children live on."""
        async with self._lock:
            self._usable = False
            await self._adopt()
            await self._end(Patience())

    async def _fork(self, name: str, arguments: Sequence[str]) -> _Forked | None:
        server = await self._running()
        if server is None:
            return None
        try:
            return await _Forked.by(server, name, arguments)
        except TimeoutError:
            _log.warning("The fork server did not answer within %g s; it is killed", _FORKED_S)
            server.child.kill()
            await server.child.wait()
        except (OSError, EOFError) as error:
            _log.warning("%s could not be forked: %s", name, error)
        return None

    async def _running(self) -> _Server | None:
        async with self._lock:
            await self._adopt()
            if self._server is not None and self._server.child.has_exited:
                await self._end(None)
                if self._policy.crashed() is None:
                    _log.error("The fork server is given up: %s", self._policy.gave_up())
                    self._usable = False
            if self._server is None and self._usable:
                try:
                    self._server = await _Server.start(self._argv, self._preloaded)
                except OSError as error:
                    _log.warning("The fork server cannot be started: %s", error.strerror)
            return self._server

    async def _adopt(self) -> None:
        if self._begun is not None:
            begun, self._begun = self._begun, None
            self._server = await _Server.adopt(*begun)

    async def _end(self, patience: Patience | None) -> None:
        if self._server is not None:
            self._server.requests.close()
            await self._server.child.end(patience)
            self._server = None


class _Server:
    """One run of the server."""

    def __init__(self, child: Child, requests: socket.socket) -> None:
        self.child = child
        self.requests = requests

    @classmethod
    async def adopt(cls, begun: Begun, requests: socket.socket) -> Self:
        return cls(Child(_NAME, await Adopted.of(begun)), requests)

    @classmethod
    async def start(cls, argv: Sequence[str], preloaded: str) -> Self:
        python, _, module = argv
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, contextlib.ExitStack() as undo:
            undo.callback(ours.close)
            ours.setblocking(False)
            command = [python, "-m", "elsipo.supervisor.forking", module, preloaded, str(theirs.fileno())]
            child = await launch(_NAME, command, pass_fds=(theirs.fileno(),))
            undo.pop_all()
        return cls(child, ours)


class _Forked(Piped):
    """A process that the server has forked."""

    def __init__(self, server: _Server) -> None:
        super().__init__()
        self._server = server
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def by(cls, server: _Server, name: str, arguments: Sequence[str]) -> Self:
        """Have a process forked.

        Raises:
            TimeoutError: the server hangs.
            EOFError: it died, or could not.
            OSError: it is gone, or there are no file descriptors left.
        """
        forked = cls(server)
        try:
            async with asyncio.timeout(_FORKED_S):
                await forked._begin(name, arguments)
        except BaseException:
            await forked.close()  # Should there be a process, it sees the end of its stdin.
            raise
        return forked

    async def _begin(self, name: str, arguments: Sequence[str]) -> None:
        request = os.fsencode("\0".join([name, *arguments]))
        if len(request) > MAX_REQUEST_BYTES:
            raise OSError(errno.E2BIG, os.strerror(errno.E2BIG))
        with contextlib.ExitStack() as theirs:
            files, descriptors = zip(*(self._pipe(theirs, mode) for mode in ("wb", "rb", "rb", "rb")), strict=True)
            socket.send_fds(self._server.requests, [request], descriptors)
        stdin, stdout, stderr, told = files
        await self.connect(stdin, stdout, stderr)
        life = await self.reader(told)
        word, _, number = (await life.readline()).partition(b" ")
        if word != b"pid":
            raise EOFError("it ended at once" if word else "the fork server could not, or died")
        self.pid = int(number)
        self._watching = asyncio.create_task(self._watch(life), name=f"life {name}")

    def _pipe(self, theirs: contextlib.ExitStack, mode: str) -> tuple[IO[bytes], int]:
        ours, other = pipe(theirs, mode)
        return self._ours.enter_context(ours), other

    async def _watch(self, life: asyncio.StreamReader) -> None:
        word, _, number = (await life.readline()).partition(b" ")
        if word == b"exited":
            self.returncode = int(number)
        self.exited.set()

    async def killed(self) -> None:
        """Wait for its end; a server that hangs would never tell of it."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.exited.wait(), _REAPED_S)
            return
        self._server.child.kill()
        await self.exited.wait()

    async def close(self) -> None:
        """Let go of its pipes."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        await super().close()
