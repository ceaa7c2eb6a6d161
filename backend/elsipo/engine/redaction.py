"""Takes out of a SIP message what nobody may see, also where its own text is shown. Must not know pjsip.

Out go credentials (RFC 3261 §20.7, §20.28), what answers them (RFC 7616 §3.5), passwords in addresses (RFC 3261
§19.1.1), and keys of media in session descriptions (RFC 4567, RFC 4568, RFC 8839 §5.4, RFC 8866 §5.12). It looks at
every line, for a body may quote a message (message/sipfrag, RFC 3420).
"""

from __future__ import annotations

import re
from typing import Final

GONE: Final = "[redacted]"

_RULES: Final = (
    # With folded lines (RFC 3261 §7.3.1). The scheme stays: it says what was asked for.
    (
        re.compile(
            r"^([ \t]*(?:Proxy-)?Authorization[ \t]*:[ \t]*(?:(?:Digest|Basic|Bearer)\b[ \t]*)?)"
            r"[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*",
            re.IGNORECASE | re.MULTILINE,
        ),
        rf"\g<1>{GONE}",
    ),
    (
        re.compile(
            r"^([ \t]*(?:Proxy-)?Authentication-Info[ \t]*:[ \t]*)[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*",
            re.IGNORECASE | re.MULTILINE,
        ),
        rf"\g<1>{GONE}",
    ),
    (re.compile(r"(\bsips?:[^\s:@<>\"]+:)[^\s@<>\"]+(?=@)", re.IGNORECASE), rf"\g<1>{GONE}"),
    (re.compile(r"^(a=crypto:\d+ \S+ )[^\r\n]+", re.IGNORECASE | re.MULTILINE), rf"\g<1>{GONE}"),
    (re.compile(r"^(a=(?:key-mgmt|ice-pwd):|k=)[^\r\n]+", re.IGNORECASE | re.MULTILINE), rf"\g<1>{GONE}"),
)


def redacted(message: str) -> str:
    """Return a message without its secrets; all else stays as it was."""
    for pattern, replacement in _RULES:
        message = pattern.sub(replacement, message)
    return message
