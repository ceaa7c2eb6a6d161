"""What the SIP trace may never show, whoever wrote it and however it is spelt; and all else, which it shows."""

from __future__ import annotations

import pytest
from elsipo.engine.redaction import redacted


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('Authorization: Digest username="alice", response="s3cret"', "Authorization: Digest [redacted]"),
        ("proxy-authorization :  Basic s3cret", "proxy-authorization :  Basic [redacted]"),
        ("AUTHORIZATION:Bearer s3cret", "AUTHORIZATION:Bearer [redacted]"),
        ("Authorization: s3cret", "Authorization: [redacted]"),
        ('Authorization: Digest username="alice",\r\n response="s3cret",\r\n\tcnonce="s3cret"', "[redacted]"),
        ('Authentication-Info: rspauth="s3cret"', "Authentication-Info: [redacted]"),
        ("To: <sip:bob:s3cret@example.org>", "To: <sip:bob:[redacted]@example.org>"),
        ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:s3cret", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 [redacted]"),
        ("a=ice-pwd:s3cret", "a=ice-pwd:[redacted]"),
        ("k=clear:s3cret", "k=[redacted]"),
    ],
)
def test_a_secret_is_taken_out_in_the_head_and_in_a_quoted_message(line: str, shown: str) -> None:
    for message in (
        f"REGISTER sip:example.org SIP/2.0\r\n{line}\r\nCSeq: 1 REGISTER\r\n\r\n",
        f"NOTIFY sip:a@b SIP/2.0\r\n\r\nSIP/2.0 200 OK\r\n{line}\r\nCSeq: 1 REGISTER\r\n",
    ):
        left = redacted(message)
        assert "s3cret" not in left
        assert shown in left
        assert "\r\nCSeq: 1 REGISTER\r\n" in left


def test_all_else_stays_as_it_was() -> None:
    message = (
        "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\n"
        'WWW-Authenticate: Digest realm="example.org", nonce="abc"\r\nTo: <sip:bob@example.org:5061>\r\n\r\n'
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\na=rtpmap:0 PCMU/8000\r\nAuthorisation is not a header.\r\n"
    )
    assert redacted(message) == message
