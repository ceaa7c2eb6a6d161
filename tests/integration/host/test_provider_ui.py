"""The provider's UI: a real registrar names it, a real https server has it, a host finds, checks and keeps it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.provider_ui import download, provider_ui
from elsipo.host.run import started
from elsipo.resources import provider_kit
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import NotFoundError, PermissionDeniedError, RateLimitedError
from msgspec import structs
from peers.sip import RawUserAgent
from peers.web import Thing, WebServer
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider
    from peers.tls import Authority

MANIFEST = "/aurora/elsipo.json"
OPEN = m.BridgePageOpenParams()
EMOJI = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.fixture
async def web(authority: Authority) -> AsyncIterator[WebServer]:
    """A web server that has the UIs of the kit."""
    async with WebServer.opened("ui.localhost", authority) as server:
        server.serve_folder(provider_kit() / "ui")
        yield server


@pytest.fixture
async def aurora(web: WebServer, new_provider: Callable[..., DemoProvider]) -> DemoProvider:
    """A provider whose registrar names the UI."""
    provider = new_provider(domain="aurora.test", ui_url=f"{web.origin}{MANIFEST}")
    await provider.start()
    return provider


@pytest.fixture
def aurora_window(aurora: DemoProvider, authority: Authority, tmp_path: Path) -> Callable[[], Any]:
    """Opens a window of its user alice."""
    return lambda: _window(tmp_path, aurora, authority)


def _host(folder: Path, provider: DemoProvider, authority: Authority, *, allow_local: bool = True) -> Host:
    host = Host(Folders.below(folder), audio="null", use_keyring=False)
    if not host.book.all():
        server = provider.server("udp")
        record = host.book.add(f"alice@{provider.domain}", server=server, tls_ca_file=str(authority.ca_file))
        host.book.allow_local_ui(record.account_id, allowed=allow_local)
        host.credentials.keep(record.account_id, provider.users["alice"], allow_file=True)
    return host


@contextlib.asynccontextmanager
async def _window(
    folder: Path, provider: DemoProvider, authority: Authority, *, allow_local: bool = True
) -> AsyncIterator[tuple[Host, Document]]:
    async with (
        started(_host(folder, provider, authority, allow_local=allow_local)) as host,
        Document.chrome(host) as chrome,
    ):
        yield host, chrome


async def _checked(chrome: Document, wanted: Callable[[m.ProviderUi], object] = lambda _: True) -> m.ProviderUi:
    """How the UI stands once the manifest was looked for and is as wanted."""
    now = await chrome.ask(bridge.PROVIDER_STATUS, m.BridgeProviderStatusParams())
    if now.checked_at_ms is not None and wanted(now):
        return now
    news = await chrome.seen(
        bridge.PROVIDER_STATUS_CHANGED, lambda told: told.ui.checked_at_ms is not None and bool(wanted(told.ui))
    )
    return news.ui


async def _branding(chrome: Document) -> m.Branding:
    return await chrome.ask(bridge.PROVIDER_BRANDING, m.BridgeProviderBrandingParams())


async def _refresh(chrome: Document) -> m.ProviderUi:
    return await chrome.ask(bridge.PROVIDER_REFRESH, m.BridgeProviderRefreshParams())


async def _get(host: Host, url: str) -> tuple[int, str, str]:
    """Status, policy and body of a page's file, as its frame gets them."""
    name, _, path = url.removeprefix("http://").partition("/")
    reader, writer = await asyncio.open_connection("127.0.0.1", host.bridge.port)
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
    head, _, body = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    lines = head.decode().splitlines()
    policy = next(line.partition(": ")[2] for line in lines if line.lower().startswith("content-security-policy"))
    return int(lines[0].split()[1]), policy, body.decode("latin-1")


def _change(web: WebServer, **members: Any) -> None:
    """Publish another manifest."""
    manifest = json.loads(web.things[MANIFEST].body)
    web.things[MANIFEST] = Thing(json.dumps({**manifest, **members}, ensure_ascii=False).encode())


