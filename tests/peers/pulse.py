"""A sound card without hardware: PulseAudio with null sinks, and ALSA devices on them for PortAudio.

What programs play goes to the sink `speaker`, whose monitor can be recorded; what is played on the sink `room` is what
the microphone `mic` hears.
"""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from peers import needs
from peers.processes import Program
from peers.tone import Sound, read_wav
from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SPEAKER: Final = "elsipo_speaker"
"""Name of the output device, as PortAudio lists it."""
MICROPHONE: Final = "elsipo_microphone"
"""Name of the input device, as PortAudio lists it."""

_SCRIPT: Final = """\
load-module module-null-sink sink_name=speaker rate=48000 channels=2
load-module module-null-sink sink_name=room rate=48000 channels=2
load-module module-remap-source master=room.monitor source_name=mic
set-default-sink speaker
set-default-source mic
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
"""
_ALSA: Final = """\
<confdir:alsa.conf>
pcm.elsipo_speaker {{ type pulse server "{server}" device "speaker" hint {{ show on description "{speaker}" }} }}
pcm.elsipo_microphone {{ type pulse server "{server}" device "mic" hint {{ show on description "{microphone}" }} }}
pcm.!default {{ type asym playback.pcm "elsipo_speaker" capture.pcm "elsipo_microphone" }}
ctl.!default {{ type pulse server "{server}" }}
"""

_ALSA_SINK: Final = """\
pcm.{name} {{ type pulse server "{server}" device "{name}" hint {{ show on description "{name}" }} }}
"""


@dataclass(frozen=True)
class Pulse:
    """A running PulseAudio.

    Attributes:
        folder: Its home and its log.
        env: Environment for programs that shall use it: PULSE_SERVER, ALSA_CONFIG_PATH and more.
    """

    folder: Path
    env: dict[str, str]

    @contextlib.contextmanager
    def playing(self, sound_file: Path) -> Iterator[None]:
        """Let the microphone hear a WAV file, once."""
        program = needs.program("paplay", package="pulseaudio-utils")
        with Program([program, "--device=room", str(sound_file)], self._new_folder("play"), env=self.env):
            yield

    @contextlib.contextmanager
    def recording(self, sink: str = "speaker") -> Iterator[Recording]:
        """Record what is played on a sink."""
        program = needs.program("parecord", package="pulseaudio-utils")
        folder = self._new_folder("record")
        where = [f"--device={sink}.monitor", "--latency-msec=50"]
        argv = [program, *where, "--file-format=wav", "--rate=8000", "--channels=1", "sound.wav"]
        with Program(argv, folder, env=self.env):
            yield Recording(folder / "sound.wav")

    @contextlib.contextmanager
    def sink(self, name: str) -> Iterator[Sink]:
        """One more loudspeaker, which PortAudio lists by this name when it looks again."""
        config = self.folder / "alsa.conf"
        before = config.read_text()
        server = self.env["PULSE_SERVER"]
        config.write_text(before + _ALSA_SINK.format(name=name, server=server))
        module = self.control("load-module", "module-null-sink", f"sink_name={name}", "rate=48000", "channels=2")
        sink = Sink(self, name, module.strip())
        try:
            yield sink
        finally:
            config.write_text(before)
            sink.unplug()

    def control(self, *words: str) -> str:
        """Run `pactl`; what it writes."""
        program = needs.program("pactl", package="pulseaudio-utils")
        done = subprocess.run(
            [program, *words], env={**self.env, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _new_folder(self, kind: str) -> Path:
        folder = self.folder / f"{kind}-{len(list(self.folder.glob(f'{kind}-*')))}"
        folder.mkdir()
        return folder


@dataclass
class Sink:
    """A loudspeaker that can be pulled out; `module` is empty then."""

    pulse: Pulse
    name: str
    module: str

    def unplug(self) -> None:
        """Take it away, if that was not done before."""
        if self.module:
            self.pulse.control("unload-module", self.module)
            self.module = ""


@dataclass(frozen=True)
class Recording:
    """A recording that goes on."""

    path: Path

    def heard(
        self, seconds: float, *, wanted: Callable[[Sound], bool] = lambda _: True, timeout_s: float = 15.0
    ) -> Sound:
        """Some `seconds` as `wanted`, among the last and those that come."""
        looked_s = 0.0

        def enough() -> Sound | None:
            nonlocal looked_s
            with contextlib.suppress(ValueError, FileNotFoundError):  # nothing is written yet
                sound = read_wav(self.path)
                looked_s = looked_s or max(0.0, sound.duration_s - seconds)
                # Not the end alone: a machine under load writes much at once, and a short tone would be over by then.
                while looked_s + seconds <= sound.duration_s:
                    part = sound.part(looked_s, looked_s + seconds)
                    looked_s += seconds / 4
                    if wanted(part):
                        return part
            return None

        sound = wait_until(enough, timeout_s=timeout_s, what=f"{seconds:g} s are recorded as wanted", interval_s=0.1)
        assert sound is not None
        return sound


@contextlib.contextmanager
def sound_card(folder: Path) -> Iterator[Pulse]:
    """Run PulseAudio for programs that take `env`.

    Args:
        folder: Made when missing; its path must be short (a Unix socket is in it).
    """
    program = needs.program("pulseaudio", package="pulseaudio")
    folder.mkdir(parents=True, exist_ok=True)
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    socket = folder / "native"
    script, alsa = folder / "null.pa", folder / "alsa.conf"
    script.write_text(_SCRIPT.format(socket=socket))
    alsa.write_text(_ALSA.format(server=f"unix:{socket}", speaker=SPEAKER, microphone=MICROPHONE))
    env = {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(runtime),
        "PULSE_RUNTIME_PATH": str(runtime),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PULSE_SERVER": f"unix:{socket}",
        "ALSA_CONFIG_PATH": str(alsa),
    }
    own = {name: value for name, value in env.items() if name != "PULSE_SERVER"}
    quiet = ["--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes", "--use-pid-file=no"]
    with Program([program, "-n", "-F", str(script), *quiet], folder, env=own) as server:
        pulse = Pulse(folder, env)
        wait_until(lambda: socket.exists() or not server.running, what="PulseAudio listens")
        assert server.running, f"PulseAudio ended:\n{server.last_words()}"
        yield pulse


@pytest.fixture(scope="session")
def pulse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulse]:
    """A sound card without hardware; one for the whole run."""
    with sound_card(tmp_path_factory.mktemp("pulse")) as running:
        yield running
