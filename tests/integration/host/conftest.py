"""Real hosts without native windows, on a real provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider


def sign_in(host: Host, provider: DemoProvider, *users: str) -> None:
    """Keep accounts before the host starts."""
    for user in users:
        record = host.book.add(f"{user}@{provider.domain}", server=provider.server("udp"))
        host.credentials.keep(record.account_id, provider.users[user], allow_file=True)


@pytest.fixture
async def lone_host(tmp_path: Path) -> AsyncIterator[Host]:
    """Nobody is signed in."""
    async with started(Host(Folders.below(tmp_path / "lone"), audio="null", use_keyring=False)) as host:
        yield host


@pytest.fixture
async def signed_in_host(tmp_path: Path, provider: DemoProvider) -> AsyncIterator[Host]:
    """Alice is signed in."""
    host = Host(Folders.below(tmp_path / "alice"), audio="null", use_keyring=False)
    sign_in(host, provider, "alice")
    async with started(host):
        yield host


@pytest.fixture
async def host_of_two(tmp_path: Path, provider: DemoProvider) -> AsyncIterator[Host]:
    """Alice and bob are signed in, each with a window."""
    host = Host(Folders.below(tmp_path / "two"), audio="null", use_keyring=False)
    sign_in(host, provider, "alice", "bob")
    async with started(host):
        yield host
