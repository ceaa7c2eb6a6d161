"""A SIP provider on this machine for as long as it is wanted: Kamailio with the kit of `packaging/provider`.

The demo and the tests use the same. Must not know Elsipo's host, engine or windows.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from elsipo.demo.leash import Leash
from elsipo.demo.ports import free_port
from elsipo.demo.provider_files import Place, module_directory, write_kit
from elsipo.demo.sip_ping import answers_options

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_log = logging.getLogger(__name__)

DEMO_USERS: Final = {
    "alice": "alicepw",
    "bob": "bobpw",
    "carol": "carolpw",
    "echo": "echopw",
    "bare": "barepw",
    "voicemail": "voicemailpw",
}
"""Who may register, and with which password."""

_START_TIMEOUT_S: Final = 10.0
_STOP_TIMEOUT_S: Final = 5.0
_ATTEMPTS: Final = 3  # between finding a free port and Kamailio's taking it, somebody else may
_LOG_LINES: Final = 12
_ORDINARY_USER: Final = "nobody"
_SHARED_MEMORY_MB, _PRIVATE_MEMORY_MB = 256, 8


class ProviderError(OSError):
    """Kamailio did not start; the text has its last words."""


@dataclass(frozen=True)
class TlsFiles:
    """What the provider shows to TLS clients; both PEM.

    Attributes:
        certificate: Its certificate, and those that lead to the authority.
        private_key: Its key, without a passphrase.
    """

    certificate: Path
    private_key: Path


@dataclass
class DemoProvider:
    """Kamailio in the foreground, as an ordinary user, in a directory of its own.

    Ports that are 0 are chosen at the first start and kept, so that a provider that was stopped comes back where it
    was. Registrations are kept in memory only: they are lost at a stop.

    Attributes:
        domain: The right side of its users' addresses.
        users: Name to password.
        udp_port: On 127.0.0.1, as are the others.
        tcp_port: Usually the same number as for UDP.
        tls_port: 0 without TLS.
        tick_s: Seconds between two timed messages to all who are registered.
        tls: Certificate and key; None for no TLS.
        ui_url: Address of its UI's manifest; empty for none.
        specials_url: Where a web server has the kit's `specials.html`; empty for nowhere.
    """

    domain: str = "provider-a.test"
    users: dict[str, str] = field(default_factory=lambda: dict(DEMO_USERS))
    udp_port: int = 0
    tcp_port: int = 0
    tls_port: int = 0
    tick_s: float = 5.0
    tls: TlsFiles | None = None
    ui_url: str = ""
    specials_url: str = ""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _leash: Leash | None = field(default=None, init=False, repr=False)
    _run_dir: Path | None = field(default=None, init=False, repr=False)

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The main process's id; it is also the id of the group that all its processes are in.

        Raises:
            ProviderError: it does not run.
        """
        if self._process is None:
            raise ProviderError("The provider does not run.")
        return self._process.pid

    @property
    def run_dir(self) -> Path:
        """Where its configuration, its log and its administration socket (`rpc.sock`) are while it runs.

        Raises:
            ProviderError: it does not run.
        """
        if self._run_dir is None:
            raise ProviderError("The provider does not run.")
        return self._run_dir

    def server(self, transport: Literal["udp", "tcp", "tls"] = "udp") -> str:
        """Where a client reaches it: `host:port`.

        Raises:
            ValueError: TLS is asked for and not configured.
        """
        if transport == "tls" and self.tls is None:
            raise ValueError("This provider has no TLS.")
        port = {"udp": self.udp_port, "tcp": self.tcp_port, "tls": self.tls_port}[transport]
        return f"127.0.0.1:{port}"

    def log(self) -> str:
        """All that Kamailio has logged since its start; empty when it does not run."""
        with contextlib.suppress(ProviderError, FileNotFoundError):
            return (self.run_dir / "log").read_text("utf-8", "replace")
        return ""

    async def start(self) -> None:
        """Start it, and return when it answers.

        Raises:
            FileNotFoundError: Kamailio, or a module of it, is not installed; the text says how to get it.
            ProviderError: it does not come up.
        """
        if self.running:
            return
        chosen = not (self.udp_port or self.tcp_port or self.tls_port)
        for attempt in range(1, _ATTEMPTS + 1):
            if chosen:
                self.udp_port = self.tcp_port = free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM)
                self.tls_port = free_port(socket.SOCK_STREAM) if self.tls else 0
            try:
                await self._start_once()
            except ProviderError as error:
                await self.stop()
                if not chosen or attempt == _ATTEMPTS or "Address already in use" not in str(error):
                    raise
                _log.info("Somebody took the provider's port; another is tried")
            except BaseException:
                await self.stop()
                raise
            else:
                return

    async def stop(self) -> None:
        """End it with all its processes, and remove its directory. Does nothing when it does not run."""
        process, self._process = self._process, None
        leash, self._leash = self._leash, None
        run_dir, self._run_dir = self._run_dir, None
        try:
            if process is not None:
                await _end(process)
        finally:
            if leash is not None:
                leash.let_go()
            if run_dir is not None:
                shutil.rmtree(run_dir, ignore_errors=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def _start_once(self) -> None:
        program = find_kamailio()
        ports = (self.udp_port, self.tcp_port, self.tls_port)
        place = Place(self.domain, *ports, self.tick_s, module_directory(program), self.ui_url, self.specials_url)
        place.require("db_sqlite.so", package="kamailio-sqlite-modules")
        place.require("presence_mwi.so", package="kamailio-presence-modules")
        if self.tls is not None:
            place.require("tls.so", package="kamailio-tls-modules")
        self._run_dir = Path(tempfile.mkdtemp(prefix="elsipo-provider-"))
        owner = _ORDINARY_USER if os.name == "posix" and os.geteuid() == 0 else None
        files = (self.tls.certificate, self.tls.private_key) if self.tls else None
        write_kit(self._run_dir, place, self.users, tls=files, owner=owner)
        with (self._run_dir / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - forking takes a millisecond
                _command(program, with_tls=self.tls is not None),
                cwd=self._run_dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_rights(owner),
            )
        self._leash = Leash(self._process.pid, self._run_dir)
        process = self._process
        if not await answers_options(self.udp_port, _START_TIMEOUT_S, while_true=lambda: process.poll() is None):
            state = "ended" if process.poll() is not None else "does not answer"
            last = "\n".join(self.log().splitlines()[-_LOG_LINES:])
            raise ProviderError(f"The demo provider (Kamailio) {state}:\n{last}")
        _log.info("The provider %s runs on %s", self.domain, self.server("udp"))


def find_kamailio() -> Path:
    """Kamailio's program; Debian has it where ordinary users' PATH does not look.

    Raises:
        FileNotFoundError: it is not installed; the text says how to get it.
    """
    found = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise FileNotFoundError("Kamailio is missing. Install it: sudo apt-get install kamailio")
    return Path(found)


def _rights(user: str | None) -> dict[str, Any]:
    """What `Popen` is told, so that a program runs with an ordinary user's rights alone; nothing for None."""
    if user is None:
        return {}
    import pwd  # not on Windows, where this module must still be importable

    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _command(program: Path, *, with_tls: bool) -> list[str]:
    # All paths are relative to its own directory: that one it may enter, whoever owns those above.
    defines = ["-A", "WITH_TLS"] if with_tls else []
    memory = ["-m", str(_SHARED_MEMORY_MB), "-M", str(_PRIVATE_MEMORY_MB)]
    return [str(program), "-DD", "-E", *memory, "-w", ".", "-Y", ".", *defines, "-f", "kamailio.cfg"]


async def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 0)  # still ours: not reaped, or its children live
        process.terminate()
    try:
        await asyncio.to_thread(process.wait, _STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        _log.warning("The provider does not obey; it is killed")
    # Kamailio waits for its children; after a violent end some may be left.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.to_thread(process.wait)
