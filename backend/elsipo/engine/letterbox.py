"""Takes a MESSAGE at the door and answers it when it is in safe hands: accepted is what survives us (RFC 3428 §7).

pjsua answers 200 before any callback runs, so an engine that dies in between would lose what it had accepted. Here the
request is kept (`pjsip_rx_data_clone`) until the host says that it has it. A message that is never confirmed gets no
answer: its sender repeats it, to us or to who comes after us. Lives on the pjsip thread. Must not know what a message
means.
"""

from __future__ import annotations

import ctypes
import itertools
import logging
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from elsipo.engine import pjlib, sip_text
from elsipo.engine.dialogs import tag_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.engine.account import Packet

_log = logging.getLogger(__name__)

_OK: Final = 200
_LOOP_DETECTED: Final = 482
_MOST: Final = 4096
"""Messages that wait for their receipt, and identities that are remembered: four seconds of a flood."""

_BRANCH: Final = re.compile(r";\s*branch\s*=\s*([^;,\s]+)", re.IGNORECASE)

Identity = tuple[str, str, str]


@dataclass
class _Known:
    """A request that came: by which way, and whether it is stored. A repetition waits with the first until then."""

    branch: str
    stored: bool = False


class Letterbox:
    """Out-of-dialog MESSAGEs, from the wire to their 200.

    Args:
        deliver: Called outside pjsip's callbacks with each new message and its receipt.
        defer: The reactor's.
    """

    def __init__(self, deliver: Callable[[Packet, int], None], defer: Callable[[Callable[[], None]], None]) -> None:
        self._deliver = deliver
        self._defer = defer
        self._library: Any = None
        self._endpoint: Any = None
        self._packet: Any = None
        self._respond: Any = None
        self._receipts = itertools.count(1)
        self._waiting: OrderedDict[int, tuple[int, Identity]] = OrderedDict()
        self._known: OrderedDict[Identity, _Known] = OrderedDict()

    def install(self) -> bool:
        """Find what it needs of pjsip.

        Returns:
            Whether this build of pjsip has it; pjsua's own way is taken else.
        """
        try:
            library = pjlib.library()
            self._packet = pjlib.packet_reader(library)
            library.pjsip_rx_data_clone.argtypes = (ctypes.c_void_p, ctypes.c_uint, ctypes.POINTER(ctypes.c_void_p))
            library.pjsip_rx_data_free_cloned.argtypes = (ctypes.c_void_p,)
            self._respond = pjlib.stateless_responder(library)
        except pjlib.UNUSABLE as error:
            _log.warning("this build of pjsip answers a message before it is stored: %s", error)
            return False
        self._library, self._endpoint = library, library.pjsua_get_pjsip_endpt()
        return True

    def take(self, rdata: int) -> bool:
        """Take a MESSAGE, inside pjsip's callback.

        Returns:
            Whether it is ours now; what belongs to a dialog is pjsip's.
        """
        packet = self._packet(rdata)
        message = sip_text.parse(packet.text)
        if tag_of(message.header("To")):
            return False
        identity = (message.header("Call-ID"), message.header("CSeq"), message.header("From"))
        branch = _branch(message.header("Via"))
        known = self._known.get(identity)
        if known is None:
            self._keep(rdata, identity, branch, packet)
        elif known.branch != branch:
            self._answer(rdata, _LOOP_DETECTED)  # the same one, by another way (RFC 3261 §8.2.2.2)
        elif known.stored:
            self._answer(rdata, _OK)
        return True

    def stored(self, receipt: int) -> None:
        """Answer 200: the message survives us from now on.

        Wire: message.stored
        Spec: RFC 3428 §7.
        """
        kept = self._waiting.pop(receipt, None)
        if kept is None:
            return
        clone, identity = kept
        if identity in self._known:
            self._known[identity].stored = True
        self._answer(clone, _OK)
        self._library.pjsip_rx_data_free_cloned(clone)

    def _keep(self, rdata: int, identity: Identity, branch: str, packet: Packet) -> None:
        clone = ctypes.c_void_p()
        if self._library.pjsip_rx_data_clone(rdata, 0, ctypes.byref(clone)) or not clone.value:
            return  # no memory: it is repeated
        receipt = next(self._receipts)
        self._waiting[receipt] = clone.value, identity
        self._known[identity] = _Known(branch)
        self._forget()
        self._defer(lambda: self._deliver(packet, receipt))

    def _forget(self) -> None:
        if len(self._waiting) > _MOST:
            _, (clone, identity) = self._waiting.popitem(last=False)
            self._known.pop(identity, None)
            self._library.pjsip_rx_data_free_cloned(clone)
        if len(self._known) > 2 * _MOST:  # those that wait are among the newest
            self._known.popitem(last=False)

    def _answer(self, rdata: int, sip_status: int) -> None:
        self._respond(self._endpoint, rdata, sip_status, None, None, None)


def _branch(via: str) -> str:
    found = _BRANCH.search(via)
    return found[1] if found else ""
