"""The sound devices of an account, as its window chooses, tests and measures them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import InvalidStateError, NotFoundError
from peers.window import Document

if TYPE_CHECKING:
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider
    from peers.pulse import Pulse

ALICE = "alice-provider-a-test"


def _host(folder: Path) -> Host:
    return Host(Folders.below(folder), use_keyring=False)


def _sign_in(host: Host, provider: DemoProvider) -> None:
    record = host.book.add(f"alice@{provider.domain}", server=provider.server("udp"))
    host.credentials.keep(record.account_id, provider.users["alice"], allow_file=True)


async def test_a_choice_is_used_at_once_and_after_a_start(
    tmp_path: Path, provider: DemoProvider, pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in pulse.env.items():
        monkeypatch.setenv(name, value)
    host = _host(tmp_path)
    _sign_in(host, provider)
    with pulse.sink("headset"):
        async with started(host), Document.chrome(host) as chrome:
            await chrome.registered()
            listed = await chrome.ask(bridge.AUDIO_LIST, m.BridgeAudioListParams())
            assert ("headset", "output") in {(device.device_id, device.kind) for device in listed.devices}
            choice = m.BridgeAudioChooseParams(input="", output="headset", ringing="")
            assert (await chrome.ask(bridge.AUDIO_CHOOSE, choice)).output_device == "headset"
        again = _host(tmp_path)
        async with started(again), Document.chrome(again) as chrome:
            await chrome.registered()
            listed = await chrome.ask(bridge.AUDIO_LIST, m.BridgeAudioListParams())
            assert listed.choice.output == "headset"
            status = await chrome.ask(bridge.ENGINE_STATUS, m.BridgeEngineStatusParams())
            assert status.audio.output_device == "headset"


async def test_a_device_is_tested_and_measured_and_seen_when_it_comes(
    tmp_path: Path, provider: DemoProvider, pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in pulse.env.items():
        monkeypatch.setenv(name, value)
    host = _host(tmp_path)
    _sign_in(host, provider)
    async with started(host), Document.chrome(host) as chrome:
        await chrome.registered()
        await chrome.ask(bridge.AUDIO_TEST, m.BridgeAudioTestParams(output=""))
        with pytest.raises(NotFoundError):
            await chrome.ask(bridge.AUDIO_TEST, m.BridgeAudioTestParams(output="nowhere"))
        await chrome.ask(bridge.AUDIO_METER, m.BridgeAudioMeterParams(on=True))
        level = await chrome.seen(bridge.AUDIO_LEVEL_CHANGED)
        assert -120 <= level.input_dbfs <= 0
        await chrome.ask(bridge.AUDIO_METER, m.BridgeAudioMeterParams(on=False))
        with pulse.sink("headset"):
            await chrome.ask(bridge.AUDIO_LIST, m.BridgeAudioListParams())
            await chrome.seen(
                bridge.AUDIO_DEVICES_CHANGED,
                lambda params: "headset" in {device.device_id for device in params.devices.devices},
            )


async def test_where_there_is_no_sound_the_choice_is_kept_and_the_rest_says_so(signed_in_host: Host) -> None:
    async with Document.chrome(signed_in_host) as chrome:
        await chrome.registered()
        assert (await chrome.ask(bridge.AUDIO_LIST, m.BridgeAudioListParams())).devices == []
        await chrome.ask(bridge.AUDIO_CHOOSE, m.BridgeAudioChooseParams(input="", output="headset", ringing=""))
        assert signed_in_host.record(ALICE).audio.output == "headset"
        for method, params in (
            (bridge.AUDIO_TEST, m.BridgeAudioTestParams(output="")),
            (bridge.AUDIO_METER, m.BridgeAudioMeterParams(on=True)),
        ):
            with pytest.raises(InvalidStateError):
                await chrome.ask(method, params)
