"""Microphone, loudspeaker and bell through PortAudio, for a pjsip that was built without sound devices.

All of PortAudio is called on a thread of its own (a sound server may take its time, and pjsip must not wait for it).
Devices are open only while something is to be heard or said. Each is a stream of its own: one duplex stream fails when
either side does, and each side can be exchanged while the other goes on: the new one is opened, and then the old one
closed. What takes a device's place when it is gone: the system's default, and then nothing. Must not know calls.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, TypeVar

import pjsua2 as pj

from elsipo.engine.audio.devices import Devices, loaded, look_again
from elsipo.engine.audio.jitter import JitterBuffer
from elsipo.engine.audio.level import Level
from elsipo.engine.audio.pjmedia import EchoCanceller
from elsipo.engine.audio.ports import BRIDGE_HZ, FRAME_MS, SinkPort, SourcePort
from elsipo.engine.audio.stream import Stream
from elsipo.engine.audio.tones import Beep
from elsipo.log import keep_stderr_for_log
from elsipo.rpc.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.rpc._generated.models import AudioChoice, AudioKind

_log = logging.getLogger(__name__)

T = TypeVar("T")
Role = Literal["input", "output", "ringing"]

_MOST_MS: Final = 240
_CUSHION_MS: Final = 60
_ECHO_TAIL_MS: Final = 400  # both cushions, both devices, and the room
_KINDS: Final[dict[Role, AudioKind]] = {"input": "input", "output": "output", "ringing": "output"}
_HUNG: Final = "No sound: the sound system stopped answering. Restart the engine when it is back."
_WORDS: Final[dict[Role, str]] = {"input": "microphone", "output": "loudspeaker", "ringing": "ringing device"}


@dataclass(frozen=True)
class InUse:
    """Where sound comes from and goes to.

    Attributes:
        input_name: The microphone; empty where there is none.
        output_name: The loudspeaker; empty where there is none.
        detail: What is not as the person wants it, in words.
    """

    input_name: str
    output_name: str
    detail: str


class PortAudio:
    """The chosen devices, as ports of the bridge.

    The ports are made when they are first asked for, on pjsip's thread: pjsip's clock calls each of them 50 times a
    second from then on, also when nothing is connected (1.2 % of a core in all). Which devices there are is looked up
    before the first thing that needs to know, and told by `on_use`.

    Args:
        choice: What the person wants.
        on_use: Told, on another thread, when other devices are in use.
        on_devices: Told, on another thread, when devices came or went.
    """

    def __init__(
        self,
        choice: AudioChoice,
        *,
        on_use: Callable[[InUse], None],
        on_devices: Callable[[], None],
    ) -> None:
        self.devices = Devices(usable=True)
        self._knows = False
        self.choice = choice
        self._on_use, self._on_devices = on_use, on_devices
        self._heard, self._said, self._rung = _buffer(), _buffer(), _buffer()
        self.input_level, self.output_level = Level(), Level()
        self._echo = EchoCanceller(BRIDGE_HZ, BRIDGE_HZ * FRAME_MS // 1000, tail_ms=_ECHO_TAIL_MS)
        self._asked: frozenset[Role] = frozenset()
        self._wanted: frozenset[Role] = frozenset()
        self._streams: dict[Role, Stream] = {}
        self._test: tuple[Stream, Future[None]] | None = None
        self._gone: set[tuple[AudioKind, str]] = set()
        self._problems: dict[Role, str] = {}
        self.in_use = self._planned()
        self._worker = ThreadPoolExecutor(
            1,
            thread_name_prefix="portaudio",
            initializer=lambda: pj.Endpoint.instance().libRegisterThread("portaudio"),
        )

    def know(self) -> None:
        """Look for devices, where nobody has yet. Returns at once."""
        self._submit(self._know)

    def want(self, roles: frozenset[Role]) -> None:
        """Say which devices are needed now. Returns at once."""
        if roles != self._asked:
            self._asked = roles
            self._submit(lambda: self._arrange(roles))

    @cached_property
    def speaker(self) -> SinkPort:
        """What is to be heard goes here."""
        return SinkPort("speaker", BRIDGE_HZ, self._to_speaker)

    @cached_property
    def microphone(self) -> SourcePort:
        """What is said comes from here."""
        return SourcePort("microphone", BRIDGE_HZ, self._from_microphone)

    @cached_property
    def bell(self) -> SinkPort:
        """What rings goes here."""
        return SinkPort("bell", BRIDGE_HZ, self._rung.write)

    @property
    def is_wanted(self) -> bool:
        """Whether any device is needed now."""
        return bool(self._asked)

    def choose(self, choice: AudioChoice) -> Future[InUse]:
        """Use these from now on."""

        def work() -> InUse:
            self._know()
            self.choice = choice
            self._gone.clear()
            if not self._all_there():
                self._look(interrupting=True)
            self._arrange(self._wanted)
            self._on_devices()
            return self.in_use

        return self._submit(work)

    def look(self) -> Future[Devices]:
        """Look for devices again, unless sound flows."""

        def work() -> Devices:
            if not self._know() and self._look(interrupting=False):
                self._on_devices()
            return self.devices

        return self._submit(work)

    def check(self) -> None:
        """Find devices that are gone, and put others into their place. Returns at once."""
        self._submit(self._check)

    def test(self, device_id: str) -> Future[None]:
        """Play a tone.

        Returns:
            Done when it is over. Raises NotFoundError where the device cannot be opened.
        """
        over: Future[None] = Future()

        def work() -> None:
            self._know()
            self._end_test()
            if self.devices.number("output", device_id) is None:
                self._look(interrupting=False)
            beep = Beep(BRIDGE_HZ)

            def pull(samples: int) -> bytes | None:
                frame = beep.read(samples)
                self.output_level.add(frame or b"")
                return frame

            try:
                self._test = (self._open("output", device_id, pull=pull, on_end=self._test_over), over)
            except ValueError as error:
                _log.info("an output was not tested: %s", error)
                over.set_exception(NotFoundError("That loudspeaker cannot be used now."))

        self._submit(work)
        return over

    def _submit(self, function: Callable[[], T]) -> Future[T]:
        def work() -> T:
            try:
                return function()
            except Exception:
                _log.exception("a task of the sound thread failed")
                raise

        return self._worker.submit(work)

    def _know(self) -> bool:
        """Look for devices where nobody has yet; returns whether that was now."""
        if self._knows:
            return False
        self._knows = True
        self._look(interrupting=False)
        self._tell()
        return True

    def _arrange(self, wanted: frozenset[Role]) -> None:
        self._know()
        if not self._wanted and wanted:  # another occasion, another trial
            self._gone.clear()
            if self.devices.sounddevice is not None and not self._all_there():
                self._look(interrupting=False)
        self._wanted = wanted
        for role in set(self._streams) - wanted:
            self._close(self._streams.pop(role))
        for role in sorted(wanted):
            self._arrange_one(role)
        self._tell()

    def _arrange_one(self, role: Role) -> None:
        kind, wish = _KINDS[role], getattr(self.choice, role)
        current = self._streams.get(role)
        problem = ""
        for device_id in dict.fromkeys((wish, "")):
            number = self.devices.number(kind, device_id)
            if number is None or (kind, device_id) in self._gone:
                continue
            if current is not None and current.device_id == device_id:
                return
            try:
                stream = self._open_role(role, device_id)
            except ValueError as error:
                _log.warning("the %s device did not open: %s", kind, error)
                problem = f"The {_WORDS[role]} could not be opened."
                if device_id:
                    self._gone.add((kind, device_id))
                continue
            self._streams[role] = stream
            self._problems.pop(role, None)
            if current is not None:
                self._close(current)
                self._echo.reset()
            return
        self._streams.pop(role, None)
        if current is not None:
            self._close(current)
        self._problems[role] = problem

    def _open_role(self, role: Role, device_id: str) -> Stream:
        if role == "input":
            self._said.clear()
            return self._open("input", device_id, push=self._record, on_end=self.check)
        buffer = self._heard if role == "output" else self._rung
        buffer.clear()

        def pull(samples: int) -> bytes:
            frame = buffer.read(samples)
            self.output_level.add(frame)
            return frame

        return self._open("output", device_id, pull=pull, on_end=self.check)

    def _open(
        self,
        kind: AudioKind,
        device_id: str,
        *,
        pull: Callable[[int], bytes | None] | None = None,
        push: Callable[[bytes], object] | None = None,
        on_end: Callable[[], object],
    ) -> Stream:
        self.devices = loaded(self.devices)
        number = self.devices.number(kind, device_id)
        if number is None:
            raise ValueError("It is not there.")
        return Stream(self.devices.sounddevice, kind, number, device_id, pull=pull, push=push, on_end=on_end)

    def _close(self, stream: Stream) -> None:
        if not stream.close() and self.devices.sounddevice is not None:
            _log.error("PortAudio hangs; this process is without sound from now on")
            self.devices = Devices(detail=_HUNG)
            keep_stderr_for_log()  # it complains without end

    def _check(self) -> None:
        dead = [
            stream
            for stream in self._streams.values()
            if not stream.is_alive or (stream.device_id and stream.is_orphan)
        ]
        if not dead:
            return
        for stream in dead:
            _log.warning("the %s device %s is gone", stream.kind, stream.device_id or "of the system")
            if stream.device_id:
                self._gone.add((stream.kind, stream.device_id))
        self._look(interrupting=True)
        self._arrange(self._wanted)
        self._on_devices()

    def _look(self, *, interrupting: bool) -> bool:
        """Look for devices again; returns whether there are others."""
        if self._streams or self._test is not None:
            if not interrupting:
                return False
            for stream in self._streams.values():
                self._close(stream)
            self._streams.clear()
            self._end_test()
        before = self.devices.listed
        self.devices = look_again(self.devices)
        return before != self.devices.listed

    def _all_there(self) -> bool:
        wishes = {(_KINDS[role], getattr(self.choice, role)) for role in _KINDS}
        return all(not wish or self.devices.number(kind, wish) is not None for kind, wish in wishes)

    def _test_over(self) -> None:
        self._submit(self._end_test)

    def _end_test(self) -> None:
        if self._test is not None:
            stream, over = self._test
            self._test = None
            self._close(stream)
            over.set_result(None)

    def _tell(self) -> None:
        in_use = self._planned()
        if in_use != self.in_use:
            self.in_use = in_use
            self._on_use(in_use)

    def _planned(self) -> InUse:
        """What is open, and for what is not needed now, what will be."""
        names: dict[Role, str] = {}
        details = []
        for role in _KINDS:
            name, detail = self._planned_one(role)
            names[role] = name
            if detail and detail not in details:
                details.append(detail)
        in_use = InUse(names["input"], names["output"], " ".join(details))
        return in_use if in_use.detail else replace(in_use, detail=self.devices.detail)

    def _planned_one(self, role: Role) -> tuple[str, str]:
        kind, wish = _KINDS[role], getattr(self.choice, role)
        if role in self._wanted:
            stream = self._streams.get(role)
            used = None if stream is None else stream.device_id
        else:
            used = next(
                (
                    device_id
                    for device_id in dict.fromkeys((wish, ""))
                    if self.devices.number(kind, device_id) is not None and (kind, device_id) not in self._gone
                ),
                None,
            )
        if used is None:
            problem = self._problems.get(role, "") if role in self._wanted else ""
            return "", f"{problem} The call goes on without it." if problem else ""
        name = used or self.devices.default(kind)
        if used != wish:
            return name, f"{wish} is not there; {name} is used as the {_WORDS[role]}."
        return name, ""

    def _to_speaker(self, frame: bytes) -> None:
        self._echo.played(frame)
        self._heard.write(frame)

    def _from_microphone(self, samples: int) -> bytes:
        return self._echo.heard(self._said.read(samples))

    def _record(self, frame: bytes) -> None:
        self.input_level.add(frame)
        self._said.write(frame)


def _buffer() -> JitterBuffer:
    return JitterBuffer(most=BRIDGE_HZ * _MOST_MS // 1000, cushion=BRIDGE_HZ * _CUSHION_MS // 1000)
