"""Leads pjsip from a name to the server that it stands for.

A domain has several servers (RFC 3263; see servers), and a TLS server is reached at one address and known by another.

A provider's certificate is made out for its domain (RFC 5922 §7.2), while `server` may be any host in front of it.
pjsip compares the certificate with the host of the URI that it sends to, and has no setting for another. So requests
are sent to the domain, and pjsip asks the resolver here where that is: its public hook for applications with a resolver
of their own, `pjsip_endpt_set_ext_resolver`, which pjsua2 does not wrap.

The structures below are those of pjproject 2.15's `sip_resolve.h`, `sip_transport.h` and `sock.h`; another version, or
a build that does not export the function, is left alone, and then the certificate must be made out for `server`.

Must not know accounts.
"""

from __future__ import annotations

import ctypes
import logging
import socket
import sys
from typing import TYPE_CHECKING, Any, Final

import pjsua2 as pj

from elsipo.engine import pjlib

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

_KNOWN_VERSION: Final = "2.15"
_MOST_ADDRESSES: Final = 16  # PJSIP_MAX_RESOLVED_ADDRESSES of this build (measured: the offset of what follows)
_SOCKADDR_BYTES: Final = 28  # sizeof(pj_sockaddr): a sockaddr_in6
_IPV6_FLAG: Final = 128  # PJSIP_TRANSPORT_IPV6
_FAILED: Final = 70018  # PJ_ERESOLVE
_DEFAULT_PORTS: Final = {2: 5060, 1: 5060, 3: 5061}  # TCP is 2, UDP 1, TLS 3


class _Target(ctypes.Structure):
    """`pjsip_host_info`."""

    _fields_ = (("flag", ctypes.c_uint), ("type", ctypes.c_int), ("host", pjlib.Text), ("port", ctypes.c_int))


class _Entry(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("priority", ctypes.c_uint),
        ("weight", ctypes.c_uint),
        ("address", ctypes.c_uint32 * (_SOCKADDR_BYTES // 4)),
        ("address_bytes", ctypes.c_int),
    )


class _Answer(ctypes.Structure):
    """`pjsip_server_addresses`."""

    _fields_ = (("count", ctypes.c_uint), ("entries", _Entry * _MOST_ADDRESSES))


_Done = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(_Answer))
_Resolve = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(_Target), ctypes.c_void_p, ctypes.c_void_p
)


class _Hook(ctypes.Structure):
    """`pjsip_ext_resolver`."""

    _fields_ = (("resolve", _Resolve),)


class NameMap:
    """Sends some names to other hosts; all other names go where the system says.

    Args:
        lead: Takes a name and its port (0 without), and returns where it leads: a name or an IP address, and a port;
            None leaves it alone.
    """

    def __init__(self, lead: Callable[[str, int], tuple[str, int] | None]) -> None:
        self._lead = lead
        # ctypes keeps neither: pjsip holds bare pointers to both as long as the process lives.
        self._function = _Resolve(self._resolve)
        self._hook = _Hook(self._function)

    def install(self) -> bool:
        """Become pjsip's resolver, after the library was initialised.

        Returns:
            Whether this build of pjsip takes one.
        """
        if not str(pj.Endpoint.instance().libVersion().full).startswith(_KNOWN_VERSION):
            return False
        try:
            library = pjlib.library()
            get_endpoint, set_resolver = library.pjsua_get_pjsip_endpt, library.pjsip_endpt_set_ext_resolver
        except pjlib.UNUSABLE as error:
            _log.info("pjsip takes no resolver of ours: %s", error)
            return False
        set_resolver.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
        return bool(set_resolver(get_endpoint(), ctypes.addressof(self._hook)) == 0)

    def _resolve(self, _resolver: Any, _pool: Any, target: Any, token: Any, done: Any) -> None:
        """Answer pjsip, on its own thread, at once: it would wait for the system's resolver just as well."""
        wanted = target.contents
        answer = _Answer()
        status = 0
        try:
            host = wanted.host.octets().decode("ascii")
            host, port = self._lead(host, wanted.port) or (host, wanted.port)
            self._fill(answer, host.strip("[]"), port, wanted)
        except (OSError, UnicodeError) as error:
            _log.info("a name could not be resolved: %s", error)
            status = _FAILED
        _Done(done)(status, token, ctypes.byref(answer))

    def _fill(self, answer: _Answer, host: str, port: int, wanted: _Target) -> None:
        kind = (wanted.type & ~_IPV6_FLAG) or 1
        port = port or _DEFAULT_PORTS.get(kind, 5060)
        socket_kind = socket.SOCK_DGRAM if kind == 1 else socket.SOCK_STREAM
        families = {socket.AF_INET: kind, socket.AF_INET6: kind | _IPV6_FLAG}
        only = socket.AF_INET6 if wanted.type & _IPV6_FLAG else socket.AF_INET if ":" not in host else socket.AF_UNSPEC
        for family, _, _, _, address in socket.getaddrinfo(host, port, only, socket_kind)[:_MOST_ADDRESSES]:
            entry = answer.entries[answer.count]
            entry.type = families[family]
            packed = _sockaddr(family, address)
            ctypes.memmove(entry.address, packed, len(packed))
            entry.address_bytes = len(packed)
            answer.count += 1


def alias(name: str, host: str) -> Callable[[str, int], tuple[str, int] | None]:
    """Lead one name to another host, with whatever port."""
    return lambda asked, port: (host, port) if asked.lower() == name.lower() else None


def _sockaddr(family: int, address: Any) -> bytes:
    """Return a sockaddr_in or sockaddr_in6 as pjlib lays it out."""
    head = family.to_bytes(2, sys.byteorder) + int(address[1]).to_bytes(2, "big")
    if family == socket.AF_INET:
        return head + socket.inet_pton(family, address[0]) + bytes(8)
    host = address[0].partition("%")[0]
    flow, scope = int(address[2]), int(address[3])
    return head + flow.to_bytes(4, "big") + socket.inet_pton(family, host) + scope.to_bytes(4, sys.byteorder)
