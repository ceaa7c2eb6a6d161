"""Takes REFER: the application at the other end of a call offers a page (RFC 5629); whoever else refers us is refused.

    offered (200, NOTIFY 100) → answered (NOTIFY with what became of it)

pjsua would dial whatever it is referred to, without asking (RFC 3515 §2.4.2 wants the person's word). So REFER is
answered at the door, without a transaction, and NOTIFY leaves within the call's dialog. A REFER belongs to a call when
it comes in its dialog, or knows its tags (Target-Dialog, RFC 4538); the latter only where it wants no subscription
(RFC 4488), for there is no dialog for one. Lives on the pjsip thread. Must not know who decides.
"""

from __future__ import annotations

import ctypes
import itertools
import logging
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pjsua2 as pj

from elsipo.engine import pjlib, sip_text
from elsipo.engine.dialogs import tag_of
from elsipo.rpc._generated.engine import CALL_PAGE_OFFERED
from elsipo.rpc._generated.models import EngineCallPageOfferedParams
from elsipo.rpc.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.engine.call_leg import CallLeg
    from elsipo.engine.emit import Emit
    from elsipo.engine.sip_text import SipText

_log = logging.getLogger(__name__)

_OK, _BAD_REQUEST, _FORBIDDEN, _UNSUPPORTED_SCHEME = 200, 400, 403, 416
_BAD_EXTENSION, _EXTENSION_REQUIRED, _NO_SUCH_CALL, _REQUEST_PENDING, _DECLINE = 420, 421, 481, 491, 603
_PHRASES: Final = {100: "Trying", 200: "OK", 403: "Forbidden", 480: "Temporarily Unavailable", 603: "Decline"}
_URL: Final = re.compile(r"https?://[!-~]{1,2040}", re.IGNORECASE)
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_TARGET_DIALOG: Final = re.compile(r"([^;\s]+)(.*)", re.DOTALL)
_TARGET_TAG: Final = re.compile(r";\s*(?:local|remote)-tag\s*=\s*([^;,\s]+)", re.IGNORECASE)
_CALLS: Final = frozenset({"sip", "sips", "tel"})
_UNDERSTOOD: Final = frozenset({"norefersub", "tdialog"})
_SUBSCRIBED_S: Final = 180
_MOST_REMEMBERED: Final = 256

Found = tuple[str, "CallLeg"]


class _Link(ctypes.Structure):
    """The beginning of every header, and all of a list's head."""

    _fields_ = (("previous", ctypes.c_void_p), ("next", ctypes.c_void_p))


