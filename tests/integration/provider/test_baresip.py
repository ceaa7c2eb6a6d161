"""Calls through the demo provider, between two softphones of other people: what the provider and the peers can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from peers.baresip import Baresip
from peers.kamailio import registered_users

if TYPE_CHECKING:
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_call_carries_tones_both_ways(provider: DemoProvider, tmp_path: Path, transport: str) -> None:
    async with (
        Baresip.running(tmp_path / "bare", provider, transport=transport) as bare,
        Baresip.running(tmp_path / "carol", provider, user="carol", transport=transport, tone_hz=700) as carol,
    ):
        assert registered_users(provider) == {"bare", "carol"}
        await bare.dial("sip:carol@provider-a.test")
        assert "bare@provider-a.test" in (await carol.ringing())["peeruri"]
        await carol.answer()
        await bare.established()
        await carol.established()
        for listener, hz in ((bare, 700), (carol, 440)):
            heard = await listener.heard(1.0)
            assert heard.strongest_hz() == pytest.approx(hz, abs=3)
            assert heard.level_at_dbfs(hz) > -20
        await carol.hang_up()
        await bare.closed()
    assert registered_users(provider) == set()


async def test_a_call_is_refused_and_a_further_one_finds_it_busy(provider: DemoProvider, tmp_path: Path) -> None:
    async with (
        Baresip.running(tmp_path / "bare", provider) as bare,
        Baresip.running(tmp_path / "carol", provider, user="carol", max_calls=1) as carol,
        Baresip.running(tmp_path / "bob", provider, user="bob") as bob,
    ):
        await bare.dial("sip:carol@provider-a.test")
        await carol.ringing()
        await bob.dial("sip:carol@provider-a.test")
        assert "486" in (await bob.closed())["param"]
        await carol.hang_up()
        assert "486" in (await bare.closed())["param"]


async def test_nobody_answers_for_who_is_not_there(provider: DemoProvider, baresip: Baresip) -> None:
    await baresip.dial(f"sip:carol@{provider.domain}")
    assert "480" in (await baresip.closed())["param"]
