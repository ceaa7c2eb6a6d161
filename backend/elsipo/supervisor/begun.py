"""Processes that are started before there is an event loop, while this one has a single thread and few modules.

One of another program is spawned, a copy of this very process is forked. `piped` makes either a child's run, once there
is a loop. Imports next to nothing: it is wanted before all else. Must not know why they run.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # which takes 2 ms to be imported, and 6 ms more what `dataclass` would
    from collections.abc import Callable, Sequence
    from typing import IO, Final

_KEPT_FD: Final = 3
_FAILED: Final = 1


class Begun:
    """A process that runs, and nobody watches yet. It leaves when this process does, for its stdin ends.

    Args:
        pid: Its process id.
        stdin: Where its stdin is written.
        stdout: What it writes to stdout.
        stderr: What it writes to stderr.
        wait: Waits for its end; its exit code, -N where signal N killed it.
    """

    def __init__(
        self, pid: int, stdin: IO[bytes], stdout: IO[bytes], stderr: IO[bytes], wait: Callable[[], int]
    ) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.wait = wait


def spawn(argv: Sequence[str]) -> Begun:
    """Start a program, in a session of its own.

    Args:
        argv: The command; never a shell.

    Raises:
        OSError: the command cannot be run.
    """
    process = subprocess.Popen(
        argv,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 - asked for above
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    return Begun(process.pid, process.stdin, process.stdout, process.stderr, process.wait)


def fork(run: Callable[[int], None], kept: int) -> Begun:
    """Have a copy of this process run something, with three pipes of its own and one more descriptor.

    Args:
        run: What it does, with that descriptor's number; its end, or SystemExit, is the process's.
        kept: The descriptor that it keeps; of all others it has none.

    Raises:
        OSError: the system has no room for another process.
    """
    with contextlib.ExitStack() as theirs:
        files, descriptors = zip(*(pipe(theirs, mode) for mode in ("wb", "rb", "rb")), strict=True)
        if (pid := os.fork()) == 0:
            # A group for signals, but no session: that would be one for the scheduler, too (sched(7), autogroup), and
            # get as much of the processors as the windows, while it is in no hurry.
            os.setpgid(0, 0)
            _end_with(lambda: run(take_over([*descriptors, kept])))
    stdin, stdout, stderr = files
    return Begun(pid, stdin, stdout, stderr, lambda: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def pipe(theirs: contextlib.ExitStack, mode: str) -> tuple[IO[bytes], int]:
    """Make a pipe, of which this process reads or writes one end, and another process gets the other.

    Args:
        theirs: Closes the other end here.
        mode: `wb` where this process writes, `rb` where it reads.
    """
    reading, writing = os.pipe()
    ours, other = (writing, reading) if mode == "wb" else (reading, writing)
    theirs.callback(os.close, other)
    return os.fdopen(ours, mode, buffering=0), other


def take_over(descriptors: Sequence[int]) -> int:
    """Be a process that has these four descriptors, and no other of whoever forked it.

    Args:
        descriptors: To be its stdin, stdout, stderr, and one more.

    Returns:
        The number of the last one.
    """
    *pipes, kept = descriptors
    for number, descriptor in enumerate(pipes):
        os.dup2(descriptor, number)
    if kept != _KEPT_FD:
        os.dup2(kept, _KEPT_FD, inheritable=False)
    for descriptor in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208 - by number
        if descriptor > _KEPT_FD:
            with contextlib.suppress(OSError):  # the listing's own
                os.close(descriptor)
    return _KEPT_FD


def _end_with(run: Callable[[], None]) -> None:
    """Run it and end as an interpreter would; what called this process's original goes on in that alone."""
    status = _FAILED
    try:
        run()
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else _FAILED if leaving.code else 0
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)  # noqa: T201 - stderr is the log
    except BaseException:  # noqa: BLE001 - whatever it is, it ends here
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(status)
