"""baresip without a head: a softphone of other people, driven over its control socket, with what it hears in files."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
from typing import TYPE_CHECKING, Any, Final, Self

import pytest
from elsipo.demo.ports import free_port

from peers import needs
from peers.kamailio import contacts
from peers.processes import Program
from peers.tone import Sound, read_wav
from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider

_TIMEOUT_S: Final = 10.0
_MODULES: Final = ("g711", "ausine", "aubridge", "sndfile", "account", "menu", "ctrl_tcp")

_CONFIG: Final = """\
poll_method epoll
sip_listen 127.0.0.1:{sip_port}
net_interface 127.0.0.1
call_local_timeout 60
call_max_calls {max_calls}
audio_source ausine,{tone_hz}
audio_player aubridge,nil
audio_alert aubridge,nil
ausrc_srate 48000
ausrc_channels 2
auplay_srate 48000
auplay_channels 1
audio_level no
rtp_ports 20000-40000
snd_path {recordings}
ctrl_tcp_listen 127.0.0.1:{control_port}
module_path {module_path}
"""


class Baresip:
    """A running baresip with one account.

    Attributes:
        user: Its name at the provider.
        tone_hz: The tone that it sends in every call.
        events: All events so far, oldest first: `type` (such as CALL_INCOMING), `peeruri`, `param` …
    """

    def __init__(self, program: Program, recordings: Path, user: str, tone_hz: int) -> None:
        self.user = user
        self.tone_hz = tone_hz
        self.events: list[dict[str, Any]] = []
        self._program = program
        self._recordings = recordings
        self._news = asyncio.Condition()
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._writer: asyncio.StreamWriter | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls,
        folder: Path,
        provider: DemoProvider,
        *,
        user: str = "bare",
        transport: str = "udp",
        tone_hz: int = 440,
        answers: bool = False,
        max_calls: int = 4,
    ) -> AsyncIterator[Self]:
        """Start it, and wait until it is registered.

        Args:
            folder: For its configuration and recordings; made when missing.
            provider: Where it registers.
            user: As whom.
            transport: udp or tcp.
            tone_hz: The tone that it sends.
            answers: Take calls by itself.
            max_calls: Further ones get 486.
        """
        program = needs.program("baresip", package="baresip-core")
        recordings = folder / "recordings"
        recordings.mkdir(parents=True)
        control_port = free_port()
        sip_port = free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM, span=2)
        config = _CONFIG.format(
            sip_port=sip_port,
            control_port=control_port,
            recordings=recordings,
            tone_hz=tone_hz,
            max_calls=max_calls,
            module_path=_module_path(),
        )
        (folder / "config").write_text(config + "".join(f"module {name}.so\n" for name in _MODULES))
        (folder / "accounts").write_text(
            f"<sip:{user}@{provider.domain};transport={transport}>;auth_pass={provider.users[user]};regint=60;"
            f'outbound="sip:{provider.server("tcp" if transport == "tcp" else "udp")};transport={transport}";'
            f"answermode={'auto' if answers else 'manual'};ptime=20\n"
        )
        (folder / "contacts").write_text("")
        with Program([program, "-f", str(folder)], folder) as process:
            baresip = cls(process, recordings, user, tone_hz)
            async with baresip._connected(control_port):
                await eventually(lambda: contacts(provider, user), what=f"{user} is registered")
                yield baresip
                await baresip._leave(provider)

    async def dial(self, target: str) -> None:
        """Call somebody: a SIP URI, or a user of the provider."""
        await self.command("dial", target)

    async def answer(self) -> None:
        """Take the call that rings."""
        await self.command("accept")

    async def hang_up(self) -> None:
        """End the current call, or refuse the one that rings."""
        await self.command("hangup")

    async def ringing(self) -> dict[str, Any]:
        """Wait for an incoming call; its event."""
        return await self.event("CALL_INCOMING")

    async def established(self) -> dict[str, Any]:
        """Wait until a call is connected; its event."""
        return await self.event("CALL_ESTABLISHED")

    async def closed(self) -> dict[str, Any]:
        """Wait for a call's end; its event: `param` says why."""
        return await self.event("CALL_CLOSED")

    async def event(
        self, kind: str, wanted: Callable[[dict[str, Any]], bool] = lambda _: True, *, timeout_s: float = _TIMEOUT_S
    ) -> dict[str, Any]:
        """The first event that fits, whether it came already or comes yet.

        Raises:
            TimeoutError: none came; says which did, and the log's end.
        """

        def fitting() -> dict[str, Any] | None:
            return next((event for event in self.events if event["type"] == kind and wanted(event)), None)

        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(lambda: fitting() is not None)
        except TimeoutError:
            came = [event["type"] for event in self.events]
            last = self._program.last_words()
            raise TimeoutError(f"baresip: no {kind} within {timeout_s:g} s. Came: {came}\n{last}") from None
        found = fitting()
        assert found is not None
        return found

    def forget(self) -> None:
        """Wait for what comes from now on."""
        self.events.clear()

    async def heard(
        self,
        seconds: float,
        *,
        wanted: Callable[[Sound], bool] = lambda _: True,
        timeout_s: float = _TIMEOUT_S,
    ) -> Sound:
        """What it heard in its latest call: the last `seconds`, waited for until they are as `wanted`."""

        def enough() -> Sound | None:
            files = sorted(self._recordings.glob("*-dec.wav"), key=lambda path: path.stat().st_mtime_ns)
            with contextlib.suppress(ValueError):  # its header is not written yet
                sound = read_wav(files[-1]) if files else None
                if sound is not None and sound.duration_s >= seconds and wanted(sound.part(-seconds)):
                    return sound.part(-seconds)
            return None

        sound = await eventually(
            enough, timeout_s=timeout_s, what=f"baresip hears {seconds:g} s as wanted", interval_s=0.1
        )
        assert sound is not None
        return sound

    async def command(self, name: str, params: str = "") -> str:
        """Give it a command of its menu.

        Raises:
            AssertionError: it refuses.
            TimeoutError: it does not answer.
        """
        assert self._writer is not None
        token = secrets.token_hex(4)
        answered = self._answers[token] = asyncio.get_running_loop().create_future()
        text = json.dumps({"command": name, "params": params, "token": token}).encode()
        self._writer.write(b"%d:%b," % (len(text), text))
        try:
            answer = await asyncio.wait_for(answered, _TIMEOUT_S)
        finally:
            del self._answers[token]
        assert answer["ok"], f"baresip refuses {name}: {answer}"
        return str(answer.get("data", ""))

    @contextlib.asynccontextmanager
    async def _connected(self, port: int) -> AsyncIterator[None]:
        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
            assert self._program.running, f"baresip ended:\n{self._program.last_words()}"
            with contextlib.suppress(ConnectionRefusedError):
                return await asyncio.open_connection("127.0.0.1", port)
            return None

        connection = await eventually(connect, what="baresip listens for commands")
        assert connection is not None
        reader, self._writer = connection
        reading = asyncio.create_task(self._read(reader))
        try:
            yield
        finally:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
            await reading

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                message = json.loads(await reader.readexactly(length))
                await reader.readexactly(1)  # the comma
                if message.get("event"):
                    self.events.append(message)
                    async with self._news:
                        self._news.notify_all()
                elif (answered := self._answers.get(message.get("token", ""))) is not None and not answered.done():
                    answered.set_result(message)

    async def _leave(self, provider: DemoProvider) -> None:
        """Let it unregister, so that no contact stays where nobody answers.

        It ends after that as soon as no transaction is open, which may take 32 s (RFC 3261 §17, timers F and H) where a
        test has killed who should have answered; so its end is not waited for here.
        """
        if self._program.running:
            with contextlib.suppress(AssertionError, TimeoutError):
                await asyncio.wait_for(self.command("quit"), 1.0)
            await eventually(
                lambda: not self._program.running or not contacts(provider, self.user), what="baresip unregisters"
            )


@pytest.fixture
async def baresip(provider: DemoProvider, tmp_path: Path) -> AsyncIterator[Baresip]:
    """User `bare`, registered, sends 440 Hz, answers by hand."""
    async with Baresip.running(tmp_path / "baresip", provider) as running:
        yield running


@pytest.fixture
async def answering_baresip(provider: DemoProvider, tmp_path: Path) -> AsyncIterator[Baresip]:
    """User `bare`, registered, sends 440 Hz, takes every call by itself."""
    async with Baresip.running(tmp_path / "baresip", provider, answers=True) as running:
        yield running


def _module_path() -> str:
    for folder in ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"):
        if needs.folder(folder):
            return folder
    return needs.missing("baresip's modules are missing: sudo apt-get install baresip-core")
