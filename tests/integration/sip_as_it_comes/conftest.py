"""A host whose provider is SIPp, with a scenario to play."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from peers.person import Person
from peers.sipp_provider import sipp_provider
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from elsipo.rpc._generated.models import AudioMode

HERE: Final = Path(__file__).parent


@pytest.fixture
def scenarios() -> Path:
    """The folder of the scenarios."""
    return HERE


@pytest.fixture
def alice_at(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Person]]:
    """Sign alice in at a SIPp that plays a scenario: its file's name, its keys."""

    @asynccontextmanager
    async def at(
        scenario: str, keys: Mapping[str, str] | None = None, *, audio: AudioMode = "null", registered: bool = True
    ) -> AsyncIterator[Person]:
        async with sipp_provider(tmp_path / "sipp", HERE / f"{scenario}.xml", keys=keys) as sipp:
            host = Host(Folders.below(tmp_path / "alice"), audio=audio, use_keyring=False)
            record = host.book.add("alice@provider-a.test", server=sipp.server)
            host.credentials.keep(record.account_id, "alicepw", allow_file=True)
            async with started(host), Document.chrome(host) as chrome:
                if registered:
                    await chrome.registered()
                yield Person(sipp, chrome)

    return at
