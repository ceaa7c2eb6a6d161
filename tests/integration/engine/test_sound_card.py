"""Sound through PortAudio and a sound card without hardware; and life without any sound."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import models as m
from peers.engine_driver import running_engine
from peers.tone import sine, write_wav

if TYPE_CHECKING:
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider
    from peers.baresip import Baresip
    from peers.engine_driver import Engine
    from peers.pulse import Pulse

BARE = "sip:bare@provider-a.test"


async def test_tones_go_from_the_microphone_to_baresip_and_from_baresip_to_the_loudspeaker(
    provider: DemoProvider, pulse: Pulse, answering_baresip: Baresip, tmp_path: Path
) -> None:
    async with running_engine({**os.environ, **pulse.env}) as alice:
        await alice.configure("alice", provider.server(), audio="auto")
        # Registering waits for no look at the devices; it is told when there was one.
        status = (await alice.seen(m.EngineAudioChangedParams)).audio
        assert status.backend == "portaudio", status.detail
        assert status.input_device
        assert status.output_device
        assert status.detail == ""
        await alice.register()
        tone = write_wav(tmp_path / "tone.wav", sine(900, 20.0, level_dbfs=-6))
        call_id = await alice.dial(BARE)
        await alice.call("confirmed", call_id, has_audio=True)
        with pulse.playing(tone), pulse.recording() as recording:
            said = await answering_baresip.heard(
                1.0, wanted=lambda sound: sound.level_at_dbfs(900) > -15, timeout_s=15.0
            )
            heard = await asyncio.to_thread(
                recording.heard, 1.0, wanted=lambda sound: sound.level_at_dbfs(answering_baresip.tone_hz) > -30
            )
        assert said.strongest_hz() == pytest.approx(900, abs=3)
        assert heard.strongest_hz() == pytest.approx(answering_baresip.tone_hz, abs=3)
        await alice.hang_up(call_id)
        await alice.call("disconnected", call_id)


async def test_an_incoming_call_is_heard_to_ring_and_an_outgoing_one_to_ring_back(
    provider: DemoProvider, pulse: Pulse, baresip: Baresip
) -> None:
    async with running_engine({**os.environ, **pulse.env}) as alice:
        await alice.configure("alice", provider.server(), audio="auto")
        await alice.register()
        with pulse.recording() as recording:
            call_id = await alice.dial(BARE)
            await alice.call("early", call_id)
            back = await asyncio.to_thread(recording.heard, 0.25, wanted=lambda sound: sound.level_at_dbfs(425) > -30)
            assert back.strongest_hz() == pytest.approx(425, abs=8)
            await alice.hang_up(call_id)
            await alice.call("disconnected", call_id)
            await baresip.closed()
            await baresip.dial("sip:alice@provider-a.test")
            incoming = await alice.call("early", direction="incoming")
            await asyncio.to_thread(recording.heard, 0.3, wanted=lambda sound: sound.level_at_dbfs(659) > -30)
            await alice.hang_up(incoming.call_id, 486)
            await alice.call("disconnected", incoming.call_id)
            await asyncio.to_thread(recording.heard, 0.3, wanted=lambda sound: sound.level_dbfs < -60)


async def test_a_machine_without_sound_says_so_once_and_calls_all_the_same(
    provider: DemoProvider, bob: Engine, tmp_path: Path
) -> None:
    # An empty configuration makes PortAudio abort, which must not become the engine's end.
    (tmp_path / "alsa.conf").write_text("")
    env = {**os.environ, "ALSA_CONFIG_PATH": str(tmp_path / "alsa.conf"), "HOME": str(tmp_path)}
    async with running_engine(env) as alice:
        await alice.configure("alice", provider.server(), audio="auto")
        status = (await alice.seen(m.EngineAudioChangedParams)).audio
        assert (status.backend, status.input_device, status.output_device) == ("null", "", "")
        assert status.detail
        await alice.register()
        call_id = await alice.dial("sip:bob@provider-a.test")
        await bob.answer((await bob.call("incoming")).call_id)
        await alice.call("confirmed", call_id, has_audio=True)
        assert (await alice.probe(call_id)).share > 0.9
