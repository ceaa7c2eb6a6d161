"""Reading SIP that a stranger wrote."""

from __future__ import annotations

import pytest
from elsipo.engine import sip_text


def test_headers_are_read_in_order_with_compact_names_and_folded_lines() -> None:
    message = sip_text.parse(
        'MESSAGE sip:a@b SIP/2.0\r\nf: "Bob"\r\n <sip:bob@b>;tag=1\r\nc: text/html\r\nX-A:1\r\nX-A: 2\r\nl: 2\r\n\r\nhi'
    )
    assert message.start_line == "MESSAGE sip:a@b SIP/2.0"
    assert message.header("From") == '"Bob" <sip:bob@b>;tag=1'
    assert message.header("content-type") == "text/html"
    assert [value for name, value in message.headers if name == "X-A"] == ["1", "2"]
    assert (message.body, message.truncated) == (b"hi", False)


@pytest.mark.parametrize(
    ("length", "body", "kept", "truncated"),
    [
        ("5", "12345", b"12345", False),
        ("3", "12345", b"123", False),
        ("6", "12345", b"12345", True),
        ("-1", "1", b"1", False),
        ("x", "1", b"1", False),
        ("9" * 30, "1", b"1", False),
    ],
)
def test_content_length_rules(length: str, body: str, kept: bytes, *, truncated: bool) -> None:
    message = sip_text.parse(f"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: {length}\r\n\r\n{body}")
    assert (message.body, message.truncated) == (kept, truncated)


@pytest.mark.parametrize("packet", ["", "\r\n\r\n", "no colon\r\nnone here\r\n\r\n", ":\r\n: :\r\n", "\udcff\udcfe"])
def test_what_is_no_sip_is_read_as_nothing(packet: str) -> None:
    message = sip_text.parse(packet)
    assert message.header("From") == ""
    assert message.text()[1] == ""


def test_octets_that_are_no_utf8_survive_in_the_body_and_are_replaced_in_its_text() -> None:
    packet = b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 3\r\n\r\na\xffb".decode("utf-8", "surrogateescape")
    message = sip_text.parse(packet)
    assert message.body == b"a\xffb"
    assert message.text()[1] == "a\ufffdb"


def test_text_is_always_fit_for_json() -> None:
    packet = b"MESSAGE sip:a@b SIP/2.0\r\nContent-Type: text/plain;charset=utf-7\r\n\r\n+2AA-".decode()
    sip_text.parse(packet).text()[1].encode("utf-8")


@pytest.mark.parametrize(
    ("address", "display", "uri"),
    [
        ('"Bob \\"B\\" O" <sip:bob@b;x=1>;tag=2', 'Bob "B" O', "sip:bob@b;x=1"),
        ("Bob <sip:bob@b>", "Bob", "sip:bob@b"),
        ("<sip:bob@b>", "", "sip:bob@b"),
        ("sip:bob@b;tag=2", "", "sip:bob@b"),
        ("", "", ""),
        ('"never ends', "", '"never ends'),
    ],
)
def test_addresses_are_split(address: str, display: str, uri: str) -> None:
    assert sip_text.name_and_uri(address) == (display, uri)


@pytest.mark.parametrize(
    ("uri", "plain"),
    [
        ("sip:bob@b:5070;transport=tcp?x=y", "sip:bob@b:5070"),
        ("sip:+49;phone-context=x@b", "sip:+49;phone-context=x@b"),
        ("sips:b", "sips:b"),
        ("tel:+49", "sip:anonymous@anonymous.invalid"),
        ("sip:a b@c", "sip:anonymous@anonymous.invalid"),
        ("sip:" + "x" * 600 + "@b", "sip:anonymous@anonymous.invalid"),
    ],
)
def test_a_uri_is_reduced_to_whom_it_stands_for(uri: str, plain: str) -> None:
    assert sip_text.plain_uri(uri) == plain
