"""A page is read and copied through the bridge: from home, a folder, the web and a provider; what a copy may not."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.resources import frontend_dist, provider_kit
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import NotFoundError, PermissionDeniedError
from peers.web import Thing, WebServer
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider
    from peers.tls import Authority

OPEN, SOURCE, FORK = m.BridgePageOpenParams(), m.BridgePageSourceParams(), m.BridgePageForkParams()
CALLS = m.BridgeCallListParams()


@pytest.fixture
async def web(authority: Authority) -> AsyncIterator[WebServer]:
    """A web server of whoever writes pages."""
    async with WebServer.opened("ui.localhost", authority) as server:
        yield server


@contextlib.asynccontextmanager
async def _showing(
    tmp_path: Path, ui: str = "", authority: Authority | None = None, *, allow_local: bool = True
) -> AsyncIterator[tuple[Host, Document]]:
    """A host whose only account shows `ui`, and its window; its provider is nowhere."""
    host = Host(Folders.below(tmp_path / "profile"), audio="null", use_keyring=False)
    if not host.book.all():
        ca_file = str(authority.ca_file) if authority else ""
        record = host.book.add("alice@provider-a.test", server="127.0.0.1:9", ui=ui, tls_ca_file=ca_file)
        host.book.allow_local_ui(record.account_id, allowed=allow_local)
        host.credentials.keep(record.account_id, "alicepw", allow_file=True)
    async with started(host), Document.chrome(host) as chrome:
        yield host, chrome


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


async def _get(host: Host, url: str) -> tuple[int, str]:
    """Status and body of a page's file, as its frame gets them."""
    name, _, path = url.removeprefix("http://").partition("/")
    reader, writer = await asyncio.open_connection("127.0.0.1", host.bridge.port)
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
    head, _, body = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), body.decode("latin-1")


async def test_a_copy_of_home_is_shown_with_no_grants_asks_for_them_and_is_left_again(tmp_path: Path) -> None:
    async with _showing(tmp_path) as (host, chrome):
        source = await chrome.ask(bridge.PAGE_SOURCE, SOURCE)
        assert source.text == (frontend_dist() / "home" / "index.html").read_text("utf-8")
        async with chrome.page(host) as page:
            assert (await page.ask(bridge.CALL_LIST, CALLS)).calls == []
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.PAGE_FORK, FORK)
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.PAGE_SOURCE, SOURCE)
            fork = await chrome.ask(bridge.PAGE_FORK, FORK)
            # The page that was there has lost its rights before its place is the copy's.
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.CALL_LIST, CALLS)
        folder = tmp_path / "profile" / "data" / "uis" / "home"
        assert (fork.name, fork.folder, fork.left_out) == ("home", str(folder), 0)
        assert _files(folder) == {"index.html", "home.js", "home.css", "elsipo.js"}
        await chrome.seen(bridge.PAGE_CHANGED)
        ticket = await chrome.ask(bridge.PAGE_OPEN, OPEN)
        assert (ticket.kind, ticket.title, ticket.source) == ("local", "your copy home", "fork:home")
        assert (ticket.consent, ticket.origin) == ("undecided", host.bridge.page_origin(host.book.all()[0].account_id))
        assert (await _get(host, ticket.url))[0] == 200
        async with chrome.page(host) as page:
            assert (await page.ask(bridge.ACCOUNT_GET, m.BridgeAccountGetParams())).aor == "sip:alice@provider-a.test"
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.CALL_LIST, CALLS)
        await chrome.ask(bridge.GRANT_DECIDE, m.BridgeGrantDecideParams(origin="fork:home", granted=["call.observe"]))
        async with chrome.page(host) as page:
            assert (await page.ask(bridge.CALL_LIST, CALLS)).calls == []
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.CONVERSATION_LIST, m.BridgeConversationListParams())
        await chrome.ask(bridge.PAGE_USE_PROVIDER, m.BridgePageUseProviderParams())
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).kind == "home"
        assert "index.html" in _files(folder)


