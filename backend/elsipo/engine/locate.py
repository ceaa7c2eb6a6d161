"""Where a domain's SIP servers are: NAPTR, SRV and addresses (RFC 3263).

pjsip asks the system's resolver for addresses alone. This asks the name servers that the system uses, or those of
`ELSIPO_NAME_SERVERS` (`host:port`, separated by commas; for tests), and returns all servers in the order in which they
are to be tried. Blocks: for a thread of its own. Must not know pjsua2.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import random
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from elsipo.rpc._generated.models import Transport

_log = logging.getLogger(__name__)

NAME_SERVERS: Final = "ELSIPO_NAME_SERVERS"
_PATIENCE_S: Final = 4.0  # for one question, all name servers together
_MOST_TARGETS: Final = 16
# RFC 3263 §4.1: NAPTR's service, and the name of SRV where there is no NAPTR.
_SERVICES: Final = {
    "udp": ("SIP+D2U", "_sip._udp"),
    "tcp": ("SIP+D2T", "_sip._tcp"),
    "tls": ("SIPS+D2T", "_sips._tcp"),
}
_DEFAULT_PORTS: Final = {"udp": 5060, "tcp": 5060, "tls": 5061}


@dataclass(frozen=True)
class Target:
    """A server.

    Attributes:
        address: IP address.
        port: Its port.
    """

    address: str
    port: int


class NameServers:
    """Asks the domain name system."""

    def __init__(self) -> None:
        # Half of the engine's start-up time, and needed by accounts without a server of their own alone.
        import dns.exception
        import dns.resolver

        self._failures = (dns.exception.DNSException, OSError, ValueError)
        given = [server for server in os.environ.get(NAME_SERVERS, "").split(",") if server]
        resolver = dns.resolver.Resolver(configure=not given)
        if given:
            resolver.nameservers = [server.rpartition(":")[0] for server in given]
            resolver.nameserver_ports = {server.rpartition(":")[0]: int(server.rpartition(":")[2]) for server in given}
        resolver.cache = dns.resolver.LRUCache(256)
        resolver.lifetime = _PATIENCE_S
        self._resolver = resolver

    def ask(self, name: str, kind: str) -> list[Any]:
        """Return the records of a name; empty when there are none, or nobody answers."""
        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except self._failures as error:
            _log.debug("%s %s: %s", kind, name, error)
            return []


def can_be_located(host: str) -> bool:
    """Whether a host is a name without a port, for which there may be SRV (RFC 3263 §4.2)."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return ":" not in host and "." in host
    return False


def locate(
    domain: str,
    transport: Transport,
    ask: Callable[[str, str], Sequence[Any]],
    *,
    ipv6: bool = False,
    chance: random.Random | None = None,
) -> list[Target]:
    """Find a domain's servers for one transport.

    Args:
        domain: A host name.
        transport: The account's; NAPTR for others is passed over.
        ask: Name and type to records, as dnspython has them.
        ipv6: Whether our socket is an IPv6 one.
        chance: For SRV's weights.

    Returns:
        Servers, the first to be tried first; empty when the name cannot be found, or refuses this transport.

    Spec: RFC 3263 §4, RFC 2782, RFC 3403.
    """
    chance = chance or random.SystemRandom()
    service, prefix = _SERVICES[transport]
    naptr = sorted(ask(domain, "NAPTR"), key=lambda record: (record.order, record.preference))
    names = [
        str(record.replacement)
        for record in naptr
        if record.flags.lower() == b"s" and record.service.decode("ascii", "replace").upper() == service
    ]
    for name in names or [f"{prefix}.{domain}"]:
        records = ask(name, "SRV")
        if not records:
            continue
        if len(records) == 1 and str(records[0].target) == ".":
            return []  # decidedly not available (RFC 2782)
        found = [
            Target(address, record.port)
            for record in _by_priority(records, chance)
            for address in _addresses(str(record.target), ask, ipv6=ipv6)
        ]
        if found:
            return found[:_MOST_TARGETS]
    port = _DEFAULT_PORTS[transport]
    return [Target(address, port) for address in _addresses(domain, ask, ipv6=ipv6)][:_MOST_TARGETS]


def _by_priority(records: Iterable[Any], chance: random.Random) -> list[Any]:
    """Order by priority, and within one by chance, heavier ones more likely first (RFC 2782)."""
    # A weight of w is first with probability proportional to w: the smallest of exponential variates.
    return sorted(records, key=lambda record: (record.priority, chance.expovariate(max(record.weight, 0.01))))


def _addresses(host: str, ask: Callable[[str, str], Sequence[Any]], *, ipv6: bool) -> list[str]:
    found = [str(record.address) for record in ask(host, "AAAA" if ipv6 else "A")]
    if found:
        return found
    family = socket.AF_INET6 if ipv6 else socket.AF_INET
    try:  # what the system knows beside DNS
        return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host.rstrip("."), None, family)))
    except OSError:
        return []
