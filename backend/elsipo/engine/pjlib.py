"""What pjsip offers to C and pjsua2 does not wrap: the library that pjsua2 has loaded, and what several need of it.

The structures are those of pjproject's public headers, unchanged since 2.0. Must not know what they are used for.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Final, Self

import pjsua2 as pj

from elsipo.engine.account import Packet

UNUSABLE: Final = (AttributeError, OSError)
"""What looking for a function raises in a build that does not export it, or that cannot be opened."""

_FROM_PJ: Final = "_ZN2pj9SipRxData6fromPjER13pjsip_rx_data"  # pjsua2's own way to read a packet


class Text(ctypes.Structure):
    """`pj_str_t`."""

    _fields_ = (("ptr", ctypes.c_void_p), ("length", ctypes.c_ssize_t))
    _held: bytes  # ctypes keeps nothing that a void pointer leads to

    @classmethod
    def of(cls, octets: bytes) -> Self:
        """A text of ours, which lives as long as this."""
        text = cls(ctypes.cast(ctypes.c_char_p(octets), ctypes.c_void_p), len(octets))
        text._held = octets
        return text

    def octets(self) -> bytes:
        """A copy of what pjsip holds."""
        return ctypes.string_at(self.ptr, self.length) if self.ptr else b""


class Module(ctypes.Structure):
    """`pjsip_module`."""

    _fields_ = (
        ("previous", ctypes.c_void_p),
        ("next", ctypes.c_void_p),
        ("name", Text),
        ("id", ctypes.c_int),
        ("priority", ctypes.c_int),
        ("load", ctypes.c_void_p),
        ("start", ctypes.c_void_p),
        ("stop", ctypes.c_void_p),
        ("unload", ctypes.c_void_p),
        ("on_rx_request", ctypes.c_void_p),
        ("on_rx_response", ctypes.c_void_p),
        ("on_tx_request", ctypes.c_void_p),
        ("on_tx_response", ctypes.c_void_p),
        ("on_tsx_state", ctypes.c_void_p),
    )
    _held: tuple[Text, dict[str, Any]]

    @classmethod
    def of(cls, name: bytes, priority: int, **functions: Any) -> Self:
        """A module with these functions; while it is registered, pjsip holds bare pointers to it and to all of them."""
        pointers = {key: ctypes.cast(function, ctypes.c_void_p) for key, function in functions.items()}
        text = Text.of(name)
        module = cls(name=text, id=-1, priority=priority, **pointers)
        module._held = text, functions
        return module


def library() -> Any:
    """Return what pjsua2 has loaded, as a handle of the caller's own: nobody's prototypes are another's.

    Raises:
        OSError: it cannot be opened.
    """
    loaded = sys.modules.get("pjsua2._pjsua2") or sys.modules.get("_pjsua2")
    # Some of its versions keep it out of sys.modules.
    opened = ctypes.CDLL((loaded or pj.pjsua2._pjsua2).__file__)  # noqa: SLF001
    opened.pjsua_get_pjsip_endpt.restype = ctypes.c_void_p
    return opened


def packet_reader(opened: Any) -> Any:
    """Return what reads a `pjsip_rx_data`, given its address, as a Packet.

    Raises:
        AttributeError: this build does not export what that needs.
    """
    read = getattr(opened, _FROM_PJ)
    read.argtypes = (ctypes.c_void_p, ctypes.c_void_p)

    def packet(rdata: int) -> Packet:
        data = pj.SipRxData()
        read(int(data.this), rdata)
        return Packet(data.wholeMsg, data.srcAddress)

    return packet


def stateless_responder(opened: Any) -> Any:
    """Return `pjsip_endpt_respond_stateless`.

    Raises:
        AttributeError: this build does not export it.
    """
    respond = opened.pjsip_endpt_respond_stateless
    respond.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int) + (ctypes.c_void_p,) * 3
    return respond
