"""Makes the answer to the question for a page into an HTML document. Knows media types, no SIP and no window.

Nothing is cleaned here: a page may have scripts and looks of its own, for it is shown where it can reach nothing.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Final

from elsipo.rpc.errors import ContentRefusedError

ACCEPT: Final = "text/html, text/plain, application/json, message/external-body"
"""Media types that can be shown as a page, or lead to one."""

_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_TITLE_CHARS: Final = 256
_FRAME: Final = """<!DOCTYPE html>
<html lang="">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 44em; margin: 0 auto; padding: 24px 20px; font: 16px/1.5 system-ui, sans-serif;
  background: #fff; color: #1c2230; }}
pre {{ font: inherit; white-space: pre-wrap; overflow-wrap: break-word; margin: 0; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: 6px 14px 6px 0; border-top: 1px solid #8886; text-align: left; vertical-align: top; }}
th {{ font-weight: 600; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14171f; color: #e8ebf2; }} }}
</style></head>
<body>{body}</body>
</html>
"""


@dataclass(frozen=True)
class Document:
    """What is shown.

    Attributes:
        title: What it calls itself, or what it was given; one line.
        markup: HTML.
    """

    title: str
    markup: str


def document(content_type: str, body: str, name: str) -> Document:
    """Make a document of an answer.

    Args:
        content_type: Its Content-Type.
        body: Its text.
        name: What to call a page that calls itself nothing.

    Raises:
        ContentRefusedError: it is nothing that can be shown.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "text/html":
        return Document(_title(body) or name, body)
    if media_type == "application/json":
        return _framed(name, _json(body))
    if media_type.startswith("text/") or not media_type:
        return _framed(name, f"<pre>{html.escape(body)}</pre>")
    raise ContentRefusedError(f"The answer is of a kind that cannot be shown: {media_type[:64]}.")


def _framed(title: str, body: str) -> Document:
    return Document(title, _FRAME.format(title=html.escape(title), body=body))


def _title(markup: str) -> str:
    found = _TITLE.search(markup)
    text = html.unescape(found.group(1)) if found else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_TITLE_CHARS]


def _json(text: str) -> str:
    try:
        return _table(json.loads(text))
    except (ValueError, RecursionError):
        raise ContentRefusedError("The answer says that it is JSON, and is not.") from None


def _table(value: object) -> str:
    """Objects and lists as tables, the rest as text."""
    if isinstance(value, dict):
        rows = "".join(
            f"<tr><th>{html.escape(str(key))}</th><td>{_table(item)}</td></tr>" for key, item in value.items()
        )
        return f"<table>{rows}</table>"
    if isinstance(value, list):
        return f"<table>{''.join(f'<tr><td>{_table(item)}</td></tr>' for item in value)}</table>"
    return html.escape(value if isinstance(value, str) else json.dumps(value))
