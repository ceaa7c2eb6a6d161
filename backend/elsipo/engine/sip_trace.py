"""Tells of the SIP messages that go over the wire, while somebody looks.

A pjsip module (`sip_module.h`, as in doorkeeper) next to the transport layer: it sees what arrives before anybody has
judged it, and what leaves once it is octets, repeats included. It is registered only while somebody looks; before and
after, no message passes Python for its sake. Secrets are taken out here, before anything leaves the engine.

The structures below are those of pjproject 2.15's `sip_transport.h`; another version, or a build that does not export
the functions, has no trace. Must not know accounts.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import pjsua2 as pj

from elsipo.engine import pjlib
from elsipo.engine.redaction import redacted
from elsipo.rpc._generated import engine as contract
from elsipo.rpc._generated.models import EngineSipTraceCapturedParams, SipTraceBatch, SipTraceMessage
from elsipo.rpc.errors import InvalidStateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.engine.emit import Emit
    from elsipo.engine.reactor import Timer
    from elsipo.rpc._generated.models import Direction

_log = logging.getLogger(__name__)

_KNOWN_VERSION: Final = "2.15"
_PRIORITY: Final = 7  # before PJSIP_MOD_PRIORITY_TRANSPORT_LAYER (8), which puts what leaves into octets first
_PACKET_BYTES: Final = 4000  # PJSIP_MAX_PKT_LEN
_MOST_ADDRESSES: Final = 16  # PJSIP_MAX_RESOLVED_ADDRESSES of this build (measured: the offset of what follows)
_WATCHED_S: Final = 30.0
_FLUSH_S: Final = 0.05
_BATCH: Final = 64  # SipTraceBatch.messages
_BATCH_CHARS: Final = 131_072
_TEXT_CHARS: Final = 16_384
_REMEMBERED: Final = 512


class _IoKey(ctypes.Structure):
    """`pj_ioqueue_op_key_t`."""

    _fields_ = (
        ("internal", ctypes.c_void_p * 32),
        ("activesock_data", ctypes.c_void_p),
        ("user_data", ctypes.c_void_p),
    )


class _Received(ctypes.Structure):
    """The beginning of `pjsip_rx_data`."""

    _fields_ = (
        ("pool", ctypes.c_void_p),
        ("transport", ctypes.c_void_p),
        ("tp_data", ctypes.c_void_p),
        ("op_key", _IoKey),
        ("op_rdata", ctypes.c_void_p),
        ("at_s", ctypes.c_long),
        ("at_ms", ctypes.c_long),
        ("packet", ctypes.c_char * _PACKET_BYTES),
        ("zero", ctypes.c_uint32),
        ("length", ctypes.c_ssize_t),
        ("address", ctypes.c_uint32 * 7),
        ("address_length", ctypes.c_int),
        ("host", ctypes.c_char * 46),
        ("port", ctypes.c_int),
        ("message", ctypes.c_void_p),
        ("message_length", ctypes.c_int),
    )


class _Sent(ctypes.Structure):
    """The beginning of `pjsip_tx_data`."""

    _fields_ = (
        ("previous", ctypes.c_void_p),
        ("next", ctypes.c_void_p),
        ("pool", ctypes.c_void_p),
        ("name", ctypes.c_char * 32),
        ("info", ctypes.c_char_p),
        ("at_s", ctypes.c_long),
        ("at_ms", ctypes.c_long),
        ("manager", ctypes.c_void_p),
        ("op_key", _IoKey),
        ("op_tdata", ctypes.c_void_p),
        ("op_token", ctypes.c_void_p),
        ("op_callback", ctypes.c_void_p),
        ("lock", ctypes.c_void_p),
        ("msg", ctypes.c_void_p),
        ("saved_route", ctypes.c_void_p),
        ("start", ctypes.c_void_p),
        ("cur", ctypes.c_void_p),
        ("end", ctypes.c_void_p),
        ("ref_count", ctypes.c_void_p),
        ("is_pending", ctypes.c_int),
        ("token", ctypes.c_void_p),
        ("callback", ctypes.c_void_p),
        ("destination_name", pjlib.Text),
        ("destination_count", ctypes.c_uint),
        ("destinations", ctypes.c_uint32 * 11 * _MOST_ADDRESSES),
        ("destination_index", ctypes.c_uint),
        ("transport", ctypes.c_void_p),
        ("address", ctypes.c_uint32 * 7),
        ("address_length", ctypes.c_int),
        ("host", ctypes.c_char * 46),
        ("port", ctypes.c_int),
    )


_OnReceived = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Received))
_OnSent = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Sent))


class SipTrace:
    """The trace of this engine. Lives as long as the process; every method is for pjsip's thread.

    Args:
        after: Runs a function later, on this thread.
        emit: Tells the host.
    """

    def __init__(self, after: Callable[[float, Callable[[], None]], Timer], emit: Emit) -> None:
        self._after = after
        self._emit = emit
        received, sent = _OnReceived(self._on_received), _OnSent(self._on_sent)
        self._module = pjlib.Module.of(
            b"mod-elsipo-trace",
            _PRIORITY,
            on_rx_request=received,
            on_rx_response=received,
            on_tx_request=sent,
            on_tx_response=sent,
        )
        self._library: Any = None
        self._on = False
        self._lapse: Timer | None = None
        self._seq = 0
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._batch: list[SipTraceMessage] = []
        self._chars = 0
        self._missed = 0

    def watch(self, *, on: bool) -> None:
        """Tell of every message from now on, or of none; by itself no longer than 30 s.

        Raises:
            InvalidStateError: this build of pjsip does not let us.

        Wire: sip_trace.watch
        """
        if self._lapse is not None:
            self._lapse.cancel()
            self._lapse = None
        if on:
            self._begin()
            self._lapse = self._after(_WATCHED_S, lambda: self.watch(on=False))
        elif self._on:
            self._library.pjsip_endpt_unregister_module(self._endpoint, ctypes.addressof(self._module))
            self._on = False
            self._seen.clear()

    def _begin(self) -> None:
        if self._on:
            return
        if not str(pj.Endpoint.instance().libVersion().full).startswith(_KNOWN_VERSION):
            raise InvalidStateError("This version of pjsip cannot be watched.")
        try:
            library = pjlib.library()
            for function in (library.pjsip_endpt_register_module, library.pjsip_endpt_unregister_module):
                function.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
        except pjlib.UNUSABLE as error:
            _log.info("pjsip cannot be watched: %s", error)
            raise InvalidStateError("This build of pjsip cannot be watched.") from None
        self._library, self._endpoint = library, library.pjsua_get_pjsip_endpt()
        if library.pjsip_endpt_register_module(self._endpoint, ctypes.addressof(self._module)) != 0:
            raise InvalidStateError("pjsip does not want to be watched.")
        self._on = True

    def _on_received(self, rdata: Any) -> int:
        """Return 0: pjsip goes on with it."""
        data = rdata.contents
        first = ctypes.addressof(data) + _Received.packet.offset
        if data.message and first <= data.message < first + _PACKET_BYTES:
            octets = ctypes.string_at(data.message, min(data.message_length, first + _PACKET_BYTES - data.message))
            self._note("incoming", octets, data.host, data.port)
        return 0

    def _on_sent(self, tdata: Any) -> int:
        """Return 0: it may leave."""
        data = tdata.contents
        if data.start and data.cur > data.start:
            self._note("outgoing", ctypes.string_at(data.start, data.cur - data.start), data.host, data.port)
        return 0

    def _note(self, direction: Direction, octets: bytes, host: bytes, port: int) -> None:
        if not self._batch and not self._missed:
            self._after(_FLUSH_S, self._flush)
        key = hashlib.blake2s(direction.encode() + octets, digest_size=16).digest()
        is_repeat = key in self._seen
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        if len(self._batch) >= _BATCH or self._chars + len(octets) > _BATCH_CHARS:
            self._missed += 1
            return
        address = host.decode("ascii", "replace")
        self._seq += 1
        self._chars += len(octets)
        self._batch.append(
            SipTraceMessage(
                seq=self._seq,
                at_ms=time.time_ns() // 1_000_000,
                direction=direction,
                peer_address=f"[{address}]:{port}" if ":" in address else f"{address}:{port}",
                is_repeat=is_repeat,
                text=redacted(octets.decode("utf-8", "replace"))[:_TEXT_CHARS],
            )
        )

    def _flush(self) -> None:
        batch = SipTraceBatch(messages=self._batch, missed=self._missed)
        self._batch, self._chars, self._missed = [], 0, 0
        self._emit(contract.SIP_TRACE_CAPTURED, EngineSipTraceCapturedParams(batch=batch))
