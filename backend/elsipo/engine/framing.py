"""Notices when a connection's messages can no longer be told apart, and lets nothing more in through it.

pjsip takes messages of 4,000 octets. Of a longer one on a stream it throws away what it has and reads on, so that the
rest of a body, which anybody may have written, would count as messages: a fragment that looks like the provider's,
over the provider's own flow. A stream that has lost its framing cannot be mended (RFC 3261 §18.3): it is shut down,
what still comes through it is turned away (see doorkeeper), and the account registers over a new one.

Uses two functions and one structure of pjsip's `sip_transport.h`, of pjproject 2.7 and newer. Lives on the pjsip
thread. Must not know messages or accounts.
"""

from __future__ import annotations

import ctypes
import logging
from typing import Any, Final

from elsipo.engine import pjlib

_log = logging.getLogger(__name__)

_OVERFLOW: Final = 171062  # PJSIP_ERXOVERFLOW
_FORCED: Final = 1


class _Dropped(ctypes.Structure):
    """`pjsip_tp_dropped_data`."""

    _fields_ = (
        ("transport", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("status", ctypes.c_int),
    )


class _Received(ctypes.Structure):
    """The beginning of `pjsip_rx_data`."""

    _fields_ = (("pool", ctypes.c_void_p), ("transport", ctypes.c_void_p))


_OnDropped = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Dropped))


class Framing:
    """The connections that have lost it. Lives as long as the process: pjsip holds a bare pointer to its function."""

    def __init__(self) -> None:
        self._library: Any = None
        self._lost: set[int] = set()
        self._on_dropped = _OnDropped(self._dropped)

    def install(self) -> bool:
        """Be told of what pjsip throws away, after the library was initialised.

        Returns:
            Whether this build of pjsip tells.
        """
        try:
            library = pjlib.library()
            library.pjsip_endpt_get_tpmgr.argtypes = (ctypes.c_void_p,)
            library.pjsip_endpt_get_tpmgr.restype = ctypes.c_void_p
            library.pjsip_tpmgr_set_drop_data_cb.argtypes = (ctypes.c_void_p, _OnDropped)
            library.pjsip_transport_shutdown2.argtypes = (ctypes.c_void_p, ctypes.c_int)
        except pjlib.UNUSABLE as error:
            _log.warning("this build of pjsip does not tell when a connection loses its framing: %s", error)
            return False
        self._library = library
        manager = library.pjsip_endpt_get_tpmgr(library.pjsua_get_pjsip_endpt())
        return bool(library.pjsip_tpmgr_set_drop_data_cb(manager, self._on_dropped) == 0)

    def has_lost(self, rdata: int) -> bool:
        """Whether a message came through a connection that cannot be believed any more."""
        return bool(self._lost) and _Received.from_address(rdata).transport in self._lost

    def forget(self, transport: int) -> None:
        """A connection is gone; another one may have its address."""
        self._lost.discard(transport)

    def _dropped(self, dropped: Any) -> None:
        transport, status = dropped.contents.transport, dropped.contents.status
        if status != _OVERFLOW or transport in self._lost:
            return
        _log.warning("a message was longer than the buffer; the connection that it came through ends")
        self._lost.add(transport)
        self._library.pjsip_transport_shutdown2(transport, _FORCED)
