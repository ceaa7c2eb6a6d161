"""Engines in networks that fail: time runs faster there, so that ten minutes pass in one."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest
from elsipo.engine.locate import NAME_SERVERS
from elsipo.engine.pace import SCALE
from peers.engine_driver import Engine, running_engine
from peers.name_server import NameServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

TIME_SCALE: Final = 0.1


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    """A name server."""
    async with NameServer.opened() as server:
        yield server


@pytest.fixture
def hurried() -> Callable[..., AbstractAsyncContextManager[Engine]]:
    """Starts an engine whose time is scaled, and which asks a name server, where one is given."""

    @asynccontextmanager
    async def start(names: NameServer | None = None, *, scale: float = TIME_SCALE) -> AsyncIterator[Engine]:
        env = {**os.environ, SCALE: str(scale)}
        if names is not None:
            env[NAME_SERVERS] = names.address
        async with running_engine(env) as engine:
            yield engine

    return start
