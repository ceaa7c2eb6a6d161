"""Fetches what a provider names on the web, so that it cannot harm: the one way from SIP to HTTP in the host.

https only; no private, loopback or otherwise special address, checked after DNS on the very address that is connected
to (RFC 6890), and again on each redirect; TLS verified for the name; bounded in size, time and redirects. A person who
develops a page may allow this machine's own addresses. Knows nothing of what is fetched.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urljoin, urlsplit

import httpcore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elsipo.host.account_book import AccountRecord

_log = logging.getLogger(__name__)

FetchReason = Literal[
    "bad_url",
    "not_https",
    "private_address",
    "unknown_host",
    "unreachable",
    "bad_certificate",
    "bad_answer",
    "bad_status",
    "not_found",
    "redirects",
    "too_large",
    "too_slow",
]
"""Why nothing was fetched, for programs."""

_MAX_URL: Final = 2048
_MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK, _NOT_MODIFIED = 200, 304
_NOT_THERE: Final = frozenset({404, 410})
_MAX_AGE: Final = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE)
_PORTS: Final = {"http": 80, "https": 443}
# Translators that reach IPv4 through IPv6 (RFC 6052, RFC 8215), and 6to4 (RFC 3056): the address inside could be ours.
_EMBEDDING: Final = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class FetchError(Exception):
    """Nothing was fetched.

    Attributes:
        reason: For programs.
        text: For the person and the provider. Names hosts and numbers, nothing secret.
    """

    def __init__(self, reason: FetchReason, text: str) -> None:
        self.reason: FetchReason = reason
        self.text = text
        super().__init__(text)


@dataclass(frozen=True)
class Limits:
    """How much a fetch may take.

    Attributes:
        max_bytes: Of the body.
        within_s: For all of it, redirects included.
    """

    max_bytes: int
    within_s: float = 10.0


@dataclass(frozen=True)
class Fetched:
    """What came.

    Attributes:
        url: Where it came from in the end, after redirects.
        body: As it is; empty where it is what the asker has (304).
        media_type: In lower case, without parameters; empty where none was said.
        etag: To ask again with (RFC 9110 §8.8.3); empty where there is none.
        max_age_s: How long it stays good (RFC 9111 §5.2.2.1); None where that was not said.
        not_modified: Whether the asker's copy is still good (RFC 9110 §15.4.5).
    """

    url: str
    body: bytes
    media_type: str
    etag: str
    max_age_s: int | None
    not_modified: bool = False


class Fetcher:
    """Fetches for one account.

    Args:
        ca_file: PEM file of certificate authorities to trust instead of the system's; empty for the system's.
        allow_local: Whether the person allowed this machine's own addresses, and http to them.
    """

    def __init__(self, *, ca_file: str = "", allow_local: bool = False) -> None:
        self._ca_file = ca_file
        self._allow_local = allow_local

    async def get(self, url: str, limits: Limits, *, accept: str = "*/*", etag: str = "") -> Fetched:
        """Fetch a thing, or say why not.

        Args:
            url: Where it is.
            limits: How much it may take.
            accept: Media types that are wanted.
            etag: Of the copy that the asker has.

        Raises:
            FetchError: nothing was fetched.

        Spec: RFC 9110 §9.3.1, §15.4 (redirects), §13.1.2 (If-None-Match).
        """
        try:
            async with asyncio.timeout(limits.within_s):
                context = await asyncio.to_thread(self._tls)
                guard = _Guard(allow_local=self._allow_local)
                async with httpcore.AsyncConnectionPool(ssl_context=context, network_backend=guard) as pool:
                    return await _follow(pool, guard, url, limits, {"Accept": accept, "If-None-Match": etag})
        except TimeoutError:
            raise FetchError("too_slow", f"{_shown(url)} took longer than {limits.within_s:g} s.") from None

    async def check(self, url: str, within_s: float = 5.0) -> None:
        """See that somebody else, a browser, may go to an address by the same rules; nothing is fetched.

        What the name's addresses become later is held by TLS: whoever is reached must prove to be the name.

        Args:
            url: Where it is.
            within_s: How long the name may take.

        Raises:
            FetchError: it may not.
        """
        guard = _Guard(allow_local=self._allow_local)
        guard.check_url(url)
        parts = urlsplit(url)
        try:
            async with asyncio.timeout(within_s):
                await guard.addresses(parts.hostname or "", parts.port or _PORTS[parts.scheme])
        except TimeoutError:
            raise FetchError("too_slow", f"{parts.hostname} was not found within {within_s:g} s.") from None

    async def connect(self, url: str, within_s: float = 10.0) -> httpcore.AsyncNetworkStream:
        """Connect for somebody else, a browser, by the same rules; nothing is said there.

        Args:
            url: Where to; its host and port are what counts.
            within_s: How long that may take.

        Raises:
            FetchError: there is no connection.
        """
        guard = _Guard(allow_local=self._allow_local)
        guard.check_url(url)
        parts = urlsplit(url)
        try:
            async with asyncio.timeout(within_s):
                return await guard.connect_tcp(parts.hostname or "", parts.port or _PORTS[parts.scheme])
        except httpcore.ConnectError as error:
            raise _not_connected(url, error) from error
        except TimeoutError:
            raise FetchError("too_slow", f"{parts.hostname} did not answer within {within_s:g} s.") from None

    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._ca_file or None)
        except OSError as error:
            raise FetchError("bad_certificate", f"The account's certificate file cannot be read: {error}") from error


def fetcher_of(record: AccountRecord) -> Fetcher:
    """Who fetches for an account, by its settings."""
    return Fetcher(ca_file=record.tls_ca_file, allow_local=record.allow_local_ui)


async def _follow(
    pool: httpcore.AsyncConnectionPool, guard: _Guard, url: str, limits: Limits, headers: dict[str, str]
) -> Fetched:
    for _ in range(_MAX_REDIRECTS + 1):
        guard.check_url(url)
        outcome = await _get(pool, url, limits, headers)
        if isinstance(outcome, Fetched):
            return outcome
        url = outcome
    raise FetchError("redirects", f"It was redirected more than {_MAX_REDIRECTS} times.")


async def _get(pool: httpcore.AsyncConnectionPool, url: str, limits: Limits, headers: dict[str, str]) -> Fetched | str:
    """One request: what came, or where else it is."""
    # Not compressed: what unpacks to more than was sent is a bomb.
    sent: dict[bytes | str, bytes | str] = {"User-Agent": "Elsipo", "Accept-Encoding": "identity"}
    sent.update({name: value for name, value in headers.items() if value})
    try:
        async with pool.stream("GET", url, headers=sent) as response:
            got = _headers(response)
            if response.status in _REDIRECTS and "location" in got:
                return _elsewhere(url, got["location"])
            if response.status == _NOT_MODIFIED and "If-None-Match" in sent:
                return Fetched(url, b"", "", headers["If-None-Match"], _max_age(got), not_modified=True)
            if response.status != _OK:
                reason: FetchReason = "not_found" if response.status in _NOT_THERE else "bad_status"
                raise FetchError(reason, f"{_shown(url)} answered {response.status}.")
            if got.get("content-encoding", "identity").lower() != "identity":
                raise FetchError("bad_answer", f"{_shown(url)} sent it compressed, which is not asked for.")
            body = await _body(response, got, url, limits)
    except httpcore.ConnectError as error:
        raise _not_connected(url, error) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        raise FetchError("bad_answer", f"{_shown(url)} broke off, or sent what is no HTTP.") from error
    media_type = got.get("content-type", "").partition(";")[0].strip().lower()
    return Fetched(url, body, media_type[:128], got.get("etag", "")[:256], _max_age(got))


def _elsewhere(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise FetchError("bad_url", f"{_shown(url)} redirects to what is not a web address.") from None


async def _body(response: httpcore.Response, got: dict[str, str], url: str, limits: Limits) -> bytes:
    too_large = FetchError("too_large", f"{_shown(url)} is larger than {limits.max_bytes} bytes.")
    length = got.get("content-length", "")
    if length.isdecimal() and int(length) > limits.max_bytes:
        raise too_large
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > limits.max_bytes:
            raise too_large
    return bytes(body)


class _Guard(httpcore.AnyIOBackend):
    """Connects to checked addresses only; whatever name the TLS above it is verified for stays the URL's."""

    def __init__(self, *, allow_local: bool) -> None:
        self._local = allow_local

    def check_url(self, url: str) -> None:
        """See that an address may be asked at all; its numbers are checked when they are connected to."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise FetchError("bad_url", "That is not a web address.") from None
        if len(url) > _MAX_URL or not url.isascii() or not url.isprintable() or " " in url or port == 0:
            raise FetchError("bad_url", "That is not a web address.")
        if parts.username is not None or parts.password is not None:
            raise FetchError("bad_url", "A web address with a user name in it is not fetched.")
        if parts.scheme != "https" and not (parts.scheme == "http" and self._local and _is_local_name(host or "")):
            raise FetchError("not_https", f"It is not fetched from {parts.scheme[:32]}: addresses, only by https.")
        if not host:
            raise FetchError("bad_url", "That is not a web address.")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of a name's addresses that answers; to none where one of them is not for us."""
        addresses = await self.addresses(host, port)
        for address in addresses[:-1]:
            try:
                return await super().connect_tcp(str(address), port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                _log.debug("%s does not answer at %s", host, address)
        return await super().connect_tcp(str(addresses[-1]), port, timeout, local_address, socket_options)

    async def addresses(self, host: str, port: int) -> list[Address]:
        """A name's addresses, where all of them are for us."""
        addresses = await _resolved(host, port)
        if all(address.is_loopback for address in addresses) and self._local:
            return addresses
        if not all(_is_public(address) for address in addresses):
            raise FetchError("private_address", f"{host} has an address that is not of the public Internet.")
        self._local = False  # From the web, no redirect leads back into this machine.
        return addresses


async def _resolved(host: str, port: int) -> list[Address]:
    if _is_local_name(host) and not host[-1:].isdigit() and ":" not in host:
        return [ipaddress.IPv4Address("127.0.0.1")]  # RFC 6761 §6.3: never asked of a server
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError("unknown_host", f"There is no host {host}.") from error
    return list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or address.teredo is not None:
            return False
        if any(address in network for network in _EMBEDDING):
            return False
    return address.is_global and not address.is_multicast


def _is_local_name(host: str) -> bool:
    host = host.lower().rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _not_connected(url: str, error: httpcore.ConnectError) -> FetchError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            text = f"{_shown(url)} does not prove who it is: {cause.verify_message}."
            return FetchError("bad_certificate", text)
        cause = cause.__cause__ or cause.__context__
    return FetchError("unreachable", f"{_shown(url)} does not answer.")


def _headers(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _max_age(headers: dict[str, str]) -> int | None:
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    return None if found is None else int(found[1])


def _shown(url: str) -> str:
    """A web address for people: host and path, no query, which may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]
