"""What the user should know is said until it has been read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from peers.window import Document

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_damaged_history_is_said_until_the_notice_is_dismissed(tmp_path: Path) -> None:
    folders = Folders.below(tmp_path)
    folders.create()
    (folders.data / "history.sqlite").write_bytes(b"no database" * 1000)
    async with started(Host(folders, audio="null", use_keyring=False)) as host, Document.chrome(host) as chrome:
        (notice,) = await chrome.ask(bridge.NOTICE_LIST, m.BridgeNoticeListParams())
        assert notice.severity == "warning"
        assert "damaged" in notice.text
        await chrome.ask(bridge.NOTICE_DISMISS, m.BridgeNoticeDismissParams(notice_id=notice.notice_id))
        assert await chrome.ask(bridge.NOTICE_LIST, m.BridgeNoticeListParams()) == []
    assert list(folders.data.glob("history.damaged-*.sqlite"))