async def test_the_registrar_names_a_ui_and_its_page_is_shown_from_this_machine(
    aurora: DemoProvider, web: WebServer, authority: Authority, tmp_path: Path
) -> None:
    async with _window(tmp_path, aurora, authority) as (host, chrome):
        registration = await chrome.registered()
        assert registration.ui_url == f"{web.origin}{MANIFEST}"
        status = await _checked(chrome)
        assert (status.version, status.problem, status.is_local) == ("1", "", True)
        await chrome.seen(bridge.PAGE_CHANGED)
        branding = await _branding(chrome)
        assert (branding.name, branding.elements) == ("Aurora Telecom", ["i_infotext", "i_stats"])
        assert branding.logo is not None
        assert branding.logo.startswith("data:image/svg+xml;base64,")
        assert [service.name for service in branding.services] == ["stats", "balance"]
        ticket = await chrome.ask(bridge.PAGE_OPEN, OPEN)
        assert (ticket.kind, ticket.source, ticket.title) == ("provider", web.origin, "Aurora Telecom")
        assert ticket.origin == f"http://ui.{host.book.all()[0].account_id}.localhost:{host.bridge.port}"
        status_code, policy, body = await _get(host, ticket.url)
        assert (status_code, "<h1>Aurora Telecom</h1>" in body) == (200, True)
        assert "connect-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert (await _get(host, f"{ticket.origin}/elsipo.js"))[0] == 200
        assert (await _get(host, f"{ticket.origin}/accounts.json"))[0] == 404


async def test_fragments_fill_the_elements_that_the_page_declares_and_no_others(
    aurora: DemoProvider, web: WebServer, aurora_window: Callable[[], Any]
) -> None:
    login = ("alice", aurora.users["alice"])

    async def send(raw: RawUserAgent, element_id: str) -> None:
        """The provider answers into the element at each device of alice's."""
        told = await raw.request(
            "MESSAGE",
            f"sip:elsipo-stats@{aurora.domain}",
            ("127.0.0.1", aurora.udp_port),
            sender=f"sip:alice@{aurora.domain}",
            body=f"id-{element_id}",
            login=login,
        )
        assert told.status == 200

    async with aurora_window() as (host, chrome), RawUserAgent.opened() as raw:
        await chrome.registered()
        await chrome.seen(bridge.PAGE_CHANGED)
        async with chrome.page(host) as page:

            async def shown(element_id: str) -> None:
                await page.seen(bridge.FRAGMENT_RECEIVED, lambda told: told.fragment.element_id == element_id)

            await send(raw, "i_elsewhere")
            await send(raw, "i_stats")
            await shown("i_stats")
            elements = {told.fragment.element_id for told in page.all_seen(bridge.FRAGMENT_RECEIVED)}
            assert elements <= {"i_stats", "i_infotext"}
            known = await page.ask(bridge.FRAGMENT_LIST, m.BridgeFragmentListParams())
            assert {fragment.element_id for fragment in known.fragments} == elements
            # What it asks for itself, it declares by that.
            decision = m.BridgeGrantDecideParams(origin=web.origin, granted=["service.request"])
            await chrome.ask(bridge.GRANT_DECIDE, decision)
            await page.ask(
                bridge.SERVICE_REQUEST, m.BridgeServiceRequestParams(service="stats", element_id="i_asked_for")
            )
            await shown("i_asked_for")


async def test_off_line_the_last_good_version_is_shown_at_once_and_asked_for_again_by_its_tag(
    aurora: DemoProvider, web: WebServer, authority: Authority, tmp_path: Path
) -> None:
    async with _window(tmp_path, aurora, authority) as (_, chrome):
        await _checked(chrome)
        await _refresh(chrome)
        assert web.asked.count(f"{MANIFEST} 304") == 1
    await aurora.stop()
    asked = len(web.asked)
    async with _window(tmp_path, aurora, authority) as (host, chrome):
        ticket = await chrome.ask(bridge.PAGE_OPEN, OPEN)
        assert ticket.kind == "provider"
        assert (await _get(host, ticket.url))[0] == 200
        assert (await _branding(chrome)).name == "Aurora Telecom"
    assert len(web.asked) == asked


async def test_an_update_that_asks_for_more_waits_for_the_person_and_the_old_one_keeps_its_grants(
    aurora: DemoProvider, web: WebServer, authority: Authority, tmp_path: Path
) -> None:
    async with _window(tmp_path, aurora, authority) as (host, chrome):
        await _checked(chrome)
        ticket = await chrome.ask(bridge.PAGE_OPEN, OPEN)
        assert [ask.capability for ask in ticket.asks] == ["call.place", "service.request"]
        decision = m.BridgeGrantDecideParams(origin=web.origin, granted=["service.request"])
        await chrome.ask(bridge.GRANT_DECIDE, decision)
        more = [*json.loads(web.things[MANIFEST].body)["capabilities"], {"capability": "history.read", "reason": "!"}]
        web.things["/aurora/index.html"] = Thing(b"<h1>Second</h1>", "text/html")
        _change(web, version="2", capabilities=more)
        status = await _refresh(chrome)
        assert (status.version, status.waiting_version) == ("1", "2")
        ticket = await chrome.ask(bridge.PAGE_OPEN, OPEN)
        assert ([ask.capability for ask in ticket.asks], ticket.consent) == (["history.read"], "undecided")
        assert "Aurora" in (await _get(host, ticket.url))[2]
        assert host.windows.all()[0].page_capabilities == ("service.request",)
        decision = m.BridgeGrantDecideParams(origin=web.origin, granted=["history.read"])
        await chrome.ask(bridge.GRANT_DECIDE, decision)
        ticket = await chrome.ask(bridge.PAGE_OPEN, OPEN)
        assert (ticket.asks, "Second" in (await _get(host, ticket.url))[2]) == ([], True)
        assert set(host.windows.all()[0].page_capabilities) == {"service.request", "history.read"}


