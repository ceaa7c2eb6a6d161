"""What identifies a dialog, read off its messages, and what is written to take it over or to end it. Pure text.

A dialog outlives the process that made it: whoever knows its identifiers can take its place (RFC 3891), or end it.
Must not know pjsua2.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

from elsipo.engine import sip_text
from elsipo.rpc._generated.models import Dialog
from elsipo.rpc.model import ValidationError

if TYPE_CHECKING:
    from elsipo.engine.sip_text import SipText

_TAG: Final = re.compile(r";\s*tag\s*=\s*([^;,\s]+)", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"<([^<>]*)>")
_SEQUENCE: Final = 1_000_000  # pjsip begins below 2^15, and every request of a dialog counts up (§12.2.1.1)


def tag_of(address: str) -> str:
    """Return the tag of a From or To value; empty where it has none (RFC 3261 §19.3)."""
    found = _TAG.search(address.rpartition(">")[2] if ">" in address else address)
    return found[1] if found else ""


def of_answer(response: SipText) -> Dialog | None:
    """Return the dialog that a 2xx to an INVITE of ours made; None where it names none.

    Spec: RFC 3261 §12.1.2.
    """
    return _dialog(
        local=response.header("From"),
        remote=response.header("To"),
        call_id=response.header("Call-ID"),
        contact=response.header("Contact"),
        route_set=_record_route(response)[::-1],
    )


def of_ack(invite: SipText, ack: SipText) -> Dialog | None:
    """Return the dialog that our 2xx to an INVITE made, of which the ACK repeats the tag; None where it names none.

    Spec: RFC 3261 §12.1.1.
    """
    return _dialog(
        local=ack.header("To"),
        remote=ack.header("From"),
        call_id=ack.header("Call-ID"),
        contact=invite.header("Contact"),
        route_set=_record_route(invite),
    )


def replaces(dialog: Dialog) -> dict[str, str]:
    """Return the headers of an INVITE that takes a dialog's place at the peer.

    A peer that knows no Replaces must refuse it instead of ringing (RFC 3261 §20.32). The tags are as the peer sees
    them: its own is the to-tag.

    Spec: RFC 3891 §3, §6.1.
    """
    value = f"{dialog.sip_call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}"
    return {"Replaces": value, "Require": "replaces"}


def bye(dialog: Dialog, *, transport: str, sent_by: str) -> str:
    """Return a BYE that ends a dialog of an engine that is no more.

    Args:
        dialog: The dialog.
        transport: `udp`, `tcp` or `tls`.
        sent_by: Our host:port; the response goes where the request came from (RFC 3581).

    Spec: RFC 3261 §12.2.1.1, §15.1.1.
    """
    branch = f"z9hG4bK{secrets.token_hex(12)}"
    lines = [
        f"BYE {dialog.remote_target or dialog.remote_uri} SIP/2.0",
        f"Via: SIP/2.0/{transport.upper()} {sent_by};rport;branch={branch}",
        *(f"Route: <{uri}>" for uri in dialog.route_set),
        f"From: <{dialog.local_uri}>;tag={dialog.local_tag}",
        f"To: <{dialog.remote_uri}>;tag={dialog.remote_tag}",
        f"Call-ID: {dialog.sip_call_id}",
        f"CSeq: {_SEQUENCE} BYE",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


def _record_route(message: SipText) -> list[str]:
    values = [value for name, value in message.headers if name.lower() == "record-route"]
    return [uri for value in values for uri in _BRACKETS.findall(value)]


def _dialog(*, local: str, remote: str, call_id: str, contact: str, route_set: list[str]) -> Dialog | None:
    if not (call_id and tag_of(local) and tag_of(remote)):
        return None
    try:
        return Dialog(
            sip_call_id=call_id,
            local_uri=sip_text.name_and_uri(local)[1],
            local_tag=tag_of(local),
            remote_uri=sip_text.name_and_uri(remote)[1],
            remote_tag=tag_of(remote),
            remote_target=sip_text.name_and_uri(contact)[1],
            route_set=route_set,
        )
    except ValidationError:  # a stranger wrote it, longer than anybody needs
        return None
