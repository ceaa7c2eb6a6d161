"""What the log shows, and what it never shows."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import TYPE_CHECKING

import pytest
from elsipo import log

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "0123456789abcdef" * 2
MESSAGE = (
    "MESSAGE sip:bob@provider-a.test SIP/2.0\r\n"
    "From: <sip:alice@provider-a.test>;tag=1\r\n"
    "CSeq: 7 MESSAGE\r\n"
    "Content-Type: text/plain\r\n"
    "Content-Length: 21\r\n"
    "\r\n"
    "meet me at midnight\r\nalone"
)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    chatty = {name: logging.getLogger(name).level for name in ("websockets", "asyncio", "jsonrpcserver")}
    stream = io.StringIO()
    log.configure("DEBUG", stream=stream)
    yield stream
    root.setLevel(level)
    root.handlers[:] = handlers
    for name, before in chatty.items():
        logging.getLogger(name).setLevel(before)


@pytest.mark.parametrize(
    "text",
    [
        'Authorization: Digest username="alice", response="hunter2"',
        'Proxy-Authorization: Digest username="alice", response="hunter2"',
        'proxy-authorization :Digest username="alice",\r\n response="hunter2"',
        "{'Authorization': 'Basic hunter2'}",
        '{"password": "hunter2", "x": 1}',
        '{"password":"a \\" hunter2"}',
        '{"password": "hunter2',
        "{'password': 'hunter2'}",
        '"{\\"password\\": \\"hunter2\\"}"',
        "password=hunter2",
        "AccountSettings(aor='sip:alice@a.test', password='hunter2', audio='null')",
        "old_password = hunter2",
        "Password: hunter2",
        '{"body": "hunter2"}',
        '{"body":"a \\"quoted\\" hunter2"}',
        "Message(body='hunter2')",
        '"{\\"body\\": \\"hunter2\\"}"',
        MESSAGE.replace("midnight", "hunter2"),
        repr(MESSAGE.replace("midnight", "hunter2")),
        f"TX 400 bytes:\n{MESSAGE.replace('midnight', 'hunter2')}\n--end msg--",
        MESSAGE.replace("\r\n", "\n").replace("midnight", "hunter2"),
    ],
)
def test_secrets_are_not_shown(text: str, written: io.StringIO) -> None:
    logging.getLogger("elsipo.test").info("Got %s", text)
    assert "hunter2" not in written.getvalue()
    assert "[redacted]" in written.getvalue()


@pytest.mark.parametrize("text", [TOKEN, TOKEN.upper(), f'{{"token": "{TOKEN}"}}', f"ws://127.0.0.1/?t={TOKEN}&x"])
def test_tokens_are_not_shown(text: str, written: io.StringIO) -> None:
    logging.getLogger("elsipo.test").info("Got %s", text)
    assert TOKEN not in written.getvalue().lower()


@pytest.mark.parametrize(
    "text",
    [
        "Calling sip:bob@provider-a.test",
        "a4f3 is short",
        TOKEN + "00",
        "INVITE sip:bob@provider-a.test SIP/2.0",
        "The body was 3300 bytes long",
        "The password is missing",
        json.dumps({"to": "sip:bob@provider-a.test", "content_type": "text/plain"}),
    ],
)
def test_everything_else_is_shown(text: str) -> None:
    assert log.redact(text) == text


def test_what_surrounds_a_secret_is_shown() -> None:
    shown = log.redact(f"TX 400 bytes:\n{MESSAGE}\n--end msg--\nsent")
    assert "Content-Type: text/plain" in shown
    assert "midnight" not in shown
    assert "alone" not in shown
    assert shown.endswith("[redacted]\n--end msg--\nsent")
    assert log.redact('{"password": "x", "aor": "sip:a@b"}') == '{"password": [redacted], "aor": "sip:a@b"}'
    assert log.redact("Authorization: Digest x\r\nCall-ID: 1") == "Authorization: [redacted]\r\nCall-ID: 1"


def test_secret_in_an_exception_is_not_shown(written: io.StringIO) -> None:
    def fail() -> None:
        raise RuntimeError("password=hunter2")

    try:
        fail()
    except RuntimeError:
        logging.getLogger("elsipo.test").exception("It failed")
    assert "RuntimeError" in written.getvalue()
    assert "hunter2" not in written.getvalue()


def test_line_says_what_it_is_about(written: io.StringIO) -> None:
    with log.context(account="alice"):
        with log.context(sip_call_id="7f3a@192.0.2.1"):
            logging.getLogger("elsipo.test").warning("Ringing")
        logging.getLogger("elsipo.test").info("Over")
    logging.getLogger("elsipo.test").info("Idle")
    first, second, third = written.getvalue().splitlines()
    assert first.split(" ", 1)[1] == "WARNING elsipo.test [alice 7f3a@192.0.2.1] Ringing"
    assert second.split(" ", 1)[1] == "INFO elsipo.test [alice -] Over"
    assert third.split(" ", 1)[1] == "INFO elsipo.test [- -] Idle"


async def test_tasks_keep_the_context_they_began_in(written: io.StringIO) -> None:
    async def speak() -> None:
        logging.getLogger("elsipo.test").info("Here")

    with log.context(account="bob"):
        task = asyncio.create_task(speak())
    await task
    assert "[bob -] Here" in written.getvalue()


def test_text_cannot_pass_for_a_line_of_its_own(written: io.StringIO) -> None:
    logging.getLogger("elsipo.test").info("%s", "x\n2026-01-01T00:00:00.000 ERROR forged\x1b[31m\u2028more")
    lines = written.getvalue().splitlines()
    assert len([line for line in lines if line.startswith("20")]) == 1
    assert all(line.startswith("  | ") for line in lines[1:])
    assert "\x1b" not in written.getvalue()


def test_configuring_again_replaces(written: io.StringIO) -> None:
    other = io.StringIO()
    log.configure("WARNING", stream=other)
    logging.getLogger("elsipo.test").info("too low")
    logging.getLogger("elsipo.test").warning("heard")
    assert written.getvalue() == ""
    assert len(other.getvalue().splitlines()) == 1


def test_libraries_do_not_show_frames(written: io.StringIO) -> None:
    logging.getLogger("websockets.server").debug("> TEXT 'secret'")
    assert written.getvalue() == ""


def test_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        log.configure("LOUD", stream=io.StringIO())
