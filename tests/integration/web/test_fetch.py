"""Fetching what a provider names on the web, from real servers, hostile ones among them."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import TYPE_CHECKING

import pytest
from elsipo.host.fetch import Fetcher, FetchError, Limits
from peers.tls import Authority
from peers.web import Thing, WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

QUICK = Limits(max_bytes=1000, within_s=5)

# As the host begins, whose engines do without Python's OpenSSL.
SPARING = """
import sys
from elsipo.rpc.lean import spare_openssl
spare_openssl()
import asyncio
from elsipo.host.fetch import Fetcher, FetchError, Limits

assert asyncio.sslproto.ssl is None
try:
    fetcher = Fetcher(ca_file=sys.argv[1], allow_local=True)
    print(asyncio.run(fetcher.get(sys.argv[2], Limits(max_bytes=1000, within_s=20))).body)
except FetchError as error:
    print(error.reason)
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.new(tmp_path_factory.mktemp("web") / "ca", "Provider's authority")


@pytest.fixture
async def web(authority: Authority) -> AsyncIterator[WebServer]:
    async with WebServer.opened("ui.localhost", authority) as server:
        server.things["/thing"] = Thing(b"{}", headers={"Cache-Control": "public, max-age=60"})
        yield server


@pytest.fixture
def fetcher(authority: Authority) -> Fetcher:
    return Fetcher(ca_file=str(authority.ca_file), allow_local=True)


async def _refused(fetcher: Fetcher, url: str, limits: Limits = QUICK) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url, limits)
    return caught.value


async def test_a_thing_comes_with_what_is_needed_to_keep_it(web: WebServer, fetcher: Fetcher) -> None:
    url = f"{web.origin}/thing"
    first = await fetcher.get(url, QUICK)
    assert (first.body, first.media_type, first.max_age_s, first.url) == (b"{}", "application/json", 60, url)
    again = await fetcher.get(url, QUICK, etag=first.etag)
    assert (again.not_modified, again.body, again.etag, again.max_age_s) == (True, b"", first.etag, 60)
    assert web.asked == ["/thing", "/thing 304"]


async def test_a_process_whose_asyncio_has_no_openssl_verifies_as_well(web: WebServer, authority: Authority) -> None:
    for trusted, told in ((str(authority.ca_file), "b'{}'"), ("", "bad_certificate")):
        argv = [sys.executable, "-c", SPARING, trusted, f"{web.origin}/thing"]
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        assert said.decode().strip() == told


async def test_three_redirects_are_followed_and_a_loop_is_not(web: WebServer, fetcher: Fetcher) -> None:
    for number in range(3):
        web.things[f"/{number}"] = Thing(status=302, headers={"Location": f"/{number + 1}"})
    web.things["/3"] = web.things["/thing"]
    web.things["/loop"] = Thing(status=307, headers={"Location": "/loop"})
    assert (await fetcher.get(f"{web.origin}/0", QUICK)).url == f"{web.origin}/3"
    assert (await _refused(fetcher, f"{web.origin}/loop")).reason == "redirects"
    assert web.asked.count("/loop 307") == 4


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("https://169.254.169.254/latest/meta-data", "private_address"),
        ("http://169.254.169.254/latest/meta-data", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("https://user:secret@ui.localhost/", "bad_url"),
        ("https://[::ffff:127.0.0.1]/", "private_address"),
        ("//[", "bad_url"),
    ],
)
async def test_a_redirect_leads_nowhere_that_the_first_address_could_not(
    web: WebServer, fetcher: Fetcher, location: str, reason: str
) -> None:
    web.things["/away"] = Thing(status=301, headers={"Location": location})
    assert (await _refused(fetcher, f"{web.origin}/away")).reason == reason


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "ui.localhost",
        "[::1]",
        "0.0.0.0",  # noqa: S104 - asked for, not bound
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "[ff02::1]",
        "[fe80::1]",
        "[fc00::1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a00:1]",
        "[2002:0a00:0001::1]",
        "2130706433",
        "0x7f.1",
    ],
)
async def test_no_address_but_the_public_internets_is_connected_to(host: str) -> None:
    refused = await _refused(Fetcher(), f"https://{host}:1/")
    assert refused.reason in {"private_address", "unknown_host"}


async def test_a_name_that_leads_to_a_private_address_is_refused_after_the_look_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where only one of its addresses is private: the next look-up could give that one."""
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 1)) for address in ("192.0.43.7", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    refused = await _refused(Fetcher(allow_local=True), "https://rebinding.example:1/")
    assert refused.reason == "private_address"
    assert "rebinding.example" in refused.text


@pytest.mark.parametrize("url", ["http://example.org/", "ftp://example.org/", "file:///etc/passwd", "javascript:1"])
async def test_only_https_is_fetched_even_where_this_machine_is_allowed(url: str) -> None:
    assert (await _refused(Fetcher(allow_local=True), url)).reason in {"not_https", "bad_url"}


async def test_plain_http_of_this_machine_needs_the_persons_word() -> None:
    async with WebServer.opened("127.0.0.1", None) as web:
        web.things["/"] = Thing(b"here")
        assert (await Fetcher(allow_local=True).get(f"{web.origin}/", QUICK)).body == b"here"
        assert (await _refused(Fetcher(), f"{web.origin}/")).reason == "not_https"


async def test_a_server_must_prove_the_name_in_the_address(authority: Authority, web: WebServer) -> None:
    ours = Fetcher(ca_file=str(authority.ca_file), allow_local=True)
    assert (await _refused(ours, web.origin.replace("ui.", "other.") + "/thing")).reason == "bad_certificate"
    assert (await _refused(Fetcher(allow_local=True), f"{web.origin}/thing")).reason == "bad_certificate"


async def test_what_is_too_large_is_refused_before_it_is_read(web: WebServer, fetcher: Fetcher) -> None:
    async def chunked(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    async def promised(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
        await writer.drain()
        await asyncio.Event().wait()

    web.things["/endless"], web.things["/promised"] = Thing(instead=chunked), Thing(instead=promised)
    assert (await _refused(fetcher, f"{web.origin}/endless")).reason == "too_large"
    refused = await _refused(fetcher, f"{web.origin}/promised")
    assert (refused.reason, "larger than 1000 bytes" in refused.text) == ("too_large", True)


async def test_what_drips_is_given_up_in_time(web: WebServer, fetcher: Fetcher) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)  # this is the attack, not a wait for anything

    web.things["/drip"] = Thing(instead=drip)
    refused = await _refused(fetcher, f"{web.origin}/drip?secret", Limits(max_bytes=1000, within_s=0.5))
    assert (refused.reason, "secret" in refused.text) == ("too_slow", False)


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        (Thing(status=404), "not_found"),
        (Thing(status=500), "bad_status"),
        (Thing(status=302), "bad_status"),
        (Thing(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}), "bad_answer"),
    ],
)
async def test_what_is_no_answer_is_said_to_be_none(
    web: WebServer, fetcher: Fetcher, thing: Thing, reason: str
) -> None:
    web.things["/odd"] = thing
    assert (await _refused(fetcher, f"{web.origin}/odd")).reason == reason


async def test_garbage_instead_of_http_and_nobody_there_are_told_apart(web: WebServer, fetcher: Fetcher) -> None:
    async def garbage(writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        await writer.drain()

    web.things["/ssh"] = Thing(instead=garbage)
    assert (await _refused(fetcher, f"{web.origin}/ssh")).reason == "bad_answer"
    assert (await _refused(fetcher, "https://nobody.localhost:1/")).reason == "unreachable"