async def test_a_grant_is_counted_kept_over_a_restart_and_revoked_while_the_page_runs(
    aurora: DemoProvider, web: WebServer, authority: Authority, tmp_path: Path
) -> None:
    async with _window(tmp_path, aurora, authority) as (host, chrome):
        await _checked(chrome)
        granted: list[m.Capability] = ["call.place", "service.request"]
        await chrome.ask(bridge.GRANT_DECIDE, m.BridgeGrantDecideParams(origin=web.origin, granted=granted))
        await chrome.registered()
        async with chrome.page(host) as page:
            question = m.BridgeServiceRequestParams(service="stats", element_id="i_stats")
            await page.ask(bridge.SERVICE_REQUEST, question)
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.CONVERSATION_LIST, m.BridgeConversationListParams())
            revoked = m.BridgeGrantChangeParams(origin=web.origin, capability="service.request", granted=False)
            await chrome.ask(bridge.GRANT_CHANGE, revoked)
            told = await page.seen(bridge.SESSION_CHANGED)
            assert told.session.capabilities == ["call.place"]
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.SERVICE_REQUEST, question)
            with pytest.raises(PermissionDeniedError):
                await page.ask(bridge.GRANT_CHANGE, structs.replace(revoked, granted=True))
            other = structs.replace(revoked, origin="https://evil.example")
            with pytest.raises(NotFoundError):
                await chrome.ask(bridge.GRANT_CHANGE, other)
    async with _window(tmp_path, aurora, authority) as (_, chrome):
        status = await chrome.ask(bridge.PROVIDER_STATUS, m.BridgeProviderStatusParams())
        ledger = {grant.capability: (grant.granted, grant.uses) for grant in status.grants}
        assert ledger == {"call.place": (True, 0), "service.request": (False, 1)}


async def test_a_page_that_floods_is_held_to_a_persons_pace(
    aurora: DemoProvider, web: WebServer, authority: Authority, tmp_path: Path
) -> None:
    _change(web, capabilities=[{"capability": "message.send", "reason": "To flood."}])
    async with _window(tmp_path, aurora, authority) as (host, chrome):
        await _checked(chrome)
        await chrome.ask(bridge.GRANT_DECIDE, m.BridgeGrantDecideParams(origin=web.origin, granted=["message.send"]))
        message = m.BridgeMessageSendParams(to="bob", body="Buy!")
        for _ in range(2):  # a new line brings no new allowance
            async with chrome.page(host) as page:
                sent = [asyncio.create_task(page.ask(bridge.MESSAGE_SEND, message)) for _ in range(30)]
                outcomes = await asyncio.gather(*sent, return_exceptions=True)
                assert sum(isinstance(outcome, RateLimitedError) for outcome in outcomes) >= 19
        assert (await chrome.ask(bridge.CALL_LIST, m.BridgeCallListParams())).calls == []


async def test_without_a_page_the_built_in_home_wears_the_providers_look(
    new_provider: Callable[..., DemoProvider], web: WebServer, authority: Authority, tmp_path: Path
) -> None:
    provider = new_provider(domain="harbour.test", ui_url=f"{web.origin}/harbour/elsipo.json")
    await provider.start()
    async with _window(tmp_path, provider, authority) as (_, chrome):
        await _checked(chrome)
        news = await chrome.seen(bridge.PROVIDER_BRANDING_CHANGED)
        assert (news.branding.name, news.branding.colours.light is not None) == ("Harbour Voice", True)
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).kind == "home"


async def test_without_a_header_the_well_known_place_is_looked_at_after_the_registration(
    new_provider: Callable[..., DemoProvider],
    web: WebServer,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider_ui, "WELL_KNOWN", f"https://{{domain}}:{web.port}/.well-known/elsipo.json")
    web.things["/.well-known/elsipo.json"] = web.things["/harbour/elsipo.json"]
    web.things["/.well-known/logo.svg"] = web.things["/harbour/logo.svg"]
    provider = new_provider(domain="ui.localhost")
    async with _window(tmp_path, provider, authority) as (_, chrome):
        assert (await _branding(chrome)).name == "ui.localhost"
        assert web.asked == []
        await provider.start()
    async with _window(tmp_path / "again", provider, authority) as (_, chrome):
        await _checked(chrome)
        assert (await _branding(chrome)).name == "Harbour Voice"
        del web.things["/.well-known/elsipo.json"]
        assert (await _refresh(chrome)).problem == ""
        assert (await _branding(chrome)).name == "ui.localhost"