async def test_a_copy_that_takes_the_name_of_one_that_is_gone_inherits_nothing(tmp_path: Path) -> None:
    allow = m.BridgeGrantDecideParams(origin="fork:home", granted=["call.observe"])
    async with _showing(tmp_path) as (_, chrome):
        await chrome.ask(bridge.PAGE_FORK, FORK)
        await chrome.ask(bridge.GRANT_DECIDE, allow)
        again = await chrome.ask(bridge.PAGE_FORK, FORK)
        assert again.name == "home-2", "what is there is never overwritten"
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).consent == "undecided"
        await chrome.ask(bridge.PAGE_USE_PROVIDER, m.BridgePageUseProviderParams())
        (tmp_path / "profile" / "data" / "uis" / "home").rename(tmp_path / "elsewhere")
        assert (await chrome.ask(bridge.PAGE_FORK, FORK)).name == "home"
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).consent == "undecided"
    async with _showing(tmp_path) as (_, chrome):
        ticket = await chrome.ask(bridge.PAGE_OPEN, OPEN)
        assert (ticket.source, ticket.consent) == ("fork:home", "undecided")


async def test_a_folder_is_copied_without_what_leads_out_of_it_or_was_hidden(tmp_path: Path) -> None:
    mine = tmp_path / "Mine & more"
    (mine / "js").mkdir(parents=True)
    (mine / ".git").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text("secret")
    (mine / "page.html").write_bytes(b"<title>M\xfcller</title>")
    (mine / "js" / "a.js").write_text("a()")
    (mine / ".git" / "config").write_text("secret")
    (mine / "key.txt").symlink_to(tmp_path / "secret" / "key.txt")
    (mine / "secret").symlink_to(tmp_path / "secret", target_is_directory=True)
    (mine / "b.js").symlink_to(mine / "js" / "a.js")
    async with _showing(tmp_path, str(mine / "page.html")) as (host, chrome):
        source = await chrome.ask(bridge.PAGE_SOURCE, SOURCE)
        assert (source.where, source.text) == (str(mine / "page.html"), "<title>M\ufffdller</title>")
        fork = await chrome.ask(bridge.PAGE_FORK, FORK)
        folder = tmp_path / "profile" / "data" / "uis" / "mine-more"
        assert (fork.name, _files(folder)) == ("mine-more", {"page.html", "js/a.js", "b.js"})
        assert not any(path.is_symlink() for path in folder.rglob("*"))
        assert (folder / "page.html").read_bytes() == b"<title>M\xfcller</title>"
        ticket = await chrome.ask(bridge.PAGE_OPEN, OPEN)
        assert ticket.url.endswith("/page.html")
        assert (await _get(host, ticket.url))[0] == 200


async def test_a_folder_that_is_too_large_is_not_copied_by_half(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "index.html").write_bytes(b"x" * (256 * 1024 + 1))
    with (mine / "film.webm").open("wb") as film:
        film.truncate(17 << 20)
    async with _showing(tmp_path, str(mine)) as (_, chrome):
        source = await chrome.ask(bridge.PAGE_SOURCE, SOURCE)
        assert (len(source.text), source.is_cut) == (256 * 1024, True)
        with pytest.raises(NotFoundError, match="16 MiB"):
            await chrome.ask(bridge.PAGE_FORK, FORK)
        assert not (tmp_path / "profile" / "data" / "uis").exists()
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).title == "your folder mine"


