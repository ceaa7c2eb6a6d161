"""A display for tests: the demo's own virtual one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio
from elsipo.demo.display import virtual_display

from peers import needs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def display() -> AsyncIterator[str]:
    """The value for DISPLAY; one Xvfb for the whole run."""
    needs.program("Xvfb", package="xvfb")
    async with virtual_display() as name:
        yield name
