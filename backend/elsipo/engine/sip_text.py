"""Reading SIP as text: a message's headers and body, and addresses.

pjsua2 hands out the packet and little else: a content type without parameters, no body for multipart, no foreign
headers. So the packet itself is read here (RFC 3261 §7, §25.1). Everything in it was written by a stranger.
Must not know pjsua2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Final

# RFC 3261 §7.3.3 and the registry of compact forms.
_COMPACT: Final = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
}
_NAME: Final = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")
_FOLD: Final = re.compile(r"\r?\n[ \t]+")
_QUOTED_PAIR: Final = re.compile(r"\\(.)")
_NAME_ADDR: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*))\s*<([^<>]*)>')
_SIP_URI: Final = re.compile(r"[sS][iI][pP][sS]?:[!-~]+")
_NOWHERE: Final = "sip:anonymous@anonymous.invalid"  # RFC 3323 §4.1.1.3


@dataclass(frozen=True)
class SipText:
    """A SIP message, taken apart.

    Attributes:
        start_line: Request line or status line.
        headers: Name and value in their order; compact names written out, folded lines joined.
        body: The octets that arrived.
        truncated: Content-Length promised more octets than arrived.
    """

    start_line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: bool

    def header(self, name: str) -> str:
        """Return the first value of a header, or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    def text(self) -> tuple[str, str]:
        """Return the body as a person reads it: its content type, and its text.

        Of a multipart body that is its first plain part, or else its first part of text (RFC 2046 §5.1.4); what has
        none stays as it came. The charset is UTF-8 unless said otherwise (RFC 3428 §8); what is not text is replaced.
        """
        declared = self.header("Content-Type")
        head = b"Content-Type: " + declared.encode("utf-8", "replace") + b"\r\n\r\n"
        whole = message_from_bytes(head + self.body) if declared.lower().startswith("multipart/") else None
        parts = [part for part in whole.walk() if part.get_content_maintype() == "text"] if whole else []
        if not parts:
            holder = Message()
            holder["Content-Type"] = declared
            return declared, _decoded(self.body, holder)
        part = next((part for part in parts if part.get_content_type() == "text/plain"), parts[0])
        payload = part.get_payload(decode=True)
        octets = payload if isinstance(payload, bytes) else b""
        return f"{part.get_content_type()};charset=utf-8", _decoded(octets, part)


def _decoded(octets: bytes, described: Message) -> str:
    charset = described.get_param("charset")
    name = charset if isinstance(charset, str) else "utf-8"
    if name.lower() == "utf-16" and not octets.startswith((b"\xfe\xff", b"\xff\xfe")):
        name = "utf-16-be"  # RFC 2781 §4.3; Python would take this machine's order
    try:
        text = octets.decode(name, "replace")
    except (LookupError, ValueError):
        text = octets.decode("utf-8", "replace")
    # An escape such as UTF-7's can decode to half a surrogate pair, which no JSON text can carry.
    return text.encode("utf-8", "replace").decode("utf-8")


def parse(packet: str) -> SipText:
    """Take a packet apart, as pjsua2 gives it: UTF-8, what is not UTF-8 in surrogate escapes.

    Args:
        packet: `SipRxData.wholeMsg`.

    Returns:
        What could be read; never raises on a stranger's text.

    Spec: RFC 3261 §7.3.1, §18.3.
    """
    raw = packet.encode("utf-8", "surrogateescape")
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        head, _, body = raw.partition(b"\n\n")
    lines = _FOLD.sub(" ", head.decode("utf-8", "replace")).splitlines()
    headers: list[tuple[str, str]] = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        name = name.strip()
        if colon and _NAME.fullmatch(name):
            headers.append((_COMPACT.get(name.lower(), name), value.strip()))
    result = SipText(lines[0] if lines else "", tuple(headers), body, truncated=False)
    length = result.header("Content-Length")
    if not (length.isascii() and length.isdigit()) or len(length) > 9:  # noqa: PLR2004 - more than any packet
        return result
    # Over a datagram, octets beyond Content-Length are to be dropped (§18.3).
    return SipText(result.start_line, result.headers, body[: int(length)], truncated=len(body) < int(length))


def name_and_uri(address: str) -> tuple[str, str]:
    """Split a From, To or Contact value.

    Args:
        address: `"Bob" <sip:bob@example.org>;tag=1`, or an address without brackets.

    Returns:
        Display name (empty when there is none) and URI. Outside brackets parameters belong to the header.

    Spec: RFC 3261 §20.10.
    """
    match = _NAME_ADDR.match(address)
    if match is None:
        return "", address.partition(";")[0].strip()
    quoted, plain, uri = match.groups()
    display = _QUOTED_PAIR.sub(r"\1", quoted) if quoted is not None else plain.strip()
    return display, uri.strip()


def plain_uri(uri: str) -> str:
    """Return who a URI stands for: without parameters and headers, fit for the contract's SipUri.

    Returns:
        `sip:user@host[:port]`, or the anonymous URI for what is no SIP URI or too long.
    """
    scheme, colon, rest = uri.partition(":")
    user, at, host = rest.rpartition("@")
    host = re.split(r"[;?]", host, maxsplit=1)[0]
    bare = f"{scheme}{colon}{user}{at}{host}"
    if len(bare) > 512 or not _SIP_URI.fullmatch(bare):  # noqa: PLR2004 - SipUri.maxLength
        return _NOWHERE
    return bare


def host_of(uri: str) -> str:
    """Return the host of a SIP URI in lower case, without its port; empty for what is none."""
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme.lower() not in {"sip", "sips"}:
        return ""
    host = re.split(r"[;?]", rest.rpartition("@")[2], maxsplit=1)[0].lower()
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def clip(text: str, limit: int) -> str:
    """Cut a stranger's text to the contract's length."""
    return text if len(text) <= limit else text[:limit]
