"""`python -m elsipo.supervisor.forking MODULE PRELOADED FD`: started by `fork_server`, never by hand, or forked by it.

Imports PRELOADED, which MODULE needs, once, and then forks a process for each request on the socket FD, which goes on
as `python -m MODULE ARGUMENTS` would: it starts within milliseconds, and shares most of its memory with its siblings.

A request is a SOCK_SEQPACKET packet: the process's name and its arguments, with NUL between them, and four file
descriptors: its stdin, stdout, stderr, and a pipe on which its life is told, first `pid N` by the new process itself,
at last `exited CODE` by this one. Both keep that pipe open, so that it ends when nobody is left to tell. A packet
without descriptors forks nothing.

It has one thread, no loop, and nothing of an account, and leaves when the socket ends. Linux alone: the frameworks of
macOS do not survive a fork. Must not know what it forks.
"""

from __future__ import annotations

import contextlib
import gc
import os
import runpy
import select
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

from elsipo.supervisor.begun import take_over

MAX_REQUEST_BYTES: Final = 4096
_DESCRIPTORS: Final = 4
_WAKE_BYTES: Final = 4096


def main() -> None:
    """Serve until the socket ends; returns never, and in the forked processes when MODULE has run."""
    module, preloaded, descriptor = sys.argv[1:]
    serve(module, preloaded, int(descriptor))


def serve(module: str, preloaded: str, descriptor: int) -> None:
    """Serve until the socket ends; returns never, and in the forked processes when MODULE has run.

    Args:
        module: What the forked run.
        preloaded: What is imported first.
        descriptor: The socket.
    """
    requests = socket.socket(fileno=descriptor)
    gc.disable()
    import_module(preloaded)
    from elsipo.rpc.lean import return_freed_memory  # the host reads this file, too, and is in a hurry

    if len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208 - only their number
        sys.exit(f"{preloaded} has started a thread, and what that holds would stay locked in a forked process")
    # A collection writes to all that it looks at, which would be shared no longer: those of the forked spare it.
    gc.collect()
    gc.freeze()
    return_freed_memory()
    Path("/proc/self/comm").write_text("fork server")
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    tell_fds: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, _WAKE_BYTES)
            _tell_ends(tell_fds)
        if requests.fileno() in ready:
            request, descriptors, _, _ = socket.recv_fds(requests, MAX_REQUEST_BYTES, _DESCRIPTORS)
            if not request:
                os._exit(0)
            if not descriptors:  # it was told to get ready, and is
                continue
            if (pid := _fork()) == 0:
                requests.detach()
                name, *arguments = os.fsdecode(request).split("\0")
                _become(name, descriptors)
                sys.argv = [module, *arguments]
                runpy.run_module(module, run_name="__main__", alter_sys=True)
                return
            *pipes, tell = descriptors
            for pipe in pipes:
                os.close(pipe)
            if pid > 0:
                tell_fds[pid] = tell
            else:
                os.close(tell)


def serve_when_told(module: str, preloaded: str, descriptor: int) -> None:
    """As `serve`, but rest until there is a request, or word to get ready for one."""
    select.select([descriptor], [], [])
    serve(module, preloaded, descriptor)


def _fork() -> int:
    """Fork; -1 where the system has no room for another process."""
    sys.stderr.flush()
    try:
        return os.fork()
    except OSError as error:
        print(f"cannot fork: {error.strerror}", file=sys.stderr, flush=True)  # noqa: T201 - stderr is the log
        return -1


def _become(name: str, descriptors: list[int]) -> None:
    """Be a process of its own: nothing of the server's or of a sibling's may be left in it."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    tell = take_over(descriptors)
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name)  # what ps and top show; the kernel keeps the first 15 bytes
    gc.enable()
    os.write(tell, b"pid %d\n" % os.getpid())


def _tell_ends(tell_fds: dict[int, int]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if (tell := tell_fds.pop(pid, None)) is not None:
            with contextlib.suppress(OSError):  # nobody listens any more
                os.write(tell, b"exited %d\n" % os.waitstatus_to_exitcode(status))
            os.close(tell)


if __name__ == "__main__":
    main()
