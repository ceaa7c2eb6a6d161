"""What a TLS client says it came for, before anything is secret. Knows no connection."""

from __future__ import annotations

from typing import Final

HEADER_BYTES: Final = 5
"""Of a record: its type, a version and its length (RFC 8446 §5.1)."""

_HANDSHAKE, _CLIENT_HELLO, _ALPN = 22, 1, 16
_VERSION_AND_RANDOM: Final = 2 + 32
_HTTP: Final = frozenset({b"h2", b"http/1.1"})


def length_of(header: bytes) -> int:
    """How much of a record follows its header; 0 where it is none of a handshake."""
    return int.from_bytes(header[3:], "big") if header[0] == _HANDSHAKE else 0


def wants_http(record: bytes) -> bool:
    """Whether a client wants to speak HTTP, by the names of protocols that it offers.

    Args:
        record: The first one that it sends, without its header.

    Spec: RFC 8446 §4.1.2 (ClientHello), RFC 7301 §3.1 (ALPN).
    """
    hello = _Octets(record)
    try:
        if hello.number(1) != _CLIENT_HELLO:
            return False
        hello = _Octets(hello.vector(3))
        hello.take(_VERSION_AND_RANDOM)
        for width in (1, 2, 1):  # the session's id, cipher suites, compressions
            hello.vector(width)
        extensions = _Octets(hello.vector(2))
        while True:
            kind, extension = extensions.number(2), extensions.vector(2)
            if kind == _ALPN:
                return _Octets(_Octets(extension).vector(2)).vector(1) in _HTTP
    except EOFError:
        return False


class _Octets:
    """Octets to be read from the start; ends with EOFError."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def take(self, count: int) -> bytes:
        taken = self._octets[self._at : self._at + count]
        if len(taken) < count:
            raise EOFError
        self._at += count
        return taken

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        return self.take(self.number(width))
