"""Content that a MESSAGE names instead of having it: `message/external-body`, fetched from the web.

    message → reference (URL, digest) → kept from earlier, or fetched → digest compared → text

Trust: the digest came over the registered flow, so that it does not matter who serves the octets. SHA-256 (RFC 9530);
the SHA-1 that RFC 4483 defines as `hash` can be forged, and does not count. What is fetched counts as if it had come
in the message. Knows no SIP and no window.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.parser import HeaderParser
from email.utils import collapse_rfc2231_value, parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from elsipo.host.fetch import FetchError, Limits
from elsipo.rpc.errors import ExternalContentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.host.fetch import Fetcher

MEDIA_TYPE: Final = "message/external-body"
MAX_BYTES: Final = 1024 * 1024
WITHIN_S: Final = 15.0
_MOST_KEPT: Final = 16
_DIGEST: Final = re.compile(r"(?:\A|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/]{43}=):\s*(?=[,;]|\Z)")
_SPACE: Final = re.compile(r"\s+")
_MAX_SIZE_DIGITS: Final = 9


@dataclass(frozen=True)
class Reference:
    """What a message says about content elsewhere.

    Attributes:
        url: Where it is.
        sha256: What its octets hash to.
        size: How many octets it has; None where that was not said.
        content_type: What it is, whatever the web server says.
        expires: Until when it is there; None where that was not said.
    """

    url: str
    sha256: bytes
    size: int | None
    content_type: str
    expires: datetime | None


def is_external(content_type: str) -> bool:
    """Whether a body is elsewhere."""
    return content_type.partition(";")[0].strip().lower() == MEDIA_TYPE


def reference(content_type: str, body: str) -> Reference:
    """Read a body of this type.

    Args:
        content_type: Its Content-Type, whole.
        body: Headers of the content, which itself is not there.

    Raises:
        ExternalContentError: it names nothing that could be fetched and recognised.

    Spec: RFC 2046 §5.2.3 (external-body), RFC 2017 §3 (URL), RFC 4483 §4, RFC 9530 §2 (Content-Digest)
    """
    outer = Message()
    outer["Content-Type"] = " ".join(content_type.splitlines())
    inner = HeaderParser().parsestr(body.lstrip("\r\n"))
    if _parameter(outer, "access-type").lower() != "url":
        raise _no("access_type", "The content is elsewhere, and not at a web address.")
    url = _SPACE.sub("", _parameter(outer, "url"))  # RFC 2017 §3.1: long ones are folded
    if not url:
        raise _no("bad_url", "The content is elsewhere, and it is not said where.")
    return Reference(
        url=url,
        sha256=_digest(inner),
        size=_size(outer),
        content_type=str(inner["Content-Type"] or "text/html"),
        expires=_expiration(outer),
    )


class ExternalContent:
    """Fetches such content for one account, and keeps the latest: what has the same digest is the same.

    Args:
        fetcher: Gives who fetches, by what the person allows now.
    """

    def __init__(self, fetcher: Callable[[], Fetcher]) -> None:
        self._fetcher = fetcher
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    async def get(self, content: Reference) -> str:
        """Return the text that is meant.

        Raises:
            ExternalContentError: it could not be had, or is not what was meant.
        """
        octets = self._kept.get(content.sha256)
        if octets is None:
            octets = await self._fetch(content)
        if content.size is not None and content.size != len(octets):
            raise _no("size_mismatch", f"The content has {len(octets)} bytes, and should have {content.size}.")
        self._kept[content.sha256] = octets
        self._kept.move_to_end(content.sha256)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return _text(octets, content.content_type)

    async def _fetch(self, content: Reference) -> bytes:
        if content.expires is not None and content.expires < datetime.now(UTC):
            raise _no("expired", f"The content was there until {content.expires:%Y-%m-%d %H:%M} UTC.")
        if content.size is not None and content.size > MAX_BYTES:
            raise _no("too_large", f"The content has {content.size} bytes; {MAX_BYTES} are the most.")
        try:
            fetched = await self._fetcher().get(content.url, Limits(MAX_BYTES, WITHIN_S))
        except FetchError as error:
            raise _no(error.reason, error.text) from error
        if not hmac.compare_digest(hashlib.sha256(fetched.body).digest(), content.sha256):
            raise _no(
                "digest_mismatch", "What is at the content's web address is not what the provider meant (SHA-256)."
            )
        return fetched.body


def _no(reason: str, text: str) -> ExternalContentError:
    return ExternalContentError(text, reason=reason)


def _parameter(outer: Message, name: str) -> str:
    value = outer.get_param(name, "")
    return collapse_rfc2231_value(value).strip() if value is not None else ""


def _digest(inner: Message) -> bytes:
    found = _DIGEST.findall(", ".join(map(str, inner.get_all("Content-Digest", []))))
    if not found:
        raise _no("no_digest", "The content is elsewhere, without a SHA-256 digest to know it by (Content-Digest).")
    return b64decode(found[-1])  # RFC 8941 §3.2: of several, the last


def _size(outer: Message) -> int | None:
    size = _parameter(outer, "size")
    if not size:
        return None
    if not (size.isascii() and size.isdigit()) or len(size) > _MAX_SIZE_DIGITS:
        raise _no("bad_size", "The content is elsewhere, and its size is no number.")
    return int(size)


def _expiration(outer: Message) -> datetime | None:
    """When it ends: a date of RFC 5322 §3.3, and none but that."""
    until = _parameter(outer, "expiration")
    if not until:
        return None
    try:
        moment = parsedate_to_datetime(until)
    except ValueError:
        raise _no("bad_expiration", "The content is elsewhere, until a date that is none.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _text(octets: bytes, content_type: str) -> str:
    inner = Message()
    inner["Content-Type"] = " ".join(content_type.splitlines())
    try:
        return octets.decode(inner.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return octets.decode("utf-8", "replace")
