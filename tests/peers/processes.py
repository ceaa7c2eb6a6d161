"""Other programs as children of a test: started, watched, ended; and what a test run must not leave behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MARK: Final = "ELSIPO_TEST_RUN"
"""Environment variable that every process of a test run inherits, also those whose parent has died."""

_STOP_TIMEOUT_S: Final = 5.0
_LOG_LINES: Final = 15
_LISTENING: Final = "0A"  # TCP_LISTEN in /proc/net/tcp
_RENDERERS_THREAD: Final = "Compositor"  # cc's; no other process of Chromium has it


class Program:
    """Another program, with its output in a file.

    Args:
        argv: Program and arguments.
        folder: Where it runs and where its `NAME.log` is; exists.
        env: Environment beside ours.
        pass_fds: Descriptors that it inherits.
    """

    def __init__(
        self, argv: Sequence[str], folder: Path, *, env: Mapping[str, str] | None = None, pass_fds: Sequence[int] = ()
    ) -> None:
        self.name = Path(argv[0]).name
        self.log_file = folder / f"{self.name}.log"
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                argv,
                cwd=folder,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=pass_fds,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self.process.poll() is None

    def log(self) -> str:
        """All that it has written."""
        return self.log_file.read_text("utf-8", "replace")

    def last_words(self) -> str:
        """The last lines that it has written, for a complaint."""
        return "\n".join(self.log().splitlines()[-_LOG_LINES:])

    def wait_for_log(self, text: str, *, timeout_s: float = 10.0) -> None:
        """Wait until it has written a text.

        Raises:
            AssertionError: it ended first.
            TimeoutError: it did not write that.
        """

        def seen() -> bool:
            if text in self.log():
                return True
            assert self.running, f"{self.name} ended with {self.process.returncode}:\n{self.last_words()}"
            return False

        wait_until(seen, timeout_s=timeout_s, what=f"{self.name} writes {text!r}")

    def wait(self, timeout_s: float) -> int:
        """Wait for its end; its exit code.

        Raises:
            subprocess.TimeoutExpired: it does not end.
        """
        return self.process.wait(timeout_s)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for it and all in its group that do not obey."""
        if self.running:
            self.process.terminate()
        try:
            self.process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def left_behind(mark: str) -> dict[int, str]:
    """Living processes of a test run other than its own: pid to command line (Linux; empty elsewhere).

    Args:
        mark: The run's value of `MARK`.
    """
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if pid == os.getpid():
            continue
        with contextlib.suppress(OSError):
            environment = (folder / "environ").read_bytes().split(b"\0")
            if f"{MARK}={mark}".encode() in environment or _has_ancestor(pid, os.getpid()):
                command = _command(folder)
                if command:
                    found[pid] = command
    return found


def group(pid: int) -> dict[int, str]:
    """Living processes of a process group: pid to command line (Linux)."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            member = int(folder.name)
            command = _command(folder)
            if command and os.getpgid(member) == pid:
                found[member] = command
    return found


def descendants(ancestor: int) -> dict[int, str]:
    """Living processes that a process has started, and those that these have: pid to command line (Linux)."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            pid = int(folder.name)
            if (command := _command(folder)) and _has_ancestor(pid, ancestor):
                found[pid] = command
    return found


def living(pids: Iterable[int]) -> list[int]:
    """Which of these processes still run; one that waits only to be reaped does not (Linux)."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if _command(Path(f"/proc/{pid}")):
                found.append(pid)
    return found


def renderers(pids: Iterable[int]) -> list[int]:
    """Which of these are Chromium's renderers, the oldest first (Linux).

    Known by a thread. A renderer is a fork of the zygote and writes its command line over the zygote's, but only as
    far as the page of memory goes that it begins in: an environment of the wrong length leaves no room for it.
    """
    return sorted(pid for pid in pids if _RENDERERS_THREAD in _threads(pid))


def open_servers() -> list[str]:
    """Internet sockets that this very process still listens on or has bound: lines of /proc/net (Linux)."""
    own = set()
    for descriptor in Path("/proc/self/fd").glob("*"):
        with contextlib.suppress(OSError):
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                own.add(target[8:-1])
    servers = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        file = Path("/proc/net") / table
        if file.exists():
            for line in file.read_text().splitlines()[1:]:
                fields = line.split()
                if fields[9] in own and (table.startswith("udp") or fields[3] == _LISTENING):
                    servers.append(f"{table} {fields[1]}")
    return servers


def kill(pids: Mapping[int, str]) -> None:
    """End processes that a test run has left."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _command(folder: Path) -> str:
    """A living process's command line; empty for one that waits only to be reaped."""
    return (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()


def _threads(pid: int) -> set[str]:
    """The names of a process's threads; those that end meanwhile are left out."""
    names = set()
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            names.add((task / "comm").read_text().strip())
    return names


def _has_ancestor(pid: int, ancestor: int) -> bool:
    while pid > 1:
        pid = _parent(pid)
        if pid == ancestor:
            return True
    return False


def _parent(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    # The name in parentheses may hold spaces and parentheses; the fields after it do not.
    return int(stat.rpartition(")")[2].split()[1])
