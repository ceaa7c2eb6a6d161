"""Hosts whose engines are killed, on a real provider."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.supervisor import ForkServer, RestartPolicy
from peers.mortal import Mortal
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider
    from elsipo.rpc._generated.models import AudioMode, Transport


def patient() -> RestartPolicy:
    """Starts what was killed on purpose again, however often."""
    return RestartPolicy(max_crashes=10_000, max_delay_s=0.05)


@pytest.fixture
def people(tmp_path: Path, provider: DemoProvider) -> Callable[..., AbstractAsyncContextManager[list[Mortal]]]:
    """Sign users in at one host, each with a window, all registered."""

    @asynccontextmanager
    async def signed_in(
        *users: str,
        audio: AudioMode = "null",
        policy: Callable[[], RestartPolicy] = patient,
        at: DemoProvider = provider,
        transport: Transport = "udp",
        tls_ca_file: str = "",
        fork_server: ForkServer | None = None,
    ) -> AsyncIterator[list[Mortal]]:
        host = Host(
            Folders.below(tmp_path / "host"), audio=audio, use_keyring=False, policy=policy, fork_server=fork_server
        )
        ids = []
        for user in users:
            record = host.book.add(
                f"{user}@{at.domain}", transport=transport, server=at.server(transport), tls_ca_file=tls_ca_file
            )
            host.credentials.keep(record.account_id, at.users[user], allow_file=True)
            ids.append(record.account_id)
        async with started(host), AsyncExitStack() as windows:
            found = []
            for account_id in ids:
                chrome = await windows.enter_async_context(Document.chrome(host, account_id))
                await chrome.registered()
                found.append(Mortal(host, account_id, chrome))
            yield found

    return signed_in
