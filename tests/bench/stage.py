"""What every measurement stands on: a display, a provider, and Elsipo, started as a person starts it."""

from __future__ import annotations

import contextlib
import itertools
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import elsipo
from elsipo.demo.display import virtual_display
from elsipo.demo.ports import free_port
from elsipo.demo.provider import DemoProvider
from elsipo.demo.tour import Window, attached, find_window
from elsipo.host import python37
from elsipo.host.account_book import AccountBook
from elsipo.host.credentials import Credentials
from elsipo.host.folders import Folders
from elsipo.resources import shell_python_path
from peers.kamailio import contacts, forget_registrations
from peers.processes import Program
from peers.waiting import eventually

from bench import proc
from bench.page import page_says

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_QUIET_TICK_S: Final = 3600.0
_PATIENCE_S: Final = 30.0
# The page has the SDK, which the chrome has not.
_HAS_COME: Final = "Number('elsipo' in window && document.readyState === 'complete')"


@dataclass
class Stage:
    """The surroundings of a run.

    Attributes:
        folder: Scratch.
        display: The value for DISPLAY.
        provider: Kamailio; its timed messages are off.
        cef: The binding that shows windows.
    """

    folder: Path
    display: str
    provider: DemoProvider
    cef: str = "cef_capi"
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    @contextlib.asynccontextmanager
    async def set_up(cls, folder: Path) -> AsyncIterator[Stage]:
        """Everything that does not change during a run."""
        _compile()
        async with virtual_display() as display, DemoProvider(tick_s=_QUIET_TICK_S) as provider:
            yield cls(folder, display, provider)

    def new_folder(self, name: str) -> Path:
        """A folder that nobody has used."""
        made = self.folder / f"{name}-{next(self._numbers)}"
        made.mkdir()
        return made

    @contextlib.asynccontextmanager
    async def elsipo(self, user: str = "alice", *, server: str = "", ui: str = "") -> AsyncIterator[Elsipo]:
        """Elsipo with one account, just started, in a profile of its own.

        Args:
            user: Who is signed in.
            server: Another registrar than the provider's.
            ui: Another page than the home.
        """
        root = self.new_folder("profile")
        environment = {f"XDG_{kind.upper()}_HOME": str(root / kind) for kind in ("config", "data", "cache")}
        # PulseAudio's library leaves a folder there for each new profile.
        environment["TMPDIR"] = str(self.new_folder("tmp"))
        folders = Folders(*(root / kind / "elsipo" for kind in ("config", "data", "cache")))
        folders.create()
        record = AccountBook(folders.config / "accounts.json").add(
            f"{user}@{self.provider.domain}", server=server or self.provider.server("udp"), ui=ui
        )
        Credentials(folders.config / "passwords.json", use_keyring=False).keep(
            record.account_id, self.provider.users[user], allow_file=True
        )
        port = free_port()
        argv = [sys.executable, "-m", "elsipo", "--cef", self.cef, "--remote-debugging-port", str(port)]
        started_s = time.time()
        program = Program(argv, root, env={**environment, "DISPLAY": self.display})
        try:
            yield Elsipo(self, program, folders, user, port, started_s)
        finally:
            await _end(program)
            forget_registrations(self.provider)


@dataclass(frozen=True)
class Elsipo:
    """A running Elsipo.

    Attributes:
        stage: Where it runs.
        program: The host's process.
        folders: Its profile.
        user: Who is signed in.
        port: DevTools, on loopback.
        started_s: When it was started, by `time.time`.
    """

    stage: Stage
    program: Program
    folders: Folders
    user: str
    port: int
    started_s: float

    async def registered(self) -> str:
        """Wait until the provider has a contact of it; `host:port` where its engine is reached."""

        def address() -> str:
            assert self.program.running, f"Elsipo ended:\n{self.program.last_words()}"
            found = contacts(self.stage.provider, self.user)
            return found[0]["Address"] if found else ""

        contact = await eventually(address, timeout_s=_PATIENCE_S, what=f"{self.user} is registered")
        return contact.partition("@")[2].partition(";")[0].rstrip(">")

    async def shown(self) -> None:
        """Wait until its page has come: Playwright must not attach before."""
        await eventually(
            lambda: page_says(self.port, _HAS_COME), timeout_s=_PATIENCE_S, interval_s=0.1, what="the page has come"
        )

    @contextlib.asynccontextmanager
    async def window(self) -> AsyncIterator[Window]:
        """Its window, through DevTools, when it is registered."""
        await self.registered()
        await self.shown()
        async with attached(self.port) as browser:
            window = await find_window(browser, f"{self.user}@{self.stage.provider.domain}")
            await (await window.frame()).wait_for_function("() => window.elsipo?.ready.then(() => true)")
            yield window

    def children(self) -> dict[str, int]:
        """The pids of its `engine`, its `fork server` and its `shell`."""
        found: dict[str, int] = {}
        for pid in proc.tree(self.program.process.pid):
            if "-m elsipo_shell" in proc.command(pid):
                found.setdefault("shell", pid)
            elif proc.name(pid) == "fork server":
                found.setdefault("fork server", pid)
            elif proc.name(pid).startswith("engine "):
                found.setdefault("engine", pid)
        return found


def _compile() -> None:
    """Leave the bytecode behind, as pip does where it installs Elsipo: no start that is measured is the first ever."""
    shell = shell_python_path() / "elsipo_shell"
    folders = {sys.executable: [Path(elsipo.__file__).parent, shell]}
    with contextlib.suppress(FileNotFoundError):
        folders[python37.find()] = [shell]
    for python, compiled in folders.items():
        subprocess.run([python, "-m", "compileall", "-q", *compiled], check=True)


def offset_ms_script() -> str:
    """JavaScript for how far a page's `performance` clock is ahead of the machine's, in milliseconds."""
    return """() => {
        let least = Infinity;
        for (let count = 0; count < 20000; count += 1) {
            least = Math.min(least, performance.timeOrigin + performance.now() - Date.now());
        }
        return least;
    }"""


async def _end(program: Program) -> None:
    if program.running:
        program.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: not program.running, timeout_s=10, what="Elsipo ends")
    program.stop()
