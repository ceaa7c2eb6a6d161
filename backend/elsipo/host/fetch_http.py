"""What speaks HTTP for `fetch`: one GET with its redirects, to addresses that its guard lets through.

Nothing else imports it. It and what it is made of are imported with the first fetch, for few windows begin with one.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import httpcore

from elsipo.host.fetch import Fetched, FetchError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elsipo.host.fetch import FetchReason, Guard, Limits

_log = logging.getLogger(__name__)

_MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK, _NOT_MODIFIED = 200, 304
_NOT_THERE: Final = frozenset({404, 410})
_MAX_AGE: Final = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE)


async def fetch(guard: Guard, ca_file: str, url: str, limits: Limits, headers: dict[str, str]) -> Fetched:
    """Fetch a thing; see `Fetcher.get`."""
    context = await asyncio.to_thread(_tls, ca_file)
    async with httpcore.AsyncConnectionPool(ssl_context=context, network_backend=_Network(guard)) as pool:
        return await _follow(pool, guard, url, limits, headers)


async def connect(guard: Guard, url: str, host: str, port: int) -> httpcore.AsyncNetworkStream:
    """Connect; see `Fetcher.connect`."""
    try:
        return await _Network(guard).connect_tcp(host, port)
    except httpcore.ConnectError as error:
        raise _not_connected(url, error) from error


class _Network(httpcore.AnyIOBackend):
    """Connects to checked addresses only; whatever name the TLS above it is verified for stays the URL's."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of a name's addresses that answers; to none where one of them is not for us."""
        addresses = await self._guard.addresses(host, port)
        for address in addresses[:-1]:
            try:
                return await super().connect_tcp(str(address), port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                _log.debug("%s does not answer at %s", host, address)
        return await super().connect_tcp(str(addresses[-1]), port, timeout, local_address, socket_options)


def _tls(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise FetchError("bad_certificate", f"The account's certificate file cannot be read: {error}") from error


async def _follow(
    pool: httpcore.AsyncConnectionPool, guard: Guard, url: str, limits: Limits, headers: dict[str, str]
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
                raise FetchError(reason, f"{shown(url)} answered {response.status}.")
            if got.get("content-encoding", "identity").lower() != "identity":
                raise FetchError("bad_answer", f"{shown(url)} sent it compressed, which is not asked for.")
            body = await _body(response, got, url, limits)
    except httpcore.ConnectError as error:
        raise _not_connected(url, error) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        raise FetchError("bad_answer", f"{shown(url)} broke off, or sent what is no HTTP.") from error
    media_type = got.get("content-type", "").partition(";")[0].strip().lower()
    return Fetched(url, body, media_type[:128], got.get("etag", "")[:256], _max_age(got))


def _elsewhere(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise FetchError("bad_url", f"{shown(url)} redirects to what is not a web address.") from None


async def _body(response: httpcore.Response, got: dict[str, str], url: str, limits: Limits) -> bytes:
    too_large = FetchError("too_large", f"{shown(url)} is larger than {limits.max_bytes} bytes.")
    length = got.get("content-length", "")
    if length.isdecimal() and int(length) > limits.max_bytes:
        raise too_large
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > limits.max_bytes:
            raise too_large
    return bytes(body)


def _not_connected(url: str, error: httpcore.ConnectError) -> FetchError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            text = f"{shown(url)} does not prove who it is: {cause.verify_message}."
            return FetchError("bad_certificate", text)
        cause = cause.__cause__ or cause.__context__
    return FetchError("unreachable", f"{shown(url)} does not answer.")


def _headers(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _max_age(headers: dict[str, str]) -> int | None:
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    return None if found is None else int(found[1])
