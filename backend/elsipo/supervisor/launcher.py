"""Starts child processes. Must not know why they run, or SIP."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import SubprocessStreamProtocol
from typing import TYPE_CHECKING, Final, Protocol

from elsipo.rpc.stream import MAX_LINE_BYTES
from elsipo.supervisor.child import Child, Patience
from elsipo.supervisor.piped import Adopted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from elsipo.supervisor.begun import Begun

_CLOSED_S: Final = 0.5

_early: Final[dict[tuple[str, ...], Begun]] = {}


class Launch(Protocol):
    """A way to start a child process: `launch`, or `ForkServer.launch`."""

    async def __call__(self, name: str, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Child:
        """As `launch`."""
        ...


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


class _Spawned:
    """A process that asyncio has started."""

    def __init__(self, transport: asyncio.SubprocessTransport, protocol: _Protocol) -> None:
        self._transport = transport
        self._protocol = protocol
        assert protocol.stdin is not None  # noqa: S101 - launched with three pipes
        assert protocol.stdout is not None  # noqa: S101
        assert protocol.stderr is not None  # noqa: S101
        self.pid = transport.get_pid()
        self.stdin = protocol.stdin
        self.stdout = protocol.stdout
        self.stderr = protocol.stderr
        self.exited = protocol.exited

    @property
    def returncode(self) -> int | None:
        return self._transport.get_returncode()

    async def killed(self) -> None:
        await self.exited.wait()

    async def close(self) -> None:
        self._transport.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._protocol.gone.wait(), _CLOSED_S)


async def launch(
    name: str, argv: Sequence[str], *, env: Mapping[str, str] | None = None, pass_fds: Sequence[int] = ()
) -> Child:
    """Start a child process.

    It gets a session of its own: Ctrl-C in a terminal is this process's affair, which then ends its children in order.

    Args:
        name: Its name in the log.
        argv: The command; never a shell.
        env: Its environment; None is ours.
        pass_fds: File descriptors that it gets besides its three pipes, under the same numbers.

    Returns:
        The running child, maybe one that was begun before; whoever launched it calls `Child.end`.

    Raises:
        OSError: the command cannot be run.
    """
    if env is None and (begun := _early.pop(tuple(argv), None)) is not None:
        return Child(name, await Adopted.of(begun))
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(
        lambda: _Protocol(loop),
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=env,
        pass_fds=pass_fds,
        start_new_session=True,
    )
    return Child(name, _Spawned(transport, protocol))


def keep(argv: Sequence[str], begun: Begun) -> None:
    """Hand over a child that was begun before whoever supervises it is there: the next `launch` of `argv` gets it."""
    _early[tuple(argv)] = begun


async def end_kept(name: str) -> None:
    """End the children that were handed over and that nobody wanted.

    Args:
        name: Their name in the log.
    """
    while _early:
        _, begun = _early.popitem()
        await Child(name, await Adopted.of(begun)).end(Patience())
