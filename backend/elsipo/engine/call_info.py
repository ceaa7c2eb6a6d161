"""Where the registrar says that its UI is, in its answer to REGISTER."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from elsipo.engine.sip_text import SipText

_INFO: Final = re.compile(r"<([^<>\"]*)>((?:\s*;[^,;<]*)*)")
_PURPOSE: Final = re.compile(r";\s*purpose\s*=\s*\"?elsipo-ui\"?\s*(?:;|$)", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[!-~]{1,2048}")


def ui_url(answer: SipText) -> str | None:
    """The first address with the purpose `elsipo-ui`, else that of `X-Elsipo-UI`; None where neither is there.

    Spec: RFC 3261 §20.9.
    """
    infos = [value for name, value in answer.headers if name.lower() == "call-info"]
    named = [match[1] for value in infos for match in _INFO.finditer(value) if _PURPOSE.search(match[2])]
    for address in (*named, answer.header("X-Elsipo-UI").strip("<> ")):
        if _ADDRESS.fullmatch(address):
            return address
    return None
