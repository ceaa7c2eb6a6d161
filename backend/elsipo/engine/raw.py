"""Sends a request that belongs to no object of pjsip's. Must not know what it says.

Uses one function of pjsip's public headers, `pjsip_endpt_send_raw_to_uri`; a build that does not export it goes
without.
"""

from __future__ import annotations

import ctypes
import logging
from typing import TYPE_CHECKING, Any, Final

from elsipo.engine import pjlib

if TYPE_CHECKING:
    from elsipo.engine.reactor import Reactor

_log = logging.getLogger(__name__)

_REPEATED_AFTER_S: Final = (0.5, 1.5)
"""Nobody waits for the response, so that the request is repeated anyway; whoever got it drops the others (§17.2.2)."""


# pjsip calls it without asking whether there is one; what it is told does not matter here.
_OnSent = ctypes.CFUNCTYPE(None)


class RawSender:
    """Sends whole packets through pjsip's transports.

    Args:
        reactor: The pjsip thread.
    """

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._library: Any = None
        self._on_sent = _OnSent(lambda: None)
        try:
            library = pjlib.library()
            library.pjsip_endpt_send_raw_to_uri.argtypes = (
                *(ctypes.c_void_p, ctypes.POINTER(pjlib.Text), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t),
                *(ctypes.c_void_p, _OnSent),
            )
        except pjlib.UNUSABLE as error:
            _log.warning("this build of pjsip sends no packet of ours: %s", error)
            return
        self._library = library

    def send(self, packet: str, uri: str) -> None:
        """Send a packet, and again, for it may get lost.

        Args:
            packet: The whole request.
            uri: Where it goes first.
        """
        if self._library is None:
            return
        self._send(packet.encode(), uri.encode())
        for delay_s in _REPEATED_AFTER_S:
            self._reactor.after(delay_s, lambda: self._send(packet.encode(), uri.encode()))

    def _send(self, packet: bytes, uri: bytes) -> None:
        endpoint = self._library.pjsua_get_pjsip_endpt()
        target = pjlib.Text.of(uri)
        status = self._library.pjsip_endpt_send_raw_to_uri(
            endpoint, ctypes.byref(target), None, packet, len(packet), None, self._on_sent
        )
        if status:
            _log.info("a packet was not sent: pjsip's status %d", status)
