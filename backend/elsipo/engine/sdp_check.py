"""Which session descriptions pjsip may see. Pure text: knows neither pjsip nor calls.

pjproject checks much by assertions, and its published build keeps them: a description that it did not expect ends the
process. This grammar is RFC 4566's where pjsip depends on it, and refuses what no telephone sends.
"""

from __future__ import annotations

import re
from typing import Final

_MOST_BYTES: Final = 8000
_MOST_MEDIA: Final = 8
_MOST_PAYLOAD_TYPES: Final = 32  # PJMEDIA_MAX_SDP_FMT
_MOST_ATTRIBUTES: Final = 64  # PJMEDIA_MAX_SDP_ATTR is 68, and pjsip adds its own
_MOST_BANDWIDTHS: Final = 4
_MOST_PORT: Final = 65535

_LINE: Final = re.compile(r"\A([a-z])=([^\r\n]*)\Z")
_ORIGIN: Final = re.compile(r"\A\S+ \d{1,20} \d{1,20} IN IP[46] \S+\Z")
_CONNECTION: Final = re.compile(r"\AIN IP[46] [^\s/]+(?:/\d+)*\Z")
_TIME: Final = re.compile(r"\A\d{1,20} \d{1,20}\Z")
_MEDIA: Final = re.compile(r"\A[A-Za-z0-9-]+ (\d{1,5})(?:/\d{1,3})? ([A-Za-z0-9/.-]+)((?: [A-Za-z0-9*._+-]+)+)\Z")
_ATTRIBUTE: Final = re.compile(r"\A([A-Za-z0-9_-]+)(?::(.*))?\Z")
_NUMBERED: Final = {
    "rtpmap": re.compile(r"\A(\d{1,3}) [A-Za-z0-9._-]+/[1-9]\d{0,6}(?:/\d{1,2})?\Z"),
    "fmtp": re.compile(r"\A(\d{1,3}|\*) \S.*\Z"),
}
_ONE_NUMBER: Final = {
    "ptime": re.compile(r"\A[1-9]\d{0,3}(?:\.\d+)?\Z"),
    "maxptime": re.compile(r"\A[1-9]\d{0,3}(?:\.\d+)?\Z"),
    "rtcp": re.compile(r"\A\d{1,5}(?: IN IP[46] \S+)?\Z"),
}
_LAST_PAYLOAD_TYPE: Final = 127


def is_sound(text: str) -> bool:
    """Tell whether a description keeps to the grammar.

    Args:
        text: The body, as it came.

    Spec: RFC 4566 §5, §9.
    """
    if len(text) > _MOST_BYTES:
        return False
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    found = [_LINE.match(line) for line in lines]
    if not all(found):
        return False
    pairs = [(line[1], line[2].rstrip(" ")) for line in found if line]
    starts = [at for at, (kind, _) in enumerate(pairs) if kind == "m"]
    if not 1 <= len(starts) <= _MOST_MEDIA:
        return False
    session, media = pairs[: starts[0]], [pairs[a:b] for a, b in zip(starts, [*starts[1:], len(pairs)], strict=True)]
    has_connection = any(kind == "c" for kind, _ in session)
    return _is_session(session) and all(_is_media(part, has_connection=has_connection) for part in media)


def _is_session(pairs: list[tuple[str, str]]) -> bool:
    values = dict(reversed(pairs))
    once = all(sum(kind == name for kind, _ in pairs) <= 1 for name in "vosc")
    return (
        [kind for kind, _ in pairs[:3]] == ["v", "o", "s"]
        and once
        and values["v"] == "0"
        and _ORIGIN.match(values["o"]) is not None
        and any(kind == "t" for kind, _ in pairs)
        and all(_TIME.match(value) for kind, value in pairs if kind == "t")
        and _are_common(pairs)
    )


def _is_media(pairs: list[tuple[str, str]], *, has_connection: bool) -> bool:
    media = _MEDIA.match(pairs[0][1])
    connections = sum(kind == "c" for kind, _ in pairs)
    if media is None or int(media[1]) > _MOST_PORT or connections > 1 or not (has_connection or connections):
        return False
    formats = media[3].split()
    if len(formats) > _MOST_PAYLOAD_TYPES or len(set(formats)) < len(formats):
        return False
    if media[2].startswith("RTP/") and not all(name.isdigit() and int(name) <= _LAST_PAYLOAD_TYPE for name in formats):
        return False
    return _are_common(pairs[1:])


def _are_common(pairs: list[tuple[str, str]]) -> bool:
    """Tell whether what may stand at both levels does so rightly."""
    attributes = [value for kind, value in pairs if kind == "a"]
    if len(attributes) > _MOST_ATTRIBUTES or sum(kind == "b" for kind, _ in pairs) > _MOST_BANDWIDTHS:
        return False
    described: set[tuple[str, str]] = set()
    for text in attributes:
        attribute = _ATTRIBUTE.match(text)
        if attribute is None:
            return False
        name, value = attribute[1], attribute[2] or ""
        if name in _NUMBERED:
            numbered = _NUMBERED[name].match(value)
            if numbered is None or (name, numbered[1]) in described:
                return False
            described.add((name, numbered[1]))
        elif name in _ONE_NUMBER and not _ONE_NUMBER[name].match(value):
            return False
    return all(_CONNECTION.match(value) for kind, value in pairs if kind == "c")
