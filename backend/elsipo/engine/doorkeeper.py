"""Looks at every request before pjsip's transactions and dialogs do, and turns away what would end the process.

pjproject's published build keeps its assertions: some broken session descriptions, and some hundred INVITEs a second,
abort it, and no Python of ours runs in between. So this is a pjsip module (`sip_module.h`, which pjsua2 does not wrap)
that sits right above the transport layer and answers statelessly: 488 to what is no session, 503 to what is too much.
A MESSAGE goes to the letterbox, a REFER to the referrals. What comes through a connection that has lost its framing
is no request at all.

Uses four functions and two structures of pjsip's public headers, all older than pjproject 2.0; a build that does not
export them goes without. Must not know accounts or calls.
"""

from __future__ import annotations

import ctypes
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from elsipo.engine import pjlib
from elsipo.engine.framing import Framing
from elsipo.engine.sdp_check import is_sound

if TYPE_CHECKING:
    from elsipo.engine.letterbox import Letterbox
    from elsipo.engine.referrals import Referrals

_log = logging.getLogger(__name__)

_PRIORITY: Final = 12  # between PJSIP_MOD_PRIORITY_TRANSPORT_LAYER (8) and ..._TSX_LAYER (16)
_NOT_ACCEPTABLE_HERE: Final = 488  # RFC 3261 §21.4.26
_SERVICE_UNAVAILABLE: Final = 503  # RFC 3261 §21.5.4
_INVITES_PER_S: Final = 10.0
_INVITES_AT_ONCE: Final = 12.0  # each holds two of the 64 sockets that pjsip can watch, and frees them late
_WITH_SESSION: Final = (b"INVITE/", b"UPDATE/", b"ACK/", b"PRACK/")
_REQUEST: Final = b"Request msg "


class _SdpInfo(ctypes.Structure):
    """The beginning of `pjsip_rdata_sdp_info`."""

    _fields_ = (("body", pjlib.Text), ("error", ctypes.c_int))


_OnMessage = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


class Doorkeeper:
    """The module. Lives as long as the process: pjsip holds bare pointers to it.

    Attributes:
        letterbox: Who takes a MESSAGE; pjsua does where there is none.
        referrals: Who takes a REFER; likewise.
        framing: Which connections are still believed.
    """

    def __init__(self) -> None:
        self.letterbox: Letterbox | None = None
        self.referrals: Referrals | None = None
        self.framing = Framing()
        self._library: Any = None
        self._endpoint: Any = None
        self._respond: Any = None
        self._module = pjlib.Module.of(b"mod-elsipo-doorkeeper", _PRIORITY, on_rx_request=_OnMessage(self._on_request))
        self._allowance = _INVITES_AT_ONCE
        self._counted_at = time.monotonic()
        self._told_at = float("-inf")

    def install(self) -> bool:
        """Stand at the door, after the library was initialised.

        Returns:
            Whether this build of pjsip lets us.
        """
        try:
            library = pjlib.library()
            library.pjsip_endpt_register_module.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
            library.pjsip_rx_data_get_info.argtypes = (ctypes.c_void_p,)
            library.pjsip_rx_data_get_info.restype = ctypes.c_char_p
            library.pjsip_rdata_get_sdp_info.argtypes = (ctypes.c_void_p,)
            library.pjsip_rdata_get_sdp_info.restype = ctypes.POINTER(_SdpInfo)
            self._respond = pjlib.stateless_responder(library)
        except pjlib.UNUSABLE as error:
            _log.warning("this build of pjsip takes no doorkeeper, and strangers can stop it: %s", error)
            return False
        self._library, self._endpoint = library, library.pjsua_get_pjsip_endpt()
        self.framing.install()
        return bool(library.pjsip_endpt_register_module(self._endpoint, ctypes.addressof(self._module)) == 0)

    def _on_request(self, rdata: int) -> int:
        """Return 1 where pjsip is to see nothing of a request, else 0."""
        return 1 if self.framing.has_lost(rdata) else self._on_framed_request(rdata)

    def _on_framed_request(self, rdata: int) -> int:
        info = self._library.pjsip_rx_data_get_info(rdata) or b""
        method = info.removeprefix(_REQUEST)
        taker = {b"MESSAGE": self.letterbox, b"REFER": self.referrals}.get(method.partition(b"/")[0])
        if taker is not None:
            return int(taker.take(rdata))
        if not method.startswith(_WITH_SESSION):
            return 0
        if method.startswith(b"INVITE/") and not self._has_room():
            return self._refuse(rdata, _SERVICE_UNAVAILABLE, "more calls at once than a telephone takes")
        body = self._library.pjsip_rdata_get_sdp_info(rdata).contents.body
        if not body.ptr or is_sound(body.octets().decode("utf-8", "replace")):
            return 0
        if method.startswith(b"ACK/"):
            return 1  # an ACK has no answer (RFC 3261 §17.1.1.3); the peer repeats its 200, or gives up
        return self._refuse(rdata, _NOT_ACCEPTABLE_HERE, "a session description that is none")

    def _has_room(self) -> bool:
        now = time.monotonic()
        self._allowance = min(_INVITES_AT_ONCE, self._allowance + (now - self._counted_at) * _INVITES_PER_S)
        self._counted_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    def _refuse(self, rdata: int, status: int, why: str) -> int:
        if time.monotonic() - self._told_at > 1:
            self._told_at = time.monotonic()
            _log.warning("a request was answered %d: %s", status, why)
        self._respond(self._endpoint, rdata, status, None, None, None)
        return 1
