"""Sound devices: listed, chosen, tested, changed and lost, on sound cards without hardware."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import engine
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import InvalidStateError, NotFoundError
from peers.engine_driver import running_engine
from peers.pulse import MICROPHONE, SPEAKER, sound_card
from peers.tone import sine, write_wav

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider
    from peers.baresip import Baresip
    from peers.engine_driver import Engine
    from peers.pulse import Pulse, Recording

BARE = "sip:bare@provider-a.test"
BEEP_HZ = 880
RING_HZ = 659


@asynccontextmanager
async def alice_with_sound(pulse: Pulse, provider: DemoProvider, **settings: object) -> AsyncIterator[Engine]:
    """Alice, configured with the sound card, not registered."""
    async with running_engine({**os.environ, **pulse.env}) as alice:
        await alice.configure("alice", provider.server(), audio="auto", **settings)
        yield alice


async def choose(alice: Engine, *, output: str = "", ringing: str = "") -> m.AudioStatus:
    """Choose devices, and the default microphone."""
    return await alice.ask(engine.AUDIO_CHOOSE, m.EngineAudioChooseParams(input="", output=output, ringing=ringing))


async def hears(recording: Recording, hz: float) -> None:
    """Wait until a tone is in a sink."""
    await asyncio.to_thread(recording.heard, 0.3, wanted=lambda sound: sound.level_at_dbfs(hz) > -30)


async def is_silent(recording: Recording) -> None:
    """Wait until nothing is in a sink."""
    await asyncio.to_thread(recording.heard, 0.3, wanted=lambda sound: sound.level_dbfs < -60)


async def test_devices_are_listed_by_names_that_stay_and_seen_when_they_come(
    provider: DemoProvider, pulse: Pulse
) -> None:
    async with alice_with_sound(pulse, provider) as alice:
        before = await alice.ask(engine.AUDIO_LIST)
        assert {"input", "output"} == {device.kind for device in before.devices}
        assert {SPEAKER, MICROPHONE} <= {device.device_id for device in before.devices}
        for kind in ("input", "output"):
            assert [device.is_default for device in before.devices if device.kind == kind].count(True) == 1
        with pulse.sink("headset"):
            # Nobody asks: the engine looks by itself.
            came = await alice.seen(m.EngineAudioDevicesChangedParams, timeout_s=20.0)
            assert ("headset", "output") in {(device.device_id, device.kind) for device in came.devices.devices}
            status = await choose(alice, output="headset")
            assert (status.output_device, status.detail) == ("headset", "")
            assert (await alice.ask(engine.AUDIO_LIST)).choice.output == "headset"
        status = await choose(alice, output="nowhere")
        assert status.output_device
        assert status.output_device != "nowhere"
        assert "nowhere is not there" in status.detail


async def test_a_tone_is_heard_in_the_chosen_sink_alone_and_seen_by_the_meter(
    provider: DemoProvider, pulse: Pulse, tmp_path: Path
) -> None:
    tone = write_wav(tmp_path / "tone.wav", sine(900, 20.0, level_dbfs=-6))
    with pulse.sink("headset"):
        async with alice_with_sound(pulse, provider) as alice:
            await alice.ask(engine.AUDIO_METER, m.EngineAudioMeterParams(on=True))
            with pulse.playing(tone), pulse.recording() as speaker, pulse.recording("headset") as headset:
                await is_silent(speaker)
                await is_silent(headset)
                testing = asyncio.create_task(alice.ask(engine.AUDIO_TEST, m.EngineAudioTestParams(output="headset")))
                await hears(headset, BEEP_HZ)
                await testing
                assert (await asyncio.to_thread(speaker.heard, 1.0)).level_at_dbfs(BEEP_HZ) < -60
                await alice.seen(m.EngineAudioLevelChangedParams, lambda told: -25 < told.output_dbfs < -5)
                await alice.seen(m.EngineAudioLevelChangedParams, lambda told: -20 < told.input_dbfs < 0)
            await alice.ask(engine.AUDIO_METER, m.EngineAudioMeterParams(on=False))
            with pytest.raises(NotFoundError):
                await alice.ask(engine.AUDIO_TEST, m.EngineAudioTestParams(output="nowhere"))


async def test_a_call_moves_to_another_device_and_back_when_that_one_vanishes(
    provider: DemoProvider, pulse: Pulse, answering_baresip: Baresip
) -> None:
    hz = answering_baresip.tone_hz
    with pulse.sink("headset") as plugged, pulse.recording() as speaker:
        async with alice_with_sound(pulse, provider) as alice:
            await alice.register()
            call_id = await alice.dial(BARE)
            await alice.call("confirmed", call_id, has_audio=True)
            await hears(speaker, hz)
            with pulse.recording("headset") as headset:
                status = await choose(alice, output="headset")
                assert (status.backend, status.output_device, status.detail) == ("portaudio", "headset", "")
                await hears(headset, hz)
                await is_silent(speaker)
            since = len(alice.told)
            plugged.unplug()
            told = await alice.seen(m.EngineAudioChangedParams, since=since)
            assert told.audio.output_device not in {"", "headset"}
            assert "headset is not there" in told.audio.detail
            await hears(speaker, hz)
            assert not [
                told
                for told in alice.told
                if isinstance(told, m.EngineCallStateChangedParams) and told.call.state == "disconnected"
            ]
            await alice.hang_up(call_id)
            await alice.call("disconnected", call_id)


async def test_a_call_outlives_the_sound_server_and_says_that_nothing_is_heard(
    provider: DemoProvider, bob: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with sound_card(tmp_path_factory.mktemp("own")) as pulse:
        async with alice_with_sound(pulse, provider) as alice:
            await alice.register()
            call_id = await alice.dial("sip:bob@provider-a.test")
            await bob.answer((await bob.call("incoming")).call_id)
            await alice.call("confirmed", call_id, has_audio=True)
            await alice.ask(engine.AUDIO_METER, m.EngineAudioMeterParams(on=True))
            await alice.seen(m.EngineAudioLevelChangedParams, lambda told: told.output_dbfs == -120)
            pulse.control("exit")
            told = await alice.seen(m.EngineAudioChangedParams, lambda told: told.audio.backend == "null")
            assert told.audio.detail
            assert (await alice.probe(call_id)).share > 0.9
            await alice.hang_up(call_id)
            await alice.call("disconnected", call_id)


async def test_an_incoming_call_rings_on_the_ringing_device_alone(
    provider: DemoProvider, pulse: Pulse, baresip: Baresip
) -> None:
    choice = m.AudioChoice(input="", output="", ringing="bell")
    with pulse.sink("bell"), pulse.recording("bell") as bell, pulse.recording() as speaker:
        async with alice_with_sound(pulse, provider, audio_choice=choice) as alice:
            await alice.register()
            await baresip.dial("sip:alice@provider-a.test")
            incoming = await alice.call("early", direction="incoming")
            await hears(bell, RING_HZ)
            assert (await asyncio.to_thread(speaker.heard, 0.5)).level_dbfs < -60
            await alice.hang_up(incoming.call_id, 486)
            await alice.call("disconnected", incoming.call_id)
            await is_silent(bell)


async def test_without_sound_there_is_nothing_to_choose_test_or_measure(alice: Engine) -> None:
    assert (await alice.ask(engine.AUDIO_LIST)).devices == []
    assert (await choose(alice, output="headset")).backend == "null"
    assert (await alice.ask(engine.AUDIO_LIST)).choice.output == "headset"
    with pytest.raises(InvalidStateError):
        await alice.ask(engine.AUDIO_TEST, m.EngineAudioTestParams(output=""))
    with pytest.raises(InvalidStateError):
        await alice.ask(engine.AUDIO_METER, m.EngineAudioMeterParams(on=True))
