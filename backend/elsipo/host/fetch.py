"""Fetches what a provider names on the web, so that it cannot harm: the one way from SIP to HTTP in the host.

https only; no private, loopback or otherwise special address, checked after DNS on the very address that is connected
to (RFC 6890), and again on each redirect; TLS verified for the name; bounded in size, time and redirects. A person who
develops a page may allow this machine's own addresses. Knows nothing of what is fetched.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpcore

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

_HTTP: Final = "elsipo.host.fetch_http"
"""What speaks HTTP: imported by a thread when it is needed, for it takes longer than a host has at its start."""
_MAX_URL: Final = 2048
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
                guard = Guard(allow_local=self._allow_local)
                headers = {"Accept": accept, "If-None-Match": etag}
                await asyncio.to_thread(import_module, _HTTP)
                from elsipo.host import fetch_http

                return await fetch_http.fetch(guard, self._ca_file, url, limits, headers)
        except TimeoutError:
            raise FetchError("too_slow", f"{shown(url)} took longer than {limits.within_s:g} s.") from None

    async def check(self, url: str, within_s: float = 5.0) -> None:
        """See that somebody else, a browser, may go to an address by the same rules; nothing is fetched.

        What the name's addresses become later is held by TLS: whoever is reached must prove to be the name.

        Args:
            url: Where it is.
            within_s: How long the name may take.

        Raises:
            FetchError: it may not.
        """
        guard = Guard(allow_local=self._allow_local)
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
        guard = Guard(allow_local=self._allow_local)
        guard.check_url(url)
        parts = urlsplit(url)
        try:
            async with asyncio.timeout(within_s):
                await asyncio.to_thread(import_module, _HTTP)
                from elsipo.host import fetch_http

                return await fetch_http.connect(guard, url, parts.hostname or "", parts.port or _PORTS[parts.scheme])
        except TimeoutError:
            raise FetchError("too_slow", f"{parts.hostname} did not answer within {within_s:g} s.") from None


def fetcher_of(record: AccountRecord) -> Fetcher:
    """Who fetches for an account, by its settings."""
    return Fetcher(ca_file=record.tls_ca_file, allow_local=record.allow_local_ui)


class Guard:
    """Says where may be gone to, from one fetch's beginning to its end."""

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


def shown(url: str) -> str:
    """A web address for people: host and path, no query, which may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]
