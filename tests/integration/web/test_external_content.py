"""Content that an answer refers to, from real web servers that may lie."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.host.external_content import MAX_BYTES, ExternalContent, Reference
from elsipo.host.fetch import Fetcher
from elsipo.rpc.errors import ExternalContentError
from peers.tls import Authority
from peers.web import Thing, WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PAGE = "<h1>Grüße</h1>".encode("iso-8859-1")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.new(tmp_path_factory.mktemp("web") / "ca", "Provider's authority")


@pytest.fixture
async def web(authority: Authority) -> AsyncIterator[WebServer]:
    async with WebServer.opened("pages.localhost", authority) as server:
        server.things["/page"] = Thing(PAGE, "application/octet-stream")
        yield server


@pytest.fixture
def external(authority: Authority) -> ExternalContent:
    return ExternalContent(lambda: Fetcher(ca_file=str(authority.ca_file), allow_local=True))


def _reference(url: str, **but: Any) -> Reference:
    values = {"sha256": hashlib.sha256(PAGE).digest(), "size": len(PAGE), "expires": None}
    return Reference(**{"url": url, "content_type": "text/html;charset=iso-8859-1", **values, **but})


async def _refused(external: ExternalContent, content: Reference) -> str:
    with pytest.raises(ExternalContentError) as refused:
        await external.get(content)
    return str(refused.value.data["reason"])


async def test_what_has_the_digest_comes_as_what_the_answer_says_and_only_once(
    web: WebServer, external: ExternalContent
) -> None:
    assert await external.get(_reference(f"{web.origin}/page")) == "<h1>Grüße</h1>"
    # The same version needs nobody any more: neither the server, nor the address.
    assert await external.get(_reference(f"{web.origin}/elsewhere")) == "<h1>Grüße</h1>"
    assert web.asked == ["/page"]
    other = b"<h1>Two</h1>"
    web.things["/page"] = Thing(other)
    newer = _reference(f"{web.origin}/page", sha256=hashlib.sha256(other).digest(), size=None)
    assert await external.get(newer) == "<h1>Two</h1>"
    assert web.asked == ["/page", "/page"]


async def test_octets_that_are_not_what_was_meant_are_neither_shown_nor_kept(
    web: WebServer, external: ExternalContent
) -> None:
    honest = web.things["/page"]
    web.things["/page"] = Thing(PAGE.replace(b"h1", b"h2"))
    assert await _refused(external, _reference(f"{web.origin}/page")) == "digest_mismatch"
    web.things["/page"] = honest
    assert await external.get(_reference(f"{web.origin}/page")) == "<h1>Grüße</h1>"
    assert await _refused(external, _reference(f"{web.origin}/page", size=3)) == "size_mismatch"


async def test_what_is_over_is_not_fetched(web: WebServer, external: ExternalContent) -> None:
    past = datetime(2026, 1, 1, tzinfo=UTC)
    assert await _refused(external, _reference(f"{web.origin}/page", expires=past)) == "expired"
    assert await _refused(external, _reference(f"{web.origin}/page", size=MAX_BYTES + 1)) == "too_large"
    assert web.asked == []


async def test_what_is_larger_than_a_page_may_be_is_not_fetched_to_its_end(
    web: WebServer, external: ExternalContent
) -> None:
    web.things["/page"] = Thing(b"x" * (MAX_BYTES + 1))
    assert await _refused(external, _reference(f"{web.origin}/page", size=None)) == "too_large"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("https://169.254.169.254/latest/meta-data", "private_address"),
        ("http://169.254.169.254/latest/meta-data", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("/loop", "redirects"),
        ("/gone", "not_found"),
    ],
)
async def test_where_an_answer_refers_to_is_held_to_the_rules_of_every_fetch(
    web: WebServer, external: ExternalContent, location: str, reason: str
) -> None:
    web.things["/loop"] = Thing(status=302, headers={"Location": location})
    assert await _refused(external, _reference(f"{web.origin}/loop")) == reason
    if not location.startswith("/"):
        assert await _refused(external, _reference(location)) == reason


async def test_this_machine_is_asked_only_where_the_person_allowed_it(web: WebServer, authority: Authority) -> None:
    strict = ExternalContent(lambda: Fetcher(ca_file=str(authority.ca_file)))
    assert await _refused(strict, _reference(f"{web.origin}/page")) == "private_address"
    assert await _refused(strict, _reference(f"http://127.0.0.1:{web.port}/page")) == "not_https"
    assert web.asked == []
