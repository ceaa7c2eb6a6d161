"""The windows' way to the web: to the pages that are shown and nowhere else, whoever asks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from typing import TYPE_CHECKING

import pytest
from e2e.sip_pages.walls import Trap
from elsipo.host.fetch import Fetcher
from elsipo.host.listener import loopback_listener
from elsipo.host.web_proxy import WebProxy
from peers.tls import Authority
from peers.waiting import eventually
from peers.web import Thing, WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NAME = "ui.example"
WITHIN_S = 10.0


def hello(protocol: str = "http/1.1") -> bytes:
    """What a TLS client says first, who offers to speak this protocol, or none."""
    context = ssl.create_default_context()
    context.set_alpn_protocols([protocol] if protocol else [])
    said = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), said, server_hostname=NAME)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return said.read()


class Way:
    """A proxy that is served, as a browser sees it.

    Attributes:
        shown: The origins that pages are shown from, and by whose rules.
        said: What a person was told of, and why.
        proxy: What is tested.
        port: Where it is.
    """

    def __init__(self) -> None:
        self.shown: dict[str, Fetcher] = {}
        self.said: list[tuple[str, str]] = []
        self.proxy = WebProxy(self.shown.get, lambda origin, text: self.said.append((origin, text)))
        self.port = 0

    async def connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which nothing was said."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def says(self, request: bytes) -> bytes:
        """The whole answer to a request, until the proxy closes."""
        reader, writer = await self.connection()
        try:
            writer.write(request)
            async with asyncio.timeout(WITHIN_S):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def asks(self, host_and_port: str) -> bytes:
        """The answer's status to one who wants to go there."""
        answer = await self.says(f"CONNECT {host_and_port} HTTP/1.1\r\nHost: {host_and_port}\r\n\r\n".encode())
        return answer[9:12]

    @contextlib.asynccontextmanager
    async def tunnel(self, port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A tunnel to the name that tests have."""
        reader, writer = await self.connection()
        try:
            writer.write(f"CONNECT {NAME}:{port} HTTP/1.1\r\nHost: {NAME}:{port}\r\n\r\n".encode())
            async with asyncio.timeout(WITHIN_S):
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            yield reader, writer
        finally:
            writer.close()


@pytest.fixture
async def way() -> AsyncIterator[Way]:
    way = Way()
    listener = loopback_listener()
    way.port = listener.getsockname()[1]
    await way.proxy.start(listener)
    yield way
    await way.proxy.stop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.new(tmp_path_factory.mktemp("web") / "ca", "Test's authority")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names lead to, for this process; whatever is not there does not exist."""
    known = {NAME: ["127.0.0.1"]}

    def look_up(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        addresses = known.get(host, [host] if host[-1:].isdigit() else [])
        if not addresses:
            raise socket.gaierror(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """The port of a server that says what it hears."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(2**16):
                writer.write(data)
                await writer.drain()
        writer.transport.abort()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.usefixtures("names")
async def test_a_page_that_is_shown_is_reached_and_proves_itself_to_the_browser(way: Way, authority: Authority) -> None:
    async with WebServer.opened(NAME, authority) as web:
        web.things["/"] = Thing(b"<h1>Here</h1>", "text/html")
        way.shown[web.origin] = Fetcher(allow_local=True)
        async with way.tunnel(web.port) as (reader, writer):
            context = ssl.create_default_context(cafile=authority.ca_file)
            context.set_alpn_protocols(["http/1.1"])
            await writer.start_tls(context, server_hostname=NAME)
            writer.write(f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
            async with asyncio.timeout(WITHIN_S):
                assert (await reader.read()).endswith(b"<h1>Here</h1>")


@pytest.mark.usefixtures("names")
async def test_much_goes_through_both_ways_as_it_is(way: Way, echo: int) -> None:
    way.shown[f"https://{NAME}:{echo}"] = Fetcher(allow_local=True)
    much = hello() + bytes(range(256)) * 16_384
    async with way.tunnel(echo) as (reader, writer):
        writer.write(much)
        async with asyncio.timeout(WITHIN_S):
            assert await reader.readexactly(len(much)) == much


@pytest.mark.usefixtures("names")
async def test_no_host_is_reached_but_those_of_pages_that_are_shown(way: Way, echo: int) -> None:
    way.shown[f"https://{NAME}:{echo}"] = Fetcher(allow_local=True)
    way.shown["https://other.example"] = Fetcher()
    for asked in (
        f"127.0.0.1:{echo}",
        f"localhost:{echo}",
        f"{NAME}:{echo + 1}",
        f"{NAME}:443",
        f"www.{NAME}:{echo}",
        f"{NAME}.:{echo}",
        f"{NAME}.evil.example:{echo}",
        f"{NAME}:{echo}:443",
        f"x@{NAME}:{echo}",
        f"{NAME}%00:{echo}",
        f"https://{NAME}:{echo}",
        f"other.example:{echo}",
        "[::1]:443",
        f"{NAME}:",
        f"{NAME}:99999",
    ):
        assert await way.asks(asked) == b"403", asked


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0"])  # noqa: S104
async def test_a_page_whose_name_leads_into_this_network_is_not_reached(
    way: Way, names: dict[str, list[str]], echo: int, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where the name has a public address beside it: the browser is never told which."""
    way.shown[f"https://{NAME}:{echo}"] = Fetcher()
    for addresses in ([address], ["192.0.43.7", address]):
        names[NAME] = addresses
        with caplog.at_level(logging.INFO):
            assert await way.asks(f"{NAME}:{echo}") == b"403"
        assert "private_address" in caplog.text
        assert way.said.pop() == (
            f"https://{NAME}:{echo}",
            f"{NAME} has an address that is not of the public Internet.",
        )


async def test_a_name_is_looked_up_once_for_a_tunnel_and_the_tunnel_leads_there(
    way: Way, monkeypatch: pytest.MonkeyPatch, echo: int
) -> None:
    """A second answer, for the connecting, would be the rebinder's."""
    asked: list[object] = []

    def look_up(host: object, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        if host == "127.0.0.1":  # an address, which needs no look-up
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    way.shown[f"https://{NAME}:{echo}"] = Fetcher(allow_local=True)
    async with way.tunnel(echo) as (reader, writer):
        writer.write(hello() + b"here")
        async with asyncio.timeout(WITHIN_S):
            assert await reader.readuntil(b"here")
    assert asked == [NAME]
    assert await way.asks(f"{NAME}:{echo}") == b"403"


async def test_a_host_that_is_not_there_is_said_to_be_so(way: Way, names: dict[str, list[str]]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        way.shown[f"https://{NAME}:{port}"] = Fetcher(allow_local=True)
        assert await way.asks(f"{NAME}:{port}") == b"502"
        names.clear()
        assert await way.asks(f"{NAME}:{port}") == b"502"
    origin = f"https://{NAME}:{port}"
    assert way.said == [(origin, f"{origin} does not answer."), (origin, f"There is no host {NAME}.")]


@pytest.mark.usefixtures("names")
async def test_a_tunnel_carries_nothing_more_when_its_page_is_gone(way: Way, echo: int) -> None:
    origin = f"https://{NAME}:{echo}"
    way.shown[origin] = Fetcher(allow_local=True)
    async with way.tunnel(echo) as (reader, writer):
        said = hello()
        writer.write(said)
        async with asyncio.timeout(WITHIN_S):
            assert await reader.readexactly(len(said)) == said
            del way.shown[origin]
            writer.write(b"2")
            assert await reader.read() == b""


@pytest.mark.usefixtures("names")
async def test_what_is_no_wish_for_http_in_tls_is_not_said_to_a_page_that_is_shown(way: Way) -> None:
    async with Trap.laid() as trap:
        way.shown[f"https://{NAME}:{trap.port}"] = Fetcher(allow_local=True)
        for said in (
            hello("stun.turn"),
            hello(""),
            hello()[5:],
            b"\x00\x03\x00\x00\x21\x12\xa4\x42",
            b"GET / HTTP/1.1\r\n\r\n",
        ):
            async with way.tunnel(trap.port) as (reader, writer), asyncio.timeout(WITHIN_S):
                writer.write(said)
                assert await reader.read() == b""
        await eventually(lambda: len(trap.reached) == 5, timeout_s=WITHIN_S, what="all, who say nothing")
        assert set(trap.reached) == {""}


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: ui.example\r\n\r\n",
        b"GET https://ui.example/ HTTP/1.1\r\nHost: ui.example\r\n\r\n",
        b"CONNECT ui.example:443 HTTP/2\r\n\r\n",
        b"CONNECT  ui.example:443 HTTP/1.1\r\n\r\n",
        b"CONNECT ui.example:-1 HTTP/1.1\r\n\r\n",
        b"CONNECT \xff\xfe:443 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"\r\n\r\n",
        b"CONNECT " + b"a" * 20_000,
    ],
)
async def test_whatever_is_no_wish_for_a_shown_page_is_refused_and_leaves_no_trace(
    way: Way, request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    way.shown["https://ui.example"] = Fetcher()
    with caplog.at_level(logging.DEBUG, "elsipo"):
        answer = await way.says(request_)
    assert answer[9:12] in {b"403", b""}  # where more was sent than is read, the answer may be lost with the rest
    assert not [record for record in caplog.records if record.name.startswith("elsipo")]


async def test_one_who_says_nothing_is_sent_away(way: Way) -> None:
    way.proxy.head_within_s = 0.05
    assert await way.says(b"CONNECT ui.example:443 HT") == b""


@pytest.mark.usefixtures("names")
async def test_a_tunnel_that_nobody_uses_is_closed(way: Way, echo: int) -> None:
    way.proxy.idle_s = 0.05
    way.shown[f"https://{NAME}:{echo}"] = Fetcher(allow_local=True)
    async with way.tunnel(echo) as (reader, _), asyncio.timeout(WITHIN_S):
        assert await reader.read() == b""


@pytest.mark.usefixtures("names")
async def test_so_many_are_served_at_once_and_then_again_others(way: Way, echo: int) -> None:
    way.shown[f"https://{NAME}:{echo}"] = Fetcher(allow_local=True)
    many = [await way.connection() for _ in range(64)]
    assert await way.asks(f"{NAME}:{echo}") == b""
    for _, writer in many:
        writer.close()

    async def is_served() -> bool:
        return await way.asks(f"{NAME}:1") == b"403"

    await eventually(is_served, timeout_s=WITHIN_S, what="room for others")


@pytest.mark.usefixtures("names")
async def test_with_the_host_every_tunnel_ends(way: Way, echo: int) -> None:
    way.shown[f"https://{NAME}:{echo}"] = Fetcher(allow_local=True)
    async with way.tunnel(echo) as (reader, _):
        await way.proxy.stop()
        async with asyncio.timeout(WITHIN_S):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
