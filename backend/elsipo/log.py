"""The log: one format for all processes, with the account and the SIP call that a line is about, and without secrets.

    2026-11-24T03:22:07.123 INFO elsipo.host.calls [alice 7f3a@192.0.2.1] Calling sip:bob@example.org

ERROR: the user lost something. WARNING: degraded, recovering. INFO: one line per transition. DEBUG: each request.
Credentials, tokens and the bodies of messages are taken out where lines are written, whoever wrote them. Must not know
what is logged beyond that.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import time
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_account: ContextVar[str] = ContextVar("elsipo_log_account", default="-")
_sip_call_id: ContextVar[str] = ContextVar("elsipo_log_sip_call_id", default="-")

_GONE: Final = "[redacted]"
# A value in quotes, in quotes that are escaped themselves (JSON within JSON), or as far as it goes without any.
_QUOTED: Final = r"""\\+"(?:(?!\\+").)*(?:\\+")?|"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?"""
_KEY_END: Final = r"""(?:\\*["'])?\s*[:=]\s*"""
_RULES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    # The body of a dumped MESSAGE request (RFC 3428): what follows the empty line, up to pjsip's end mark.
    (
        re.compile(
            r"(\bMESSAGE sips?:\S+ SIP/2\.0(?:\r?\n|\\r\\n).*?(?:\r?\n\r?\n|\\r\\n\\r\\n)).+?(?=\r?\n--end msg--|\Z)",
            re.DOTALL | re.IGNORECASE,
        ),
        rf"\1{_GONE}",
    ),
    # RFC 3261 §20.7, §20.28, with folded lines (§7.3.1).
    (
        re.compile(rf"((?:Proxy-)?Authorization{_KEY_END})\S[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*", re.IGNORECASE),
        rf"\1{_GONE}",
    ),
    (
        re.compile(rf"((?:password|passwd|secret){_KEY_END})(?:{_QUOTED}|[^\s,;)}}\]&]+)", re.IGNORECASE | re.DOTALL),
        rf"\1{_GONE}",
    ),
    (
        re.compile(rf"""((?:\\*["']|\b)body{_KEY_END})(?:{_QUOTED})""", re.IGNORECASE | re.DOTALL),
        rf"\1{_GONE}",
    ),
    # 128 bits in hexadecimal: the bridge's tokens, and digests.
    (re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{32}(?![0-9A-Za-z])"), _GONE),
)


def redact(text: str) -> str:
    """Return a text without credentials, tokens and bodies of messages.

    Args:
        text: What is to be logged; may have many lines.
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


@contextlib.contextmanager
def context(*, account: str | None = None, sip_call_id: str | None = None) -> Iterator[None]:
    """Say what the lines are about that are logged within, also by tasks that begin there.

    Args:
        account: Account id; None keeps what it is.
        sip_call_id: SIP's Call-ID (RFC 3261 §8.1.1.4); None keeps what it is.
    """
    tokens = []
    for variable, value in ((_account, account), (_sip_call_id, sip_call_id)):
        if value is not None:
            tokens.append((variable, variable.set(value)))
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)


class Formatter(logging.Formatter):
    """One record, one line; further lines of its own are marked, so that no text can pass for a record."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(account)s %(sip_call_id)s] %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """Return local time in ISO 8601 with milliseconds."""
        return time.strftime(datefmt or "%Y-%m-%dT%H:%M:%S", time.localtime(record.created)) + f".{record.msecs:03.0f}"

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, redacted, the exception included."""
        record.account = _account.get()
        record.sip_call_id = _sip_call_id.get()
        first, *more = redact(super().format(record)).splitlines() or [""]
        return "\n".join([_printable(first), *(f"  | {_printable(line)}" for line in more)])


def configure(level: str | int = logging.INFO, *, stream: TextIO | None = None) -> None:
    """Send the log of this process to stderr. May be called again, to change it.

    Args:
        level: The lowest level that is written, `DEBUG` or 10.
        stream: Where it goes instead.

    Raises:
        ValueError: there is no such level.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Formatter())
    root = logging.getLogger()
    root.setLevel(level)
    for old in [known for known in root.handlers if isinstance(known.formatter, Formatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    for chatty in ("websockets", "asyncio", "jsonrpcserver"):  # At DEBUG these show whole frames.
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


def keep_stderr_for_log() -> None:
    """Let the log alone write to stderr from now on: a native library may complain without end."""
    kept = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(kept)


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() or char == "\t" else f"\\x{ord(char):02x}" for char in line)
