"""A small PNG reader for the window icon: 8-bit RGB or RGBA, not interlaced, to ARGB numbers. Must not know windows."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Dict, List

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB, _RGBA = 2, 6
_CHANNELS: Dict[int, int] = {_RGB: 3, _RGBA: 4}
_SUB, _UP, _AVERAGE, _PAETH = 1, 2, 3, 4
_DEPTH = 8
_MOST_PIXELS = 1024 * 1024


class PngError(ValueError):
    """The file is not a PNG of the kinds read here."""


class Image(NamedTuple):
    """Rows from the top; a pixel is 0xAARRGGBB, not premultiplied."""

    width: int
    height: int
    pixels: List[int]


def read(data: bytes) -> Image:
    """Decode a PNG.

    Raises:
        PngError: it is damaged, too large, or of another kind (palette, grey, 16 bits, interlaced).

    Spec: RFC 2083.
    """
    try:
        return _read(data)
    except (struct.error, zlib.error, IndexError) as error:
        raise PngError("a damaged PNG: %s" % error) from error


def _read(data: bytes) -> Image:
    if not data.startswith(_SIGNATURE):
        raise PngError("not a PNG")
    position, header, packed = len(_SIGNATURE), b"", b""
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + 8 + length]
        position += length + 12
        if kind == b"IHDR":
            header = body
        elif kind == b"IDAT":
            packed += body
        elif kind == b"IEND":
            break
    width, height, depth, color, _compression, _filter, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != _DEPTH or color not in _CHANNELS or interlaced:
        raise PngError("only 8-bit RGB and RGBA without interlacing are read here")
    if not 0 < width * height <= _MOST_PIXELS:
        raise PngError("too large for an icon")
    channels = _CHANNELS[color]
    size = (width * channels + 1) * height
    rows = _unfilter(zlib.decompressobj().decompress(packed, size), width * channels, height, channels)
    return Image(width, height, [_argb(row, at, channels) for row in rows for at in range(0, len(row), channels)])


def _argb(row: bytearray, at: int, channels: int) -> int:
    alpha = row[at + 3] if channels == _CHANNELS[_RGBA] else 255
    return alpha << 24 | row[at] << 16 | row[at + 1] << 8 | row[at + 2]


def _unfilter(raw: bytes, row_bytes: int, height: int, step: int) -> List[bytearray]:
    """Undo the filters of RFC 2083 §6."""
    rows: List[bytearray] = []
    above = bytearray(row_bytes)
    for number in range(height):
        start = number * (row_bytes + 1)
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + row_bytes])
        for at in range(row_bytes) if kind else ():
            left = row[at - step] if at >= step else 0
            corner = above[at - step] if at >= step else 0
            row[at] = (row[at] + _predict(kind, left, above[at], corner)) & 0xFF
        rows.append(row)
        above = row
    return rows


def _predict(kind: int, left: int, up: int, corner: int) -> int:
    if kind == _SUB:
        return left
    if kind == _UP:
        return up
    if kind == _AVERAGE:
        return (left + up) // 2
    if kind != _PAETH:
        raise PngError("an unknown filter")
    guess = left + up - corner
    return min((left, up, corner), key=lambda near: abs(guess - near))
