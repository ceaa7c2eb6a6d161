"""Pages of a person's own and from the web, over real sockets to a real host."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import NotFoundError, PermissionDeniedError
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider

ORIGIN = "https://ui.example.org"
NO_PARAMS = m.BridgePageOpenParams()


@contextlib.asynccontextmanager
async def _showing(tmp_path: Path, ui: str) -> AsyncIterator[Host]:
    """A host whose only account shows `ui`; its provider is nowhere."""
    host = Host(Folders.below(tmp_path / "profile"), audio="null", use_keyring=False)
    record = host.book.add("alice@provider-a.test", server="127.0.0.1:9", ui=ui)
    host.credentials.keep(record.account_id, "alicepw", allow_file=True)
    async with started(host):
        yield host


async def _get(host: Host, target: str, *, of_chrome: bool = False) -> tuple[int, str, str]:
    """Status, policy and body of what a browser would get."""
    reader, writer = await asyncio.open_connection("127.0.0.1", host.bridge.port)
    name = "127.0.0.1" if of_chrome else f"{host.book.all()[0].account_id}.localhost"
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {name}:{host.bridge.port}\r\n\r\n".encode())
    head, _, body = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    lines = head.decode().splitlines()
    policy = next(line.partition(": ")[2] for line in lines if line.lower().startswith("content-security-policy"))
    return int(lines[0].split()[1]), policy, body.decode("latin-1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page of the person's own."""
    root = tmp_path / "mine"
    root.mkdir()
    (root / "index.html").write_bytes(b"<html><head><title>M\xfcller</title>")
    (root / "phone.js").write_text("sip.name()")
    return root


async def test_a_folder_is_served_at_the_accounts_own_origin_with_the_sdk_put_in(folder: Path, tmp_path: Path) -> None:
    async with _showing(tmp_path, str(folder)) as host:
        status, policy, body = await _get(host, "/?a=b")
        assert status == 200
        assert body == '<html><head><script src="/.elsipo/elsipo.js"></script><title>M\xfcller</title>'
        for allowed in ("script-src 'self' 'unsafe-inline' 'unsafe-eval' data:", "connect-src 'self'"):
            assert allowed in policy
        assert f"frame-ancestors http://127.0.0.1:{host.bridge.port};" in policy
        assert "http://" not in policy.replace(f"http://127.0.0.1:{host.bridge.port}", "")
        for sdk in ("/.elsipo/elsipo.js", "/elsipo.js"):
            status, _, body = await _get(host, sdk)
            assert status == 200
            assert "elsipo.hello" in body
        (folder / "elsipo.js").write_text("// the page's own file of that name")
        assert (await _get(host, "/elsipo.js"))[2].startswith("// the page's own")
        (folder / "phone.js").write_text("changed()")
        assert (await _get(host, "/phone.js"))[2] == "changed()"


@pytest.mark.parametrize("path", ["/../profile/config/accounts.json", "/%2e%2e/profile/config/passwords.json", "/%00"])
async def test_nothing_beside_the_folder_is_served(folder: Path, tmp_path: Path, path: str) -> None:
    async with _showing(tmp_path, str(folder)) as host:
        status, _, body = await _get(host, path)
        assert status == 404
        assert "alice" not in body


async def test_a_folder_that_is_gone_leaves_a_page_that_says_what_to_do(folder: Path, tmp_path: Path) -> None:
    async with _showing(tmp_path, str(folder / "<b>gone")) as host:
        status, policy, body = await _get(host, "/")
        assert status == 404
        assert "&lt;b&gt;gone is not there" in body
        assert "elsipo account ui" in body
        assert "unsafe" not in policy
        assert (await _get(host, "/.elsipo/home.css"))[0] == 200


async def test_a_page_of_the_persons_own_may_what_the_home_may(folder: Path, tmp_path: Path) -> None:
    async with _showing(tmp_path, str(folder)) as host, Document.chrome(host) as chrome:
        ticket = await chrome.ask(bridge.PAGE_OPEN, NO_PARAMS)
        assert (ticket.kind, ticket.consent, ticket.may_load) == ("local", "unneeded", True)
        assert (ticket.url, ticket.title) == (f"{ticket.origin}/", "your folder mine")
        async with chrome.page(host) as page:
            assert (await page.ask(bridge.CALL_LIST, m.BridgeCallListParams())).calls == []


