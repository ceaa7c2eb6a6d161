"""Pages of today from a folder and from the web, in real windows."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.resources import frontend_dist
from peers.pointer import click
from peers.tls import Authority
from peers.web import Thing, WebServer, leads_here, proxy_says
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PATIENCE_MS = 20_000
MODERN = b"""<!doctype html><html><head><meta charset="utf-8"><title>Modern</title>
<script src="elsipo.js"></script></head><body><p id="who">-</p><p id="calls">-</p><script>
(async () => {
  const session = await elsipo.ready;
  document.getElementById("who").textContent = (await elsipo.account.get()).aor + " " + session.capabilities.length;
  const calls = await elsipo.call.list().then((list) => "calls: " + list.calls.length, (error) => error.name);
  document.getElementById("calls").textContent = calls;
})();
</script></body></html>"""


@contextlib.asynccontextmanager
async def _web_server() -> AsyncIterator[tuple[str, list[str]]]:
    """A page on the web, with the copy of the SDK that it brings; its address, and what was asked for."""
    files = {
        "/sip/": (MODERN, "text/html"),
        "/sip/elsipo.js": ((frontend_dist() / "elsipo.js").read_bytes(), "text/javascript"),
    }
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        asked.append(path)
        body, media_type = files.get(path, (b"", "text/plain"))
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://ui.localhost:{server.sockets[0].getsockname()[1]}/sip/", asked


async def test_a_page_of_today_from_a_folder_may_include_the_sdk_itself(showing: Any, tmp_path: Path) -> None:
    (tmp_path / "modern").mkdir()
    page = tmp_path / "modern" / "phone.html"
    page.write_bytes(MODERN)
    async with showing(str(page)) as (_, window):
        await expect(window.page.locator("#who")).to_contain_text(
            re.compile(r"sip:alice@provider-a\.test [1-9]"), timeout=PATIENCE_MS
        )
        await expect(window.page.locator("#calls")).to_have_text("calls: 0")
        page.write_bytes(MODERN.replace(b'id="who"', b'id="who" class="new"'))
        await click(window.chrome.get_by_test_id("reload-button"))
        await expect(window.page.locator("#who.new")).to_contain_text("sip:alice", timeout=PATIENCE_MS)


async def test_a_folder_that_is_gone_says_so_in_the_window(showing: Any, tmp_path: Path) -> None:
    async with showing(str(tmp_path / "gone")) as (_, window):
        await expect(window.page.get_by_test_id("no-page")).to_contain_text("gone is not there", timeout=PATIENCE_MS)
        await expect(window.page.get_by_test_id("no-page")).to_contain_text("elsipo account ui")


async def test_a_page_from_the_web_is_asked_about_once_and_then_acts(showing: Any) -> None:
    async with _web_server() as (url, _):
        origin = url.removesuffix("/sip/")
        async with showing(url) as (host, window):
            bar = window.chrome.get_by_test_id("page-consent")
            await expect(bar).to_contain_text(origin, timeout=PATIENCE_MS)
            await expect(window.chrome.get_by_test_id("address-input")).to_have_value(
                re.compile(f"^provider-a.test .* page from {re.escape(origin)}$")
            )
            host.desktop.shell.sandboxed = True  # as for an ordinary user: it is shown, and has the baseline alone
            await click(window.chrome.get_by_test_id("reload-button"))
            await expect(window.page.locator("#who")).to_contain_text(
                "sip:alice@provider-a.test 0", timeout=PATIENCE_MS
            )
            await expect(window.page.locator("#calls")).to_have_text("PermissionDeniedError")
            await click(window.chrome.get_by_test_id("page-consent-allow"))
            await expect(window.page.locator("#calls")).to_have_text("calls: 0", timeout=PATIENCE_MS)
            await expect(bar).to_be_hidden()
            await window.chrome.reload()
            await expect(window.page.locator("#calls")).to_have_text("calls: 0", timeout=PATIENCE_MS)
            grants = host.pages._ledger.of_account(host.book.all()[0].account_id)
            assert {grant.origin for grant in grants if grant.granted} == {origin}
            await expect(bar).to_be_hidden()


async def test_without_a_sandbox_a_page_from_the_web_that_was_refused_is_not_even_loaded(showing: Any) -> None:
    async with _web_server() as (url, asked), showing(url) as (host, window):
        host.desktop.shell.sandboxed = False
        await click(window.chrome.get_by_test_id("reload-button"))
        await click(window.chrome.get_by_test_id("page-consent-refuse"))
        await expect(window.chrome.get_by_test_id("page-refused")).to_contain_text("ui.localhost", timeout=PATIENCE_MS)
        assert await window.chrome.get_by_test_id("page-frame").count() == 0
        assert asked == []


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that the window's Chromium trusts, for a name that leads to this machine."""
    authority = Authority.new(tmp_path / "ca", "Test's authority")
    authority.is_trusted_at(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    leads_here("ui.example", monkeypatch)
    return authority


async def test_a_page_of_the_web_comes_by_https_through_the_host_from_its_own_server_alone(
    showing: Any, trusted: Authority
) -> None:
    async with (
        WebServer.opened("ui.example", trusted) as web,
        WebServer.opened("other.localhost", trusted) as other,
        showing(f"{web.origin}/sip/") as (host, window),
    ):
        web.things["/sip/"] = Thing(MODERN, "text/html")
        web.things["/sip/elsipo.js"] = Thing((frontend_dist() / "elsipo.js").read_bytes(), "text/javascript")
        other.things["/"] = Thing(b"", "text/html")
        await click(window.chrome.get_by_test_id("page-consent-allow"))
        await expect(window.chrome.get_by_test_id("page-consent")).to_be_hidden(timeout=PATIENCE_MS)
        # Its name leads into this machine, which nobody has allowed.
        await expect(window.chrome.locator("[data-notice-id=ui]")).to_contain_text(
            "ui.example has an address that is not of the public Internet", timeout=PATIENCE_MS
        )
        assert web.asked == []
        host.book.allow_local_ui(host.book.all()[0].account_id, allowed=True)
        await click(window.chrome.get_by_test_id("reload-button"))
        await expect(window.page.locator("#who")).to_contain_text(
            re.compile(r"sip:alice@provider-a\.test [1-9]"), timeout=PATIENCE_MS
        )
        await expect(window.page.locator("#calls")).to_have_text("calls: 0")
        frame = await window.frame()
        ask = "(url) => fetch(url, {mode: 'no-cors'}).then(() => 'fetched', () => 'refused')"
        assert await frame.evaluate(ask, f"{web.origin}/sip/") == "fetched"
        async with window.chrome.expect_event("requestfailed", timeout=PATIENCE_MS) as failed:
            assert await frame.evaluate(ask, f"{other.origin}/") == "refused"
        assert (await failed.value).failure == "net::ERR_TUNNEL_CONNECTION_FAILED"
        assert other.asked == []
        # A page over SIP that is shown instead has no way there.
        proxy = host._front.web_listener.getsockname()[1]
        assert await proxy_says(proxy, f"ui.example:{web.port}") == b"200"
        await window.chrome.get_by_test_id("address-input").fill("menu@provider-a.test")
        await window.chrome.get_by_test_id("address-input").press("Enter")
        await click(window.chrome.get_by_test_id("address-open"))
        await expect(window.page.locator("h1")).to_have_text("Menu of the day", timeout=PATIENCE_MS)
        assert await proxy_says(proxy, f"ui.example:{web.port}") == b"403"
        await click(window.chrome.get_by_test_id("home-button"))
        await expect(window.page.locator("#calls")).to_have_text("calls: 0", timeout=PATIENCE_MS)