@dataclass(frozen=True)
class Answer:
    """How a REFER is answered."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class _Talk:
    """What was offered in a call.

    Attributes:
        leg: The call's; another one when it was taken up again.
        offer_id: The offer that waits; 0 where none does.
        event_id: The CSeq of its REFER; empty where no NOTIFY is wanted.
        refused: The person has said no.
    """

    leg: CallLeg
    offer_id: int = 0
    event_id: str = ""
    refused: bool = False


class Referrals:
    """The REFERs that come.

    Args:
        find: The call, and its leg, that has a dialog with this Call-ID and these two tags; None where none has.
        emit: Tells the host.
        defer: The reactor's.
    """

    def __init__(
        self,
        find: Callable[[str, frozenset[str]], Found | None],
        emit: Emit,
        defer: Callable[[Callable[[], None]], None],
    ) -> None:
        self._find = find
        self._emit = emit
        self._defer = defer
        self._library: Any = None
        self._endpoint: Any = None
        self._packet: Any = None
        self._respond_with: Any = None
        self._offers = itertools.count(1)
        self._talks: dict[str, _Talk] = {}
        self._answered: OrderedDict[tuple[str, str, str], Answer] = OrderedDict()

    def install(self) -> bool:
        """Find what it needs of pjsip.

        Returns:
            Whether this build of pjsip has it; the call itself refuses all REFERs else.
        """
        try:
            library = pjlib.library()
            self._packet = pjlib.packet_reader(library)
            library.pjsua_pool_create.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t)
            library.pjsua_pool_create.restype = ctypes.c_void_p
            library.pj_pool_release.argtypes = (ctypes.c_void_p,)
            library.pjsip_generic_string_hdr_create.argtypes = (ctypes.c_void_p,) + (ctypes.POINTER(pjlib.Text),) * 2
            library.pjsip_generic_string_hdr_create.restype = ctypes.c_void_p
            self._respond_with = pjlib.stateless_responder(library)
        except pjlib.UNUSABLE as error:
            _log.warning("this build of pjsip lets no page be offered in a call: %s", error)
            return False
        self._library, self._endpoint = library, library.pjsua_get_pjsip_endpt()
        return True

    def take(self, rdata: int) -> bool:
        """Answer a REFER, inside pjsip's callback.

        Returns:
            True: a REFER is nobody else's matter.
        """
        request = sip_text.parse(self._packet(rdata).text)
        identity = (request.header("Call-ID"), request.header("CSeq"), tag_of(request.header("From")))
        answer = self._answered.get(identity)  # it came again: nothing but the same answer
        if answer is None:
            answer = self._answered[identity] = self._decide(request)
            if len(self._answered) > _MOST_REMEMBERED:
                self._answered.popitem(last=False)
        self._respond(rdata, answer)
        return True

    def answer(self, call_id: str, offer_id: int, sip_status: int) -> None:
        """Say what became of an offer.

        Raises:
            NotFoundError: it is none any more.

        Wire: call.answer_offer
        Spec: RFC 3515 §2.4.4, §2.4.5, §2.4.7.
        """
        talk = self._talks.get(call_id)
        if talk is None or talk.offer_id != offer_id:
            raise NotFoundError
        talk.offer_id, talk.refused = 0, sip_status == _DECLINE
        self._notify(talk, sip_status)

    def _decide(self, request: SipText) -> Answer:
        in_dialog = bool(tag_of(request.header("To")))
        found = self._belongs_to(request, in_dialog=in_dialog)
        if found is None:
            return Answer(_NO_SUCH_CALL if in_dialog else _FORBIDDEN)
        required = {tag.strip().lower() for tag in request.header("Require").split(",") if tag.strip()}
        if unknown := required - _UNDERSTOOD:
            return Answer(_BAD_EXTENSION, {"Unsupported": ", ".join(sorted(unknown))})
        quiet = request.header("Refer-Sub").partition(";")[0].strip().lower() == "false"
        if not in_dialog and not quiet:
            return Answer(_EXTENSION_REQUIRED, {"Require": "norefersub"})
        targets = [value for name, value in request.headers if name.lower() == "refer-to"]
        url = sip_text.name_and_uri(targets[0])[1] if len(targets) == 1 else ""
        scheme = _SCHEME.match(url)
        if scheme is None:
            return Answer(_BAD_REQUEST)
        if not _URL.fullmatch(url):
            named = scheme[1].lower()
            web = named in {"http", "https"}
            return Answer(_BAD_REQUEST if web else _DECLINE if named in _CALLS else _UNSUPPORTED_SCHEME)
        event_id = "" if quiet else request.header("CSeq").partition(" ")[0]
        return self._offer(found, url, event_id)

    def _belongs_to(self, request: SipText, *, in_dialog: bool) -> Found | None:
        if in_dialog:
            tags = frozenset({tag_of(request.header("From")), tag_of(request.header("To"))})
            return self._find(request.header("Call-ID"), tags)
        target = _TARGET_DIALOG.match(request.header("Target-Dialog"))
        return None if target is None else self._find(target[1], frozenset(_TARGET_TAG.findall(target[2])))

    def _offer(self, found: Found, url: str, event_id: str) -> Answer:
        call_id, leg = found
        self._forget_the_over()
        talk = self._talks.setdefault(call_id, _Talk(leg))
        talk.leg = leg
        if talk.refused:
            return Answer(_DECLINE)
        if talk.offer_id:
            return Answer(_REQUEST_PENDING)
        talk.offer_id, talk.event_id = next(self._offers), event_id
        params = EngineCallPageOfferedParams(call_id=call_id, offer_id=talk.offer_id, url=url)

        def tell() -> None:
            self._notify(talk, 100)
            self._emit(CALL_PAGE_OFFERED, params)

        self._defer(tell)
        headers = {"Contact": leg.contact()}
        return Answer(_OK, headers if event_id else headers | {"Refer-Sub": "false"})

    def _forget_the_over(self) -> None:
        for call_id in [call_id for call_id, talk in self._talks.items() if not talk.leg.isActive()]:
            del self._talks[call_id]

    def _notify(self, talk: _Talk, status: int) -> None:
        """Tell the application how far it is (RFC 3515 §2.4.4)."""
        if not talk.event_id:
            return
        over = status >= _OK
        state = "terminated;reason=noresource" if over else f"active;expires={_SUBSCRIBED_S}"
        headers = {"Event": f"refer;id={talk.event_id}", "Subscription-State": state}
        try:
            talk.leg.notify(headers, "message/sipfrag;version=2.0", f"SIP/2.0 {status} {_PHRASES[status]}\r\n")
        except pj.Error as error:  # the call is ending
            _log.info("NOTIFY was not sent: %s", error.reason)

    def _respond(self, rdata: int, answer: Answer) -> None:
        library = self._library
        pool = library.pjsua_pool_create(b"elsipo-refer", 1024, 1024)
        try:
            head = _Link()
            at_head = ctypes.addressof(head)
            head.previous = head.next = at_head
            for name, value in answer.headers.items():
                texts = [pjlib.Text.of(text.encode()) for text in (name, value)]
                address = library.pjsip_generic_string_hdr_create(pool, ctypes.byref(texts[0]), ctypes.byref(texts[1]))
                link = _Link.from_address(address)
                link.previous, link.next = head.previous, at_head
                _Link.from_address(head.previous).next = address
                head.previous = address
            self._respond_with(self._endpoint, rdata, answer.status, None, at_head, None)
        finally:
            library.pj_pool_release(pool)
