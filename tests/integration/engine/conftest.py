"""Engine processes on a real provider."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from peers.engine_driver import Engine, running_engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from elsipo.demo.provider import DemoProvider


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    """An engine that is nobody yet."""
    async with running_engine() as made:
        yield made


@pytest.fixture
async def registered(provider: DemoProvider) -> AsyncIterator[Callable[..., Awaitable[Engine]]]:
    """Makes engines that are registered, from a user's name, transport and further account settings."""
    async with AsyncExitStack() as stack:

        async def make(user: str, transport: str = "udp", **settings: object) -> Engine:
            made = await stack.enter_async_context(running_engine())
            server = provider.server("tcp" if transport == "tcp" else "udp")
            await made.configure(user, server, transport=transport, **settings)
            await made.register()
            return made

        yield make


@pytest.fixture
async def alice(registered: Callable[..., Awaitable[Engine]]) -> Engine:
    """Alice, registered over UDP, without sound."""
    return await registered("alice")


@pytest.fixture
async def bob(registered: Callable[..., Awaitable[Engine]]) -> Engine:
    """Bob, registered over UDP, who sends back what he hears."""
    return await registered("bob", audio="echo")
