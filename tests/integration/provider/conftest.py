"""Raw user agents on the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from peers.sip import RawUserAgent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.demo.provider import DemoProvider


@pytest.fixture
async def stranger() -> AsyncIterator[RawUserAgent]:
    """Somebody on the network, not registered."""
    async with RawUserAgent.opened() as agent:
        yield agent


@pytest.fixture
async def alice(provider: DemoProvider) -> AsyncIterator[RawUserAgent]:
    """Alice, registered."""
    async with RawUserAgent.opened() as agent:
        answer = await agent.register(("127.0.0.1", provider.udp_port), provider.domain, ("alice", "alicepw"))
        assert answer.status == 200
        yield agent


@pytest.fixture
async def bob(provider: DemoProvider) -> AsyncIterator[RawUserAgent]:
    """Bob, registered."""
    async with RawUserAgent.opened() as agent:
        answer = await agent.register(("127.0.0.1", provider.udp_port), provider.domain, ("bob", "bobpw"))
        assert answer.status == 200
        yield agent
