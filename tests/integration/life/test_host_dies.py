"""kill -9 of the host: all else leaves, and the next start has lost nothing that was acknowledged."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.kamailio import contacts
from peers.processes import descendants, living
from peers.sip import RawUserAgent
from peers.waiting import eventually
from peers.window import Document

if TYPE_CHECKING:
    from elsipo.demo.provider import DemoProvider

FIXTURE = Path(__file__).parents[2] / "fixtures" / "lone_host.py"
BOB = "bob-provider-a-test"


async def test_killed_host_leaves_no_orphan_and_nothing_that_was_acknowledged_is_lost(
    provider: DemoProvider, tmp_path: Path
) -> None:
    folders = Folders.below(tmp_path / "host")
    prepared = Host(folders, audio="null", use_keyring=False)
    record = prepared.book.add(f"bob@{provider.domain}", server=provider.server("udp"))
    prepared.credentials.keep(record.account_id, provider.users["bob"], allow_file=True)
    await prepared.stop()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(FIXTURE), str(tmp_path / "host")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    pid, _, place = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().partition(" ")
    address = place.strip().partition(":")
    acknowledged: list[str] = []
    enough = asyncio.Event()

    async def write() -> None:
        for number in range(100_000):
            answer = await stranger.request(
                *("MESSAGE", "sip:bob@provider-a.test", (address[0], int(address[2]))),
                sender="sip:eve@x.test",
                body=f"message {number}",
            )
            assert answer.status == 200
            acknowledged.append(f"message {number}")
            if number == 100:
                enough.set()

    async with RawUserAgent.opened() as stranger:
        writing = asyncio.create_task(write())
        await asyncio.wait_for(enough.wait(), 20)
        started_by_it = descendants(process.pid)
        assert int(pid) in started_by_it
        process.kill()
        await process.wait()
        await eventually(lambda: not living(started_by_it), timeout_s=2, what="all that it had started leaves")
        writing.cancel()
    assert contacts(provider, "bob") == []  # it even took leave of the provider
    host = Host(folders, audio="null", use_keyring=False)
    async with started(host), Document.chrome(host, BOB) as chrome:
        await chrome.registered()
        assert [notice for notice in chrome.all_seen(bridge.NOTICE_RAISED) if "damaged" in notice.notice.text] == []
        found: list[str] = []
        before = None
        while True:
            params = m.BridgeMessageListParams(peer="sip:eve@x.test", limit=200, before_ms=before)
            page = await chrome.ask(bridge.MESSAGE_LIST, params)
            found = [message.body for message in page.messages] + found
            if not page.has_more:
                break
            before = page.messages[0].created_at_ms
        assert found[: len(acknowledged)] == acknowledged
        assert len(found) - len(acknowledged) <= 1  # the one whose 200 was on its way


async def test_engine_that_lost_its_host_in_a_stop_is_gone_within_two_seconds(provider: DemoProvider) -> None:
    del provider
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "elsipo.engine"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    os.kill(process.pid, signal.SIGSTOP)
    process.stdin.close()
    os.kill(process.pid, signal.SIGCONT)
    await asyncio.wait_for(process.wait(), 3)
