"""The SIP panel's side of the host: for the chrome alone, kept while it looks, saved for this person's eyes."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import InvalidStateError, NotFoundError, PermissionDeniedError
from peers.window import Document

if TYPE_CHECKING:
    from elsipo.host.host import Host


def _is_first_line(batch: m.SipTraceBatch, start: str) -> bool:
    return any(message.text.startswith(start) for message in batch.messages)


async def _watch(document: Document, *, on: bool = True) -> None:
    await document.ask(bridge.SIP_TRACE_WATCH, m.BridgeSipTraceWatchParams(on=on))


async def test_the_chrome_sees_sip_and_a_page_never(signed_in_host: Host) -> None:
    async with Document.chrome(signed_in_host) as chrome, chrome.page(signed_in_host) as page:
        await chrome.registered()
        await _watch(chrome)
        with pytest.raises(PermissionDeniedError):
            await _watch(page)
        with pytest.raises(PermissionDeniedError):
            await page.ask(bridge.SIP_TRACE_SAVE, m.BridgeSipTraceSaveParams(seqs=[1]))
        with pytest.raises(PermissionDeniedError):
            await page.ask(bridge.DEV_TOOLS_SHOW, m.BridgeDevToolsShowParams(subject="page"))
        await chrome.ask(bridge.ACCOUNT_REGISTER, m.BridgeAccountRegisterParams())
        await chrome.seen(bridge.SIP_TRACE_CAPTURED, lambda params: _is_first_line(params.batch, "SIP/2.0 200"))
        await page.ask(bridge.SYSTEM_ECHO, m.BridgeSystemEchoParams(text="after it", hop="engine"))
        assert page.all_seen(bridge.SIP_TRACE_CAPTURED) == []
        # There are no native windows here.
        with pytest.raises(InvalidStateError):
            await chrome.ask(bridge.DEV_TOOLS_SHOW, m.BridgeDevToolsShowParams(subject="page"))


async def test_an_engine_that_is_started_anew_is_seen_from_its_first_message_on(signed_in_host: Host) -> None:
    async with Document.chrome(signed_in_host) as chrome:
        await chrome.registered()
        await _watch(chrome)
        await chrome.ask(bridge.ENGINE_STOP, m.BridgeEngineStopParams())
        chrome.forget()
        await chrome.ask(bridge.ENGINE_START, m.BridgeEngineStartParams())
        await chrome.seen(bridge.SIP_TRACE_CAPTURED, lambda params: _is_first_line(params.batch, "SIP/2.0 401"))
        await chrome.seen(bridge.SIP_TRACE_CAPTURED, lambda params: _is_first_line(params.batch, "SIP/2.0 200"))
        told = [message for params in chrome.all_seen(bridge.SIP_TRACE_CAPTURED) for message in params.batch.messages]
        assert told[0].text.startswith("REGISTER")
        seqs = [message.seq for message in told]
        assert seqs == sorted(set(seqs))


async def test_what_is_saved_is_for_this_person_alone_and_without_credentials(
    signed_in_host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "Downloads"
    monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(folder))
    async with Document.chrome(signed_in_host) as chrome:
        await chrome.registered()
        await _watch(chrome)
        await chrome.ask(bridge.ACCOUNT_REGISTER, m.BridgeAccountRegisterParams())
        params = await chrome.seen(bridge.SIP_TRACE_CAPTURED, lambda params: _is_first_line(params.batch, "REGISTER"))
        (sent, *_) = params.batch.messages
        save = m.BridgeSipTraceSaveParams(seqs=[sent.seq, 100_000])
        files = [Path((await chrome.ask(bridge.SIP_TRACE_SAVE, save)).file) for _ in range(2)]
        assert len(set(files)) == 2
        for file in files:
            assert file.parent == folder
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            text = file.read_text("utf-8")
            assert text.startswith("--- ")
            assert sent.text.replace("\r\n", "\n").strip() in text
            assert "response=" not in text
        folder.chmod(0o700)
        monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(files[0]))
        with pytest.raises(InvalidStateError):
            await chrome.ask(bridge.SIP_TRACE_SAVE, save)
        await _watch(chrome, on=False)
        with pytest.raises(NotFoundError):
            await chrome.ask(bridge.SIP_TRACE_SAVE, save)
