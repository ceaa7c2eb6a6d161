"""The engine, really started: handshake, codecs, and where its sound would come from and go to.

It is made the account of nobody at a domain that cannot exist, and never registers: nothing leaves this machine.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING, Final

from elsipo.doctor.report import Finding
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import engine
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import ElsipoError
from elsipo.rpc.handlers import Handlers
from elsipo.rpc.peer import Peer
from elsipo.supervisor.child import Patience
from elsipo.supervisor.launcher import launch

if TYPE_CHECKING:
    from collections.abc import Sequence

ARGV: Final = (sys.executable, "-m", "elsipo.engine")
_ANSWER_S: Final = 15.0
# What every other telephone understands (RFC 3551 §4.5.14).
_NEEDED_CODECS: Final = ("PCMU", "PCMA")
_NOBODY: Final = m.AccountSettings(
    account_id="doctor",
    aor="sip:doctor@elsipo.invalid",
    display_name="",
    transport="udp",
    server="",
    auth_user="doctor",
    password="",
    bound_address="127.0.0.1",
    audio="auto",
)
_REINSTALL: Final = "python -m pip install --force-reinstall elsipo"


async def examine(argv: Sequence[str] = ARGV) -> list[Finding]:
    """Start an engine and ask it; what it cannot tell is said to be missing.

    Args:
        argv: The engine's command.
    """
    began = time.monotonic()
    try:
        child = await launch("engine", argv)
    except OSError as error:
        return _unusable(f"The engine cannot be started: {error.strerror}.")
    peer = Peer(child.stream, _deaf(), name="engine")
    running = asyncio.create_task(peer.run())
    try:
        hello = await peer.request(
            engine.ENGINE_HELLO, m.EngineEngineHelloParams(protocol_version=PROTOCOL_VERSION), timeout_s=_ANSWER_S
        )
        started_ms = (time.monotonic() - began) * 1000
        await peer.request(
            engine.ACCOUNT_CONFIGURE, m.EngineAccountConfigureParams(settings=_NOBODY), timeout_s=_ANSWER_S
        )
        # It looks for devices when somebody needs one; who chooses does.
        system_default = m.EngineAudioChooseParams(input="", output="", ringing="")
        sound = await peer.request(engine.AUDIO_CHOOSE, system_default, timeout_s=_ANSWER_S)
        await peer.request(engine.ENGINE_STOP, m.EngineEngineStopParams(grace_ms=0), timeout_s=_ANSWER_S)
    except ElsipoError as error:
        await child.end()
        last = child.log_lines[-1] if child.log_lines else "It said nothing."
        return _unusable(f"The engine starts, but fails: {error.message} {last}")
    finally:
        await child.end(Patience())
        await peer.close()
        await running
    versions = ", ".join(f"{name} {version}" for name, version in hello.versions.items() if name != "elsipo")
    return [
        Finding("engine", "ok", f"Answers after {started_ms:.0f} ms: {versions}."),
        _codecs(hello.codecs),
        _sound(sound),
    ]


def _deaf() -> Handlers:
    """Nobody who cares for what the engine tells."""
    handlers = Handlers()
    for notification in engine.NOTIFICATIONS.values():
        handlers.on_notification(notification, lambda _: None)
    return handlers


def _codecs(codecs: Sequence[str]) -> Finding:
    names = list(dict.fromkeys(codec.rpartition("/")[0] for codec in codecs))
    lacking = [codec for codec in _NEEDED_CODECS if not any(name.startswith(codec) for name in names)]
    if lacking:
        return Finding("codecs", "missing", f"The engine lacks {', '.join(lacking)}.", _REINSTALL)
    return Finding("codecs", "ok", ", ".join(names) + ".")


def _sound(sound: m.AudioStatus) -> Finding:
    if sound.backend == "null":
        return _no_sound(sound.detail or "No sound device was found.")
    devices = f"in: {sound.input_device or 'none'}; out: {sound.output_device or 'none'}"
    if not sound.input_device or not sound.output_device:
        return Finding("sound", "warning", f"{sound.backend}, {devices}. {sound.detail}", "Connect the device.")
    return Finding("sound", "ok", f"{sound.backend}, {devices}.")


def _no_sound(detail: str) -> Finding:
    if "PortAudio" in detail:
        return Finding("sound", "missing", detail, "sudo apt-get install libportaudio2")
    text = f"{detail} Calls work without it, but nothing is heard."
    return Finding("sound", "warning", text, "Connect a headset, or start PulseAudio or PipeWire.")


def _unusable(detail: str) -> list[Finding]:
    return [
        Finding("engine", "missing", detail, _REINSTALL),
        Finding("codecs", "missing", "Not known without the engine.", _REINSTALL),
        Finding("sound", "missing", "Not known without the engine.", _REINSTALL),
    ]
