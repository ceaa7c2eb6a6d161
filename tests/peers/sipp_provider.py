"""SIPp as a provider: it plays a scenario to whoever registers at it or calls through it, and to whom it calls.

A scenario file holds `<!-- registrar -->` where what every provider does stands in `registrar.xml` beside it.
Must not know Elsipo.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

from elsipo.demo.ports import free_port

from peers import needs
from peers.processes import Program
from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

_REGISTRAR: Final = "<!-- registrar -->"
_READY_S: Final = 5.0


class SippProvider:
    """A running SIPp.

    Attributes:
        server: host:port.
    """

    def __init__(self, program: Program, folder: Path, port: int) -> None:
        self.server = f"127.0.0.1:{port}"
        self._program = program
        self._folder = folder

    async def completed(self, timeout_s: float = 15.0) -> None:
        """Wait until all its calls went as written, in number as many as it was told.

        Raises:
            AssertionError: one did not; says what SIPp says.
        """
        code = await asyncio.to_thread(self._program.wait, timeout_s)
        assert code == 0, f"SIPp ended with {code}:\n{self._words()}"

    def sip(self) -> str:
        """All messages so far, both ways."""
        file = self._folder / "messages.log"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    async def received(self, start: str, count: int, timeout_s: float = 10.0) -> None:
        """Wait until so many requests that begin so have come to it."""
        what = f"{count} x {start}"
        await eventually(lambda: self.count(start) >= count, timeout_s=timeout_s, what=what)

    def count(self, start: str) -> int:
        """How many messages with such a first line, of either way, there were."""
        return sum(line.startswith(start) for line in self.sip().splitlines())

    def _words(self) -> str:
        files = [self._folder / "errors.log"]
        return self._program.last_words() + "".join(file.read_text("utf-8") for file in files if file.exists())


@contextlib.asynccontextmanager
async def sipp_provider(
    folder: Path,
    scenario: Path,
    *,
    keys: Mapping[str, str] | None = None,
    calls: int = 0,
    target: str = "",
    port: int = 0,
) -> AsyncIterator[SippProvider]:
    """Run SIPp over UDP on loopback.

    Args:
        folder: For its files; made when missing.
        scenario: The file.
        keys: Words of the scenario, `[name]`, and what they stand for.
        calls: It ends after so many (registrations count); 0 for never.
        target: host:port to call; SIPp waits to be called when empty.
        port: Its own; one that is free when 0.
    """
    program = needs.program("sipp", package="sip-tester")
    _prepare(folder, scenario, keys or {})
    port = port or free_port(socket.SOCK_DGRAM)
    where = ["-i", "127.0.0.1", "-p", str(port), "-nostdin", "-deadcall_wait", "0"]
    logs = ["-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log"]
    count = ["-m", str(calls)] if calls else []
    argv = [program, *([target] if target else []), "-sf", "scenario.xml", *where, *logs, *count]
    with Program(argv, folder) as running:
        await eventually(lambda: not running.running or _bound(port), timeout_s=_READY_S, what="SIPp's socket")
        assert running.running, f"SIPp ended:\n{running.last_words()}"
        yield SippProvider(running, folder, port)


def _prepare(folder: Path, scenario: Path, keys: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = scenario.read_text("utf-8").replace(_REGISTRAR, scenario.with_name("registrar.xml").read_text("utf-8"))
    for name, value in keys.items():  # not by -key: SIPp wants to see a status when it reads the file
        text = text.replace(f"[{name}]", value)
    (folder / "scenario.xml").write_text(text, "utf-8")


def _bound(port: int) -> bool:
    lines = Path("/proc/net/udp").read_text().splitlines()[1:]
    return any(int(line.split()[1].partition(":")[2], 16) == port for line in lines)
