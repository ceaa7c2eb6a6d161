"""What is connected to what: calls, microphone, loudspeaker and tones, by the account's audio mode.

The bridge's connections are not remembered event by event: each change of calls says what should be heard, and the
difference to what is connected is made good. Lives on the pjsip thread. Must not know SIP or call states.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pjsua2 as pj

from elsipo.engine.audio import tones
from elsipo.engine.audio.portaudio import InUse, PortAudio
from elsipo.engine.audio.ports import BRIDGE_HZ
from elsipo.engine.sip_text import clip
from elsipo.rpc._generated.engine import AUDIO_CHANGED, AUDIO_DEVICES_CHANGED, AUDIO_LEVEL_CHANGED
from elsipo.rpc._generated.models import (
    AudioDevices,
    AudioStatus,
    EngineAudioChangedParams,
    EngineAudioDevicesChangedParams,
    EngineAudioLevelChangedParams,
)
from elsipo.rpc.errors import InvalidStateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elsipo.engine.audio.portaudio import Role
    from elsipo.engine.audio.tones import ToneName
    from elsipo.engine.emit import Emit
    from elsipo.engine.reactor import Reactor, Timer
    from elsipo.rpc._generated.models import AudioBackend, AudioChoice, AudioMode

_log = logging.getLogger(__name__)

_FIRST_LOOK_S: Final = 2.0  # a start has better things to do; who needs a device sooner does not wait for this
_LOOK_EVERY_S: Final = 5.0  # 20 to 140 ms of CPU each, by what ALSA loads: not for an engine at rest
_LOOK_S: Final = 60.0
_CHECK_EVERY_S: Final = 1.5
_METER_EVERY_S: Final = 0.1
_METER_S: Final = 30.0


@dataclass(frozen=True)
class Talk:
    """A call whose sound flows.

    Attributes:
        audio: pjsip's side of it, an AudioMedia.
        slot: Its number in the bridge; another after renegotiation.
        silent: Nothing is sent.
    """

    audio: Any
    slot: int
    silent: bool


class Sound:
    """The account's sound.

    Args:
        library: pjsua2's endpoint.
        mode: What the host asked for.
        choice: Which devices the person wants.
        reactor: To come back to the pjsip thread.
        emit: The way of audio.changed.
    """

    def __init__(
        self,
        library: Any,
        mode: AudioMode,
        choice: AudioChoice,
        *,
        reactor: Reactor,
        emit: Emit,
    ) -> None:
        self._manager = library.audDevManager()
        self._emit = emit
        self._reactor = reactor
        self._portaudio: PortAudio | None = None
        self._links: dict[tuple[int, int], tuple[Any, Any]] = {}
        self._tones: Any = None
        self._tone: ToneName | None = None
        self._needed: frozenset[Role] = frozenset()
        self._choice = choice
        self._metering: Timer | None = None
        self._meter_until = 0.0
        self._look_until = 0.0
        self.status = self._begin(mode)

    def _begin(self, mode: AudioMode) -> AudioStatus:
        if mode == "auto":
            self._portaudio = PortAudio(self._choice, on_use=self._on_use, on_devices=self._on_devices)
            self._reactor.after(_FIRST_LOOK_S, self._portaudio.know)
            if len(self._manager.enumDev2()) > 0:
                return _status("native", "System default", "System default", "")
        # Without a device, pjsip still needs a clock.
        self._manager.setNullDev()
        return _status("null" if mode == "auto" else mode, "", "", "")

    def apply(self, tone: ToneName | None, talks: Sequence[Talk]) -> None:
        """Let this be heard, and nothing else.

        Args:
            tone: What rings, if anything.
            talks: The calls whose sound flows.
        """
        speaker, microphone = self._ends(tone, talking=bool(talks))
        wanted: dict[tuple[int, int], tuple[Any, Any]] = {}
        for talk in talks:
            if speaker is not None:
                wanted[talk.slot, speaker.getPortId()] = (talk.audio, speaker)
            if microphone is not None and not talk.silent:
                wanted[microphone.getPortId(), talk.slot] = (microphone, talk.audio)
            if self.status.backend == "echo" and not talk.silent:
                wanted[talk.slot, talk.slot] = (talk.audio, talk.audio)
        bell = self._portaudio.bell if self._portaudio is not None and tone == "ring" else speaker
        if tone is not None and bell is not None:
            if self._tones is None:
                self._tones = tones.tone_generator(BRIDGE_HZ)
            wanted[self._tones.getPortId(), bell.getPortId()] = (self._tones, bell)
        for key in [key for key in self._links if key not in wanted]:
            source, sink = self._links.pop(key)
            _disconnect(source, sink)
        for key, (source, sink) in wanted.items():
            if key not in self._links:
                source.startTransmit(sink)
                self._links[key] = (source, sink)
        self._sound_tone(tone)

    def forget(self, slot: int) -> None:
        """A call's port is gone, and its connections with it; its number may be another's soon."""
        for key in [key for key in self._links if slot in key]:
            del self._links[key]

    def _sound_tone(self, tone: ToneName | None) -> None:
        if tone == self._tone or self._tones is None:
            return
        self._tone = tone
        if tone is None:
            self._tones.stop()
        else:
            tones.play(self._tones, tone)

    def _ends(self, tone: ToneName | None, *, talking: bool) -> tuple[Any, Any]:
        """Return loudspeaker and microphone as ports of the bridge, opened where needed."""
        if self.status.backend == "native":
            if not talking and tone is None:
                return None, None
            return self._manager.getPlaybackDevMedia(), self._manager.getCaptureDevMedia() if talking else None
        if self._portaudio is None:
            return None, None
        needed: set[Role] = {"input", "output"} if talking else set()
        if tone is not None:
            needed.add("ringing" if tone == "ring" else "output")
        self._needed = frozenset(needed)
        self._open_what_is_needed()
        return self._portaudio.speaker, self._portaudio.microphone if talking else None

    def _open_what_is_needed(self) -> None:
        if self._portaudio is None:
            return
        was_quiet = not self._portaudio.is_wanted
        self._portaudio.want(self._needed | {"input"} if self._metering is not None else self._needed)
        if was_quiet and self._portaudio.is_wanted:
            self._reactor.after(_CHECK_EVERY_S, self._check)

    def devices(self) -> Future[AudioDevices]:
        """Look for devices, where no sound flows, and for a minute from now those that come or go are told.

        Returns:
            All that are known, and which are chosen.

        Wire: audio.list
        """
        listed: Future[AudioDevices] = Future()
        if self._portaudio is None:
            listed.set_result(AudioDevices(devices=[], choice=self._choice))
            return listed
        # Behind what this look has changed, so that whoever has the answer has heard of that.
        self._portaudio.look().add_done_callback(
            lambda _: self._reactor.submit(lambda: listed.set_result(self._known()))
        )
        if time.monotonic() > self._look_until:
            self._reactor.after(_LOOK_EVERY_S, self._look)
        self._look_until = time.monotonic() + _LOOK_S
        return listed

    def choose(self, choice: AudioChoice) -> Future[AudioStatus]:
        """Use these devices from now on, also in a running call.

        Returns:
            What is in use then.

        Wire: audio.choose
        """
        self._choice = choice
        chosen: Future[AudioStatus] = Future()
        if self._portaudio is None:
            chosen.set_result(self.status)
            return chosen
        self._portaudio.choose(choice).add_done_callback(lambda done: chosen.set_result(self._told(done.result())))
        return chosen

    def test(self, output: str) -> Future[None]:
        """Play a tone of a second.

        Returns:
            Done when it is over. Raises NotFoundError where the device cannot be used.

        Raises:
            InvalidStateError: there is no sound here at all.

        Wire: audio.test
        """
        return self._required().test(output)

    def meter(self, *, on: bool) -> None:
        """Tell ten times a second how loud it is, for half a minute from now or until it is turned off.

        Raises:
            InvalidStateError: there is no sound here at all.

        Wire: audio.meter
        """
        portaudio = self._required()
        self._meter_until = time.monotonic() + _METER_S
        if on == (self._metering is not None):
            return
        if self._metering is not None:
            self._metering.cancel()
            self._metering = None
        for level in (portaudio.input_level, portaudio.output_level):
            level.on = on
            level.take()
        if on:
            self._metering = self._reactor.after(_METER_EVERY_S, self._tell_levels)
        self._open_what_is_needed()

    def _tell_levels(self) -> None:
        portaudio = self._required()
        if time.monotonic() > self._meter_until:  # whoever asked is gone
            self.meter(on=False)
            return
        self._emit(
            AUDIO_LEVEL_CHANGED,
            EngineAudioLevelChangedParams(
                input_dbfs=portaudio.input_level.take(), output_dbfs=portaudio.output_level.take()
            ),
        )
        self._metering = self._reactor.after(_METER_EVERY_S, self._tell_levels)

    def _required(self) -> PortAudio:
        if self._portaudio is None or not self._portaudio.devices.usable:
            raise InvalidStateError("There is no sound device to choose, to test or to measure.")
        return self._portaudio

    def _look(self) -> None:
        """Somebody chooses among the devices; while sound flows, `_check` looks after them."""
        if self._portaudio is not None and time.monotonic() <= self._look_until:
            if not self._portaudio.is_wanted:
                self._portaudio.look()
            self._reactor.after(_LOOK_EVERY_S, self._look)

    def _check(self) -> None:
        if self._portaudio is not None and self._portaudio.is_wanted:
            self._portaudio.check()
            self._reactor.after(_CHECK_EVERY_S, self._check)

    def _known(self) -> AudioDevices:
        listed = () if self._portaudio is None else self._portaudio.devices.listed
        return AudioDevices(devices=list(listed), choice=self._choice)

    def _on_devices(self) -> None:
        def tell() -> None:
            self._emit(AUDIO_DEVICES_CHANGED, EngineAudioDevicesChangedParams(devices=self._known()))

        self._reactor.submit(tell)

    def _on_use(self, in_use: InUse) -> None:
        def tell() -> None:
            status = self._told(in_use)
            if self.status.backend == "native" and status.backend != "native":
                self._manager.setNullDev()
            self.status = status
            self._emit(AUDIO_CHANGED, EngineAudioChangedParams(audio=self.status))

        self._reactor.submit(tell)

    def _told(self, in_use: InUse) -> AudioStatus:
        """Without a device, PortAudio leaves it to pjsip's own, where that has any."""
        status = _in_words(in_use)
        return self.status if (self.status.backend, status.backend) == ("native", "null") else status


def _disconnect(source: Any, sink: Any) -> None:
    try:
        source.stopTransmit(sink)
    except pj.Error as error:  # a call's port goes by itself when its call ends
        _log.debug("not connected any more: %s", error.reason)


def _status(backend: AudioBackend, input_device: str, output_device: str, detail: str) -> AudioStatus:
    return AudioStatus(
        backend=backend,
        input_device=clip(input_device, 256),
        output_device=clip(output_device, 256),
        detail=clip(detail, 512),
    )


def _in_words(in_use: InUse) -> AudioStatus:
    backend: AudioBackend = "portaudio" if in_use.input_name or in_use.output_name else "null"
    return _status(backend, in_use.input_name, in_use.output_name, in_use.detail)
