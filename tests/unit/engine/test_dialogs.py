"""What identifies a dialog, as each side reads it off the wire, and what is written with it."""

from __future__ import annotations

from elsipo.engine import dialogs
from elsipo.engine.sip_text import parse

INVITE = (
    "INVITE sip:bob@192.0.2.4:5062;ob SIP/2.0\r\n"
    "Record-Route: <sip:192.0.2.1;lr=on>, <sip:192.0.2.2;lr>\r\n"
    'From: "Alice; tag=no" <sip:alice@provider-a.test>;tag=a1\r\n'
    "To: <sip:bob@provider-a.test>\r\nCall-ID: x@y\r\nContact: <sip:alice@192.0.2.3:5060;ob>\r\n\r\n"
)
ACK = (
    "ACK sip:bob@192.0.2.4:5062;ob SIP/2.0\r\nFrom: <sip:alice@provider-a.test>;tag=a1\r\n"
    "To: <sip:bob@provider-a.test>;tag=b2\r\nCall-ID: x@y\r\n\r\n"
)
OK = (
    "SIP/2.0 200 OK\r\nRecord-Route: <sip:192.0.2.1;lr=on>\r\nRecord-Route: <sip:192.0.2.2;lr>\r\n"
    "From: <sip:alice@provider-a.test>;tag=a1\r\nTo: <sip:bob@provider-a.test>; tag=b2\r\nCall-ID: x@y\r\n"
    "Contact: <sip:bob@192.0.2.4:5062;ob>\r\n\r\n"
)


def test_caller_and_called_see_the_same_dialog_from_either_end() -> None:
    ours, theirs = dialogs.of_answer(parse(OK)), dialogs.of_ack(parse(INVITE), parse(ACK))
    assert ours is not None
    assert theirs is not None
    assert (ours.local_tag, ours.remote_tag) == (theirs.remote_tag, theirs.local_tag) == ("a1", "b2")
    assert (ours.remote_uri, theirs.remote_uri) == ("sip:bob@provider-a.test", "sip:alice@provider-a.test")
    assert (ours.remote_target, theirs.remote_target) == ("sip:bob@192.0.2.4:5062;ob", "sip:alice@192.0.2.3:5060;ob")
    assert ours.route_set == theirs.route_set[::-1] == ["sip:192.0.2.2;lr", "sip:192.0.2.1;lr=on"]


def test_tags_of_replaces_are_as_the_peer_sees_them() -> None:
    dialog = dialogs.of_answer(parse(OK))
    assert dialog is not None
    assert dialogs.replaces(dialog) == {"Replaces": "x@y;to-tag=b2;from-tag=a1", "Require": "replaces"}


def test_bye_is_a_request_of_the_dialog() -> None:
    dialog = dialogs.of_answer(parse(OK))
    assert dialog is not None
    bye = parse(dialogs.bye(dialog, transport="udp", sent_by="192.0.2.3:5060"))
    assert bye.start_line == "BYE sip:bob@192.0.2.4:5062;ob SIP/2.0"
    assert dialogs.tag_of(bye.header("From")) == "a1"
    assert dialogs.tag_of(bye.header("To")) == "b2"
    assert bye.header("Route") == "<sip:192.0.2.2;lr>"
    assert int(bye.header("CSeq").split()[0]) > 2**15


def test_what_names_no_dialog_is_none() -> None:
    assert dialogs.of_answer(parse(OK.replace("; tag=b2", ""))) is None
    assert dialogs.of_answer(parse(OK.replace("x@y", "x" * 600))) is None
    assert dialogs.of_answer(parse(OK.replace("x@y", "x;to-tag=evil"))) is None
    assert dialogs.of_answer(parse("SIP/2.0 200 OK\r\n\r\n")) is None
