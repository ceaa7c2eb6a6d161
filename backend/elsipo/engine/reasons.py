"""What went wrong, in words for a person.

pjsip reports its own troubles (no connection, no certificate, no answer) as SIP statuses with an internal text. What a
server said stays as it said it. Must not know pjsua2.
"""

from __future__ import annotations

from typing import Final

from elsipo.engine.sip_text import clip

_LOCAL: Final = (
    ("ECERTVERIF", "The certificate of {hop} is not trusted, or is not made out for this provider."),
    ("TLS_", "No secure connection to {hop} could be made."),
    ("SSL", "No secure connection to {hop} could be made."),
    ("Connection refused", "Nothing answers at {hop}: the connection was refused."),
    ("Network is unreachable", "The network is unreachable."),
    ("No route to host", "{hop} cannot be reached from here."),
    ("ERESOLVE", "The name {hop} could not be found."),
    ("not known", "The name {hop} could not be found."),
    ("name resolution", "The name {hop} could not be found."),
    ("PJ_ERESOLVE", "The name {hop} could not be found."),
    ("EMSGTOOLONG", "The text is too long to be sent as one message."),
    ("EFAILEDCREDENTIAL", "The password or the user name was not accepted."),
    ("Unsupported transport", "The provider cannot be reached with this kind of transport."),
)

# These are pjsip's judgement of what the peer said, though a response came.
_JUDGED: Final = {"SDP negotiation failed": "The other side's answer describes no sound that could be heard."}


def in_words(reason: str, *, hop: str, from_peer: bool, sip_status: int = 0) -> str:
    """Say what happened.

    Args:
        reason: pjsip's or the peer's reason phrase.
        hop: Where our requests go, for a person.
        from_peer: Whether a response really arrived.
        sip_status: The status, real or pjsip's.

    Returns:
        A reason phrase of at most 512 characters.
    """
    if from_peer or reason in _JUDGED:
        return clip(_JUDGED.get(reason, reason), 512)
    for mark, text in _LOCAL:
        if mark in reason:
            return clip(text.format(hop=hop), 512)
    if sip_status == 408:  # noqa: PLR2004 - Request Timeout, RFC 3261 §21.4.9
        return clip(f"No answer from {hop}.", 512)
    return clip(reason, 512)