async def test_a_page_of_the_web_is_copied_with_its_own_files_alone_however_it_names_them(
    web: WebServer, authority: Authority, tmp_path: Path
) -> None:
    html = b"""<!doctype html><link rel=stylesheet href="../style.css?v=3"><script src='js/a.js'></script>
        <script src="/js/a%20b.js"></script><img src=/logo.png alt=""><img src="data:image/png;base64,AAAA">
        <script src="https://other.localhost/evil.js"></script><script src="//other.localhost/evil2.js"></script>
        <script src="http://ui.localhost/plain.js"></script><img src="file:///etc/passwd"><img src="/sent-away">
        <script src="../../../../../../up.js"></script><img src="%2e%2e/%2e%2e/%2e%2e/%2e%2e/escaped.txt">
        <img src="/..%2f..%2f..%2fescaped.txt"><img src="..%5cescaped.txt"><img src="/.hidden"><img src="/gone.png">
        <img src="/C:/windows.txt"><img src="/nul%00.txt"><img src="http://[::1">"""
    names = ("style.css", "app/js/a.js", "js/a b.js", "up.js", "escaped.txt", ".hidden", "logo.png")
    web.things = {f"/{name}": Thing(name.encode(), "text/plain") for name in names}
    web.things["/js/a%20b.js"] = web.things["/js/a b.js"]
    web.things["/app/phone"] = Thing(html, "text/html")
    web.things["/sent-away"] = Thing(status=302, headers={"Location": "https://other.localhost:1/x.png"})
    async with _showing(tmp_path, f"{web.origin}/app/phone", authority) as (host, chrome):
        source = await chrome.ask(bridge.PAGE_SOURCE, SOURCE)
        assert (source.where, source.text) == (f"{web.origin}/app/phone", html.decode())
        decision = m.BridgeGrantDecideParams(origin=web.origin, granted=["call.observe"])
        await chrome.ask(bridge.GRANT_DECIDE, decision)
        fork = await chrome.ask(bridge.PAGE_FORK, FORK)
        folder = tmp_path / "profile" / "data" / "uis" / "ui-localhost"
        had = {"app/phone.html", "style.css", "app/js/a.js", "js/a b.js", "logo.png", "up.js"}
        assert (fork.folder, _files(folder)) == (str(folder), had)
        assert fork.left_out > 0
        assert "profile/data/uis/ui-localhost/up.js" in _files(tmp_path)
        assert not any("escaped" in name for name in _files(tmp_path))
        ticket = await chrome.ask(bridge.PAGE_OPEN, OPEN)
        assert (ticket.kind, ticket.consent) == ("local", "undecided"), "the site's grants are not the copy's"
        async with chrome.page(host) as page:
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.CALL_LIST, CALLS)
        assert ticket.url.endswith("/app/phone.html")
        assert await _get(host, f"{ticket.origin}/js/a%20b.js") == (200, "js/a b.js")


async def test_a_page_of_this_machine_is_not_fetched_where_the_person_did_not_allow_it(
    web: WebServer, authority: Authority, tmp_path: Path
) -> None:
    web.things = {"/": Thing(b"<p>", "text/html")}
    async with _showing(tmp_path, web.origin, authority, allow_local=False) as (_, chrome):
        for method, params in ((bridge.PAGE_SOURCE, SOURCE), (bridge.PAGE_FORK, FORK)):
            with pytest.raises(NotFoundError, match="not of the public Internet"):
                await chrome.ask(method, params)  # type: ignore[arg-type]
    assert web.asked == []


async def test_a_providers_page_is_copied_as_it_is_kept_and_comes_back(
    web: WebServer, new_provider: Callable[..., DemoProvider], authority: Authority, tmp_path: Path
) -> None:
    web.serve_folder(provider_kit() / "ui")
    aurora = new_provider(domain="aurora.test", ui_url=f"{web.origin}/aurora/elsipo.json")
    await aurora.start()
    host = Host(Folders.below(tmp_path / "profile"), audio="null", use_keyring=False)
    record = host.book.add("alice@aurora.test", server=aurora.server("udp"), tls_ca_file=str(authority.ca_file))
    host.book.allow_local_ui(record.account_id, allowed=True)
    host.credentials.keep(record.account_id, aurora.users["alice"], allow_file=True)
    async with started(host), Document.chrome(host) as chrome:
        await chrome.seen(bridge.PAGE_CHANGED)
        granted: list[m.Capability] = ["call.place", "service.request"]
        await chrome.ask(bridge.PAGE_OPEN, OPEN)
        await chrome.ask(bridge.GRANT_DECIDE, m.BridgeGrantDecideParams(origin=web.origin, granted=granted))
        assert "Aurora" in (await chrome.ask(bridge.PAGE_SOURCE, SOURCE)).text
        fork = await chrome.ask(bridge.PAGE_FORK, FORK)
        assert (fork.name, fork.left_out) == ("aurora-telecom", 0)
        ticket = await chrome.ask(bridge.PAGE_OPEN, OPEN)
        assert (ticket.source, ticket.consent) == ("fork:aurora-telecom", "undecided")
        assert host.windows.all()[0].page_capabilities == ()
        assert "Aurora" in (await _get(host, ticket.url))[1]
        await chrome.ask(bridge.PAGE_USE_PROVIDER, m.BridgePageUseProviderParams())
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).kind == "provider"
        assert host.windows.all()[0].page_capabilities == ("call.place", "service.request")