async def test_a_ui_of_this_machine_is_refused_until_the_person_allows_it(
    aurora: DemoProvider, authority: Authority, tmp_path: Path
) -> None:
    async with _window(tmp_path, aurora, authority, allow_local=False) as (_, chrome):
        status = await _checked(chrome)
        assert "not of the public Internet" in status.problem
        notices = await chrome.ask(bridge.NOTICE_LIST, m.BridgeNoticeListParams())
        assert any(status.problem in notice.text for notice in notices)
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).kind == "home"
        allowed = await chrome.ask(bridge.PROVIDER_ALLOW_LOCAL, m.BridgeProviderAllowLocalParams(allowed=True))
        assert (allowed.is_local, allowed.problem) == (True, "")
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).kind == "provider"
        await chrome.ask(bridge.PROVIDER_ALLOW_LOCAL, m.BridgeProviderAllowLocalParams(allowed=False))
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).kind == "home"


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)  # this is the attack, not a wait for anything


async def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
    for _ in range(1600):
        writer.write(b" " * 65536)
        await writer.drain()


def _manifest(**members: Any) -> Thing:
    return Thing(json.dumps({"elsipo": 1, "name": "Evil", "version": "1", **members}, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        (Thing(status=302, headers={"Location": "https://169.254.169.254/latest"}), "not of the public Internet"),
        (Thing(status=302, headers={"Location": "file:///etc/passwd"}), "not fetched from file:"),
        (Thing(status=302, headers={"Location": MANIFEST}), "redirected more than 3 times"),
        (Thing(instead=_endless), "larger than 65536 bytes"),
        (Thing(instead=_drip), "took longer than"),
        (Thing(b'{"elsipo": 1, '), "not JSON"),
        (Thing(b"[" * 60_000), "not JSON"),
        (Thing(b"\x1f\x8b\x08", headers={"Content-Encoding": "gzip"}), "compressed"),
        (_manifest(name=EMOJI * 500), "at 'name'"),
        (_manifest(name="\u202egnirettilg"), "at 'name'"),
        (_manifest(logo="../../../etc/passwd"), "at 'logo'"),
        (_manifest(logo="page.js"), "neither PNG, JPEG nor SVG"),
        (_manifest(capabilities=[{"capability": "camera.use", "reason": "Smile!"}]), "at 'capabilities.0.capability'"),
        (_manifest(page={"entry": "index.html", "files": ["missing.js"]}), "not complete"),
        (_manifest(page={"entry": "page.js", "files": []}), "not an HTML file"),
    ],
)
async def test_a_hostile_manifest_is_refused_with_a_reason_and_what_was_good_stays(
    aurora_window: Callable[[], Any], web: WebServer, monkeypatch: pytest.MonkeyPatch, thing: Thing, reason: str
) -> None:
    monkeypatch.setattr(download, "MANIFEST_LIMITS", download.Limits(max_bytes=65536, within_s=1.5))
    async with aurora_window() as (_, chrome):
        await _checked(chrome)
        web.things[MANIFEST] = thing
        status = await _refresh(chrome)
        assert reason in status.problem
        assert (await _branding(chrome)).name == "Aurora Telecom"
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).kind == "provider"


async def test_of_a_bad_first_manifest_the_look_is_taken_where_it_is_in_order(
    aurora: DemoProvider, web: WebServer, authority: Authority, tmp_path: Path
) -> None:
    _change(web, page={"entry": 7}, services="none")
    async with _window(tmp_path, aurora, authority) as (_, chrome):
        status = await _checked(chrome)
        assert "breaks the contract" in status.problem
        branding = await _branding(chrome)
        assert (branding.name, branding.services, branding.logo) == ("Aurora Telecom", [], None)
        assert branding.colours.light is not None
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).kind == "home"


async def test_a_manifest_full_of_emoji_is_cut_to_no_harm(
    aurora: DemoProvider, web: WebServer, authority: Authority, tmp_path: Path
) -> None:
    name, text = (EMOJI * 8)[:40], (EMOJI * 40)[:200]
    services = [{"name": f"s{number}", "title": name} for number in range(32)]
    _change(web, name=name, services=services, capabilities=[{"capability": "call.place", "reason": text}] * 32)
    async with _window(tmp_path, aurora, authority) as (_, chrome):
        status = await _checked(chrome)
        assert status.problem == ""
        assert (await _branding(chrome)).name == name
        assert (await chrome.ask(bridge.PAGE_OPEN, OPEN)).kind == "provider"
