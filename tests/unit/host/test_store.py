import sqlite3
from pathlib import Path

import pytest
from elsipo.host.store.calls import CallTable
from elsipo.host.store.database import Database, StoreTooNewError
from elsipo.host.store.messages import MessageTable
from elsipo.host.store.migrations import MIGRATIONS
from elsipo.rpc._generated.models import Call, Message, MessageStatus

BOB = "sip:bob@provider-a.test"


def _message(table: MessageTable, message_id: str, *, peer: str = BOB, **changes: object) -> Message:
    values: dict[str, object] = {
        "message_id": message_id,
        "direction": "outgoing",
        "peer": peer,
        "peer_display": "bob",
        "content_type": "text/plain",
        "body": "hi",
        "truncated": False,
        "state": "queued",
        "sip_status": 0,
        "reason_phrase": "",
        "created_at_ms": table.next_ms(),
        "read": True,
    }
    return Message.of(values | changes)


def _status(message_id: str, state: str, sip_status: int = 0) -> MessageStatus:
    return MessageStatus.of({"message_id": message_id, "state": state, "sip_status": sip_status, "reason_phrase": ""})


def test_a_message_is_there_after_the_process_is_gone(tmp_path: Path) -> None:
    first = Database(tmp_path / "history.sqlite")
    table = MessageTable(first)
    message = _message(table, "message-1")
    table.insert("alice", message)
    # The first connection is not closed: that is what a kill looks like.
    second = Database(tmp_path / "history.sqlite")
    assert MessageTable(second).get("alice", "message-1") == message
    second.close()
    first.close()


def test_a_final_state_is_never_taken_back(tmp_path: Path) -> None:
    table = MessageTable(database := Database(tmp_path / "history.sqlite"))
    table.insert("alice", _message(table, "message-1"))
    sent = table.set_status("alice", _status("message-1", "sent", 200))
    assert sent is not None
    assert sent.state == "sent"
    assert table.set_status("alice", _status("message-1", "queued")) is None
    assert table.waiting("alice") == []
    database.close()


def test_one_account_does_not_see_the_other(tmp_path: Path) -> None:
    table = MessageTable(database := Database(tmp_path / "history.sqlite"))
    table.insert("alice", _message(table, "message-1"))
    assert table.get("bob", "message-1") is None
    assert table.conversations("bob") == []
    assert table.set_status("bob", _status("message-1", "sent")) is None
    database.close()


def test_a_repeated_message_is_kept_once(tmp_path: Path) -> None:
    table = MessageTable(database := Database(tmp_path / "history.sqlite"))
    assert table.insert("alice", _message(table, "message-1"), "remote-1")
    assert not table.insert("alice", _message(table, "message-2"), "remote-1")
    assert table.insert("alice", _message(table, "message-3", peer="sip:carol@provider-a.test"), "remote-1")
    database.close()


def test_pages_go_back_without_losing_or_repeating_any(tmp_path: Path) -> None:
    table = MessageTable(database := Database(tmp_path / "history.sqlite"))
    for number in range(25):
        table.insert("alice", _message(table, f"message-{number}"))
    seen: list[str] = []
    before_ms, has_more = None, True
    while has_more:
        page, has_more = table.of_peer("alice", BOB, before_ms, 10)
        seen = [message.message_id for message in page] + seen
        before_ms = page[0].created_at_ms
    assert seen == [f"message-{number}" for number in range(25)]
    database.close()


def test_a_clock_set_back_costs_no_message(tmp_path: Path) -> None:
    table = MessageTable(database := Database(tmp_path / "history.sqlite"))
    for number in range(3):
        table.insert("alice", _message(table, f"message-{number}", created_at_ms=1_000))
    assert [message.created_at_ms for message in table.of_peer("alice", BOB, None, 10)[0]] == [1_000, 1_001, 1_002]
    database.close()


def test_conversations_count_what_is_unread(tmp_path: Path) -> None:
    table = MessageTable(database := Database(tmp_path / "history.sqlite"))
    for number in range(3):
        table.insert("alice", _message(table, f"from-bob-{number}", direction="incoming", state="received", read=False))
    table.insert("alice", _message(table, "to-carol-1", peer="sip:carol@provider-a.test"))
    assert [(one.peer, one.unread_count, one.last_message.message_id) for one in table.conversations("alice")] == [
        ("sip:carol@provider-a.test", 0, "to-carol-1"),
        (BOB, 3, "from-bob-2"),
    ]
    assert [message.read for message in table.mark_read("alice", BOB)] == [True, True, True]
    assert table.conversations("alice")[1].unread_count == 0
    database.close()


def test_a_call_that_a_killed_host_left_is_lost_and_says_so(tmp_path: Path) -> None:
    table = CallTable(database := Database(tmp_path / "history.sqlite"))
    call = Call(
        call_id="call-0001",
        direction="outgoing",
        peer=BOB,
        peer_display="bob",
        state="confirmed",
        sip_status=200,
        reason_phrase="OK",
        started_at_ms=1_000,
        confirmed_at_ms=2_000,
        muted=False,
        on_hold=False,
        has_audio=True,
    )
    table.save("alice", call, "sip-call-id")
    assert table.over("alice", None, 10) == []
    assert table.end_lost() == 1
    (lost,) = table.over("alice", None, 10)
    assert (lost.state, lost.outcome, lost.has_audio) == ("disconnected", "engine_lost", False)
    database.close()


@pytest.mark.parametrize("version", range(len(MIGRATIONS) + 1))
def test_every_earlier_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    path = tmp_path / "history.sqlite"
    old = sqlite3.connect(path)
    for script in MIGRATIONS[:version]:
        old.executescript(script)
    old.execute(f"PRAGMA user_version = {version}")
    old.close()
    database = Database(path)
    assert database.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
    table = MessageTable(database)
    assert table.insert("alice", _message(table, "message-1"))
    database.close()


def test_a_history_of_a_newer_elsipo_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 999")
    newer.close()
    with pytest.raises(StoreTooNewError):
        Database(path)


def test_a_damaged_history_is_set_aside_and_a_new_one_begins(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(b"This was a history once. " * 1_000)
    database = Database(path)
    assert database.set_aside is not None
    assert database.set_aside.read_bytes().startswith(b"This was a history once.")
    assert MessageTable(database).conversations("alice") == []
    database.close()
