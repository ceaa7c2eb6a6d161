"""Reading what an answer says about content elsewhere."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from elsipo.host.external_content import is_external, reference
from elsipo.rpc.errors import ExternalContentError

SHA256 = hashlib.sha256(b"page").digest()
DIGEST = f"sha-256=:{b64encode(SHA256).decode()}:"
OUTER = 'message/external-body;access-type=URL;URL="https://web.example/page"'
INNER = f"Content-Type: text/html;charset=utf-8\r\nContent-Digest: {DIGEST}\r\n\r\n"


def test_a_reference_says_where_what_how_much_and_until_when() -> None:
    found = reference(f'{OUTER};size=4;expiration="Tue, 24 Nov 2026 10:00:00 +0100"', INNER)
    assert (found.url, found.sha256, found.size) == ("https://web.example/page", SHA256, 4)
    assert found.content_type == "text/html;charset=utf-8"
    assert found.expires == datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_only_address_and_digest_are_needed_and_a_long_address_may_be_folded() -> None:
    outer = 'Message/External-Body; access-type="url"; url="https://web.example/\r\n a/long\r\n /page"'
    found = reference(outer, f"\r\ncontent-digest: sha-512=:AAAA:, {DIGEST}")
    assert (found.url, found.size, found.expires) == ("https://web.example/a/long/page", None, None)
    assert found.content_type == "text/html"


@pytest.mark.parametrize(
    ("outer", "inner", "reason"),
    [
        ('message/external-body;access-type=anon-ftp;site="web.example"', INNER, "access_type"),
        ("message/external-body", INNER, "access_type"),
        ("message/external-body;access-type=URL", INNER, "bad_url"),
        (OUTER, "Content-Type: text/html\r\n\r\n", "no_digest"),
        (f"{OUTER};hash=10AB568E91245681AC1B", "Content-Type: text/html\r\n\r\n", "no_digest"),
        (OUTER, "Content-Digest: sha=:AAAA:\r\n\r\n", "no_digest"),
        (OUTER, "Content-Digest: sha-256=:AAAA:\r\n\r\n", "no_digest"),
        (OUTER, "", "no_digest"),
        (f"{OUTER};size=-1", INNER, "bad_size"),
        (f"{OUTER};size=9999999999", INNER, "bad_size"),
        (f"{OUTER};expiration=soon", INNER, "bad_expiration"),
    ],
)
def test_what_cannot_be_fetched_or_recognised_is_refused(outer: str, inner: str, reason: str) -> None:
    with pytest.raises(ExternalContentError) as refused:
        reference(outer, inner)
    assert refused.value.data == {"reason": reason}


def test_what_is_external_is_told_by_the_media_type_alone() -> None:
    assert is_external(" Message/External-Body ; access-type=URL")
    assert not is_external("text/html;x=message/external-body")
