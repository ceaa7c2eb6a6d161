"""What a TLS client says it came for, whole and cut."""

from __future__ import annotations

import contextlib
import ssl

import pytest
from elsipo.host.client_hello import HEADER_BYTES, length_of, wants_http


def _hello(*protocols: str) -> bytes:
    context = ssl.create_default_context()
    context.set_alpn_protocols(protocols)
    said = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), said, server_hostname="ui.example")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return said.read()


@pytest.mark.parametrize(
    ("protocols", "wanted"),
    [
        (["h2", "http/1.1"], True),
        (["http/1.1"], True),
        ([], False),
        (["stun.turn"], False),
        (["webrtc", "http/1.1"], False),
        (["http/1.10"], False),
    ],
)
def test_a_client_wants_http_where_that_is_what_it_offers_first(protocols: list[str], *, wanted: bool) -> None:
    said = _hello(*protocols)
    assert length_of(said[:HEADER_BYTES]) == len(said) - HEADER_BYTES
    assert wants_http(said[HEADER_BYTES:]) is wanted


def test_what_is_cut_anywhere_wants_nothing() -> None:
    record = _hello("http/1.1")[HEADER_BYTES:]
    assert not any(wants_http(record[:length]) for length in range(len(record)))


def test_a_record_of_another_kind_has_nothing_to_be_read() -> None:
    said = _hello("http/1.1")
    assert length_of(b"\x17" + said[1:HEADER_BYTES]) == 0
    assert not wants_http(b"\x02" + said[HEADER_BYTES + 1 :])
    assert not wants_http(b"")
