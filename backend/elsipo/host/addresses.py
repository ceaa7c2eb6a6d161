"""What a person types, or a page gives, as an address; made into a SIP URI or refused.

Knows RFC 3261 §19.1 and §25.1; knows nothing of accounts but their domain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from elsipo.rpc.errors import InvalidAddressError

_MAX_LENGTH = 512
_USER_SAFE = "-_.!~*'()&=+$,;/"  # unreserved and user-unreserved, without "?", which opens headers elsewhere
_PORT_MAX = 65535
_NAME_ADDR = re.compile(r'\A(?:"[^"]*"|[^<>"]*) *<([^<>]*)>\Z')
_PHONE = re.compile(r"\A\+?[0-9*#][0-9*# ().\-/]*\Z")
_PHONE_FILLING = re.compile(r"[ ().\-/]")
_ESCAPED_USER = re.compile(r"\A(?:[A-Za-z0-9\-_.!~*'()&=+$,;/]|%[0-9A-Fa-f]{2})+\Z")
_HOST = re.compile(
    r"\A(?:(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?"
    r"|\[[0-9A-Fa-f:.]+\])\Z"
)
_TRANSPORTS = frozenset({"udp", "tcp", "tls"})


@dataclass(frozen=True)
class SipAddress:
    """A SIP URI taken apart: scheme, escaped user (may be empty), host, port, transport parameter."""

    scheme: str
    user: str
    host: str
    port: int | None = None
    transport: str | None = None

    @property
    def domain(self) -> str:
        """Host, and the port where it is given."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def aor(self) -> str:
        """Without parameters: what names a person (RFC 3261 §10)."""
        return f"{self.scheme}:{self.user}@{self.domain}" if self.user else f"{self.scheme}:{self.domain}"

    @property
    def uri(self) -> str:
        """All of it, as it goes into a request."""
        return self.aor + (f";transport={self.transport}" if self.transport else "")

    def display(self, own_domain: str) -> str:
        """The short form to show: within `own_domain` just the user."""
        user = unquote(self.user)
        if self.domain == own_domain and user:
            return user
        return f"{user}@{self.domain}" if user else self.domain


def parse(text: str, own_domain: str | None = None) -> SipAddress:
    """Understand a typed address.

    Takes `bob`, `bob@example.org`, `sip:bob@example.org:5070;transport=tcp`, `"Bob" <sip:bob@example.org>`,
    `tel:+49-30-123` and `+49 (30) 123`. URI headers and parameters that steer routing are refused, for a page could
    smuggle them.

    Args:
        text: What was typed.
        own_domain: Domain for addresses that name none; without it they are refused.

    Raises:
        InvalidAddressError: it is no address, or one that must not be called.

    Spec: RFC 3261 §19.1.1, RFC 3966.
    """
    text = text.strip()
    if not text.isprintable():
        raise InvalidAddressError("An address has no line breaks in it.")
    if named := _NAME_ADDR.match(text):
        text = named.group(1).strip()
    scheme, rest = _split_scheme(text)
    if _PHONE.match(rest):
        rest = _PHONE_FILLING.sub("", rest)
    elif scheme == "tel":
        raise InvalidAddressError("That is not a telephone number.")
    if not rest or " " in rest:
        raise InvalidAddressError("An address has no spaces in it.")
    if "?" in rest:
        raise InvalidAddressError("An address with headers in it is not accepted.")
    user, at, host_part = rest.rpartition("@")
    if not at:
        user, host_part = _without_at(rest, scheme, own_domain)
    host, port, transport = _host_part(host_part)
    address = SipAddress("sips" if scheme == "sips" else "sip", _escaped(user), host, port, transport)
    if len(address.uri) > _MAX_LENGTH:
        raise InvalidAddressError("That address is too long.")
    return address


def canonical_peer(uri: str) -> str:
    """The AOR of whoever wrote or called, for the history; an unreadable one becomes anonymous (RFC 3261 §8.1.1.3)."""
    try:
        return parse(re.sub(r"[;?].*\Z", "", uri, flags=re.DOTALL) if "@" in uri else uri).aor
    except InvalidAddressError:
        return "sip:anonymous@anonymous.invalid"


def user_and_domain(uri: str) -> tuple[str, str]:
    """User and domain of a URI off the wire, lower-case domain; two empty strings when it is none."""
    try:
        address = parse(uri)
    except InvalidAddressError:
        return "", ""
    return unquote(address.user), address.domain


def _split_scheme(text: str) -> tuple[str, str]:
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in {"sip", "sips", "tel"}:
        return scheme.lower(), rest
    return "", text


def _without_at(rest: str, scheme: str, own_domain: str | None) -> tuple[str, str]:
    """A bare user belongs to our domain; `sip:example.org` is a host (RFC 3261 §19.1.1)."""
    if scheme in {"sip", "sips"} and not _PHONE.match(rest) and "." in rest:
        return "", rest
    if own_domain is None:
        raise InvalidAddressError("An address looks like bob@provider.example.")
    return rest, own_domain


def _escaped(user: str) -> str:
    if not user or _ESCAPED_USER.match(user):
        return user
    if any(character in '<>"@:\\' for character in user):
        raise InvalidAddressError("That name has characters in it that no address has.")
    return quote(user, safe=_USER_SAFE)


def _host_part(text: str) -> tuple[str, int | None, str | None]:
    host_port, *parameters = text.split(";")
    transport = None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.lower() == "transport" and value.lower() in _TRANSPORTS:
            transport = value.lower()
        elif (name.lower(), value.lower()) != ("user", "phone"):
            raise InvalidAddressError("That address has parameters that are not accepted.")
    return *_host_port(host_port), transport


def _host_port(text: str) -> tuple[str, int | None]:
    host, colon, digits = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        host = text
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise InvalidAddressError("That domain cannot be one.") from error
    if not _HOST.match(host):
        raise InvalidAddressError("That domain cannot be one.")
    if not colon:
        return host.lower(), None
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) <= _PORT_MAX):
        raise InvalidAddressError("That port cannot be one.")
    return host.lower(), int(digits)
