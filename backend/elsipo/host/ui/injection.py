"""Puts the SDK into an HTML file before any script of its own, byte by byte: charset, doctype and the rest stay.

Knows the first rules of an HTML parser (whatwg.org, §13.2.6.4.1 to .4: before html, before head), and no more.
"""

from __future__ import annotations

import array
import re
import sys
from typing import Final

_UTF8_BOM: Final = b"\xef\xbb\xbf"
_UTF16_BOMS: Final = {b"\xff\xfe": "little", b"\xfe\xff": "big"}
_TAG: Final = r"(?=[\s/>])(?:[^>\"']|\"[^\"]*\"|'[^']*')*>"
_FILLING: Final = re.compile(r"(?:\s+|<!---?>|<!--(?!-?>).*?--!?>|<\?[^>]*>)*", re.DOTALL)
_DOCTYPE: Final = re.compile(r"<!(?!--)[^>]*>")
_HTML: Final = re.compile(r"<html" + _TAG, re.IGNORECASE)
_HEAD: Final = re.compile(r"<head" + _TAG, re.IGNORECASE)


def inject(content: bytes, tag: str) -> bytes:
    """Insert a tag right after `<head>`, else after `<html>`, else after the doctype, else at the start.

    Args:
        content: An HTML file in any encoding that browsers take.
        tag: ASCII markup.

    Returns:
        The file with the tag in it, all other bytes unchanged.
    """
    order = _UTF16_BOMS.get(content[:2])
    if order is not None:
        place = 2 + 2 * _place(_units(content[2:], order))
        inserted = tag.encode("utf-16-le" if order == "little" else "utf-16-be")
    else:
        skip = len(_UTF8_BOM) if content.startswith(_UTF8_BOM) else 0
        place = skip + _place(content[skip:].decode("latin-1"))
        inserted = tag.encode("ascii")
    return content[:place] + inserted + content[place:]


def _place(text: str) -> int:
    """Index to insert at; one character a code unit, so that the index is one into the file, too."""
    place = at = 0
    while True:
        at = _after(_FILLING, text, at)
        doctype = _DOCTYPE.match(text, at)
        if doctype is None:
            break
        place = at = doctype.end()
    html = _HTML.match(text, at)
    if html is not None:
        place = html.end()
        at = _after(_FILLING, text, place)
    head = _HEAD.match(text, at)
    return place if head is None else head.end()


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()


def _units(content: bytes, order: str) -> str:
    """UTF-16 code units as characters; those beyond Latin-1 are of no concern here."""
    units = array.array("H", content[: len(content) // 2 * 2])
    if order != sys.byteorder:
        units.byteswap()
    return "".join(chr(unit) if unit < 0x100 else "\ufffd" for unit in units)  # noqa: PLR2004 - Latin-1's end