async def test_a_page_from_the_web_gets_the_baseline_until_the_person_agrees(tmp_path: Path) -> None:
    async with _showing(tmp_path, f"{ORIGIN}/sip/") as host, Document.chrome(host) as chrome:
        ticket = await chrome.ask(bridge.PAGE_OPEN, NO_PARAMS)
        assert (ticket.url, ticket.origin, ticket.kind) == (f"{ORIGIN}/sip/", ORIGIN, "remote")
        assert (ticket.consent, ticket.may_load) == ("undecided", True)
        async with chrome.page(host) as page:
            assert (await page.ask(bridge.ACCOUNT_GET, m.BridgeAccountGetParams())).aor == "sip:alice@provider-a.test"
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.CALL_LIST, m.BridgeCallListParams())
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.GRANT_DECIDE, m.BridgeGrantDecideParams(origin=ORIGIN, granted=["call.observe"]))
        for origin in ("https://evil.example.org", "null", f"http://127.0.0.1:{host.bridge.port}"):
            with pytest.raises(NotFoundError):
                await chrome.ask(bridge.GRANT_DECIDE, m.BridgeGrantDecideParams(origin=origin, granted=[]))
        await chrome.ask(bridge.GRANT_DECIDE, m.BridgeGrantDecideParams(origin=ORIGIN, granted=["call.observe"]))
        assert (await chrome.ask(bridge.PAGE_OPEN, NO_PARAMS)).consent == "granted"
        async with chrome.page(host) as page:
            assert (await page.ask(bridge.CALL_LIST, m.BridgeCallListParams())).calls == []
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.CONVERSATION_LIST, m.BridgeConversationListParams())


async def test_what_the_person_said_is_remembered_until_the_page_is_chosen_anew(tmp_path: Path) -> None:
    async with _showing(tmp_path, ORIGIN) as host, Document.chrome(host) as chrome:
        await chrome.ask(bridge.GRANT_DECIDE, m.BridgeGrantDecideParams(origin=ORIGIN, granted=[]))
        account_id = host.book.all()[0].account_id
    again = Host(Folders.below(tmp_path / "profile"), audio="null", use_keyring=False)
    async with started(again), Document.chrome(again) as chrome:
        assert (await chrome.ask(bridge.PAGE_OPEN, NO_PARAMS)).consent == "refused"
        again.pages._ledger.forget(account_id)
        assert (await chrome.ask(bridge.PAGE_OPEN, NO_PARAMS)).consent == "undecided"


async def test_the_chrome_may_frame_that_origin_and_no_other(tmp_path: Path) -> None:
    async with _showing(tmp_path, f"{ORIGIN}/sip/") as host:
        _, policy, _ = await _get(host, "/", of_chrome=True)
        frames = next(part for part in policy.split("; ") if part.startswith("frame-src"))
        assert frames == f"frame-src http://*.localhost:{host.bridge.port} {ORIGIN}"
        # At the account's own origin the built-in home stays, under its own strict policy.
        assert "connect-src 'none'" in (await _get(host, "/"))[1]


async def test_a_page_that_nobody_understands_is_said_and_home_is_shown(tmp_path: Path) -> None:
    async with _showing(tmp_path, "http://ui.example.org/") as host, Document.chrome(host) as chrome:
        assert (await chrome.ask(bridge.PAGE_OPEN, NO_PARAMS)).kind == "home"
        notices = await chrome.ask(bridge.NOTICE_LIST, m.BridgeNoticeListParams())
        assert any("https" in notice.text for notice in notices)


async def test_the_old_configuration_signs_in_by_itself_and_says_so(
    folder: Path, tmp_path: Path, provider: DemoProvider
) -> None:
    ini = tmp_path / "elsipo.ini"
    host_and_port = provider.server("udp").partition(":")
    ini.write_text(
        f"[Elsipo]\nurl=file://{folder}/index.html\n[Plugin.Pjsip]\nusername=alice\npassword=alicepw\n"
        f"domain={host_and_port[0]}\nport={host_and_port[2]}\n"
    )
    host = Host(Folders.below(tmp_path / "profile"), audio="null", use_keyring=False, old_ini=ini)
    async with started(host), Document.chrome(host) as chrome:
        said = await chrome.ask(bridge.NOTICE_LIST, m.BridgeNoticeListParams())
        assert [notice.notice_id for notice in said] == ["elsipo-ini"]
        assert "was imported" in said[0].text
        assert (await chrome.ask(bridge.PAGE_OPEN, NO_PARAMS)).kind == "local"
        answered = await chrome.seen(bridge.REGISTRATION_STATE_CHANGED, lambda p: p.registration.sip_status != 0)
        # It was asked where the file says; the demo provider goes by its name only, and this file by its number.
        assert answered.registration.reason_phrase == "Not Our Domain"
