"""What the generated Python types promise beyond the examples."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import pytest
import yaml
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated.models import (
    Account,
    AudioProbe,
    BridgeServiceQueryParams,
    Empty,
    EngineStatus,
    Notice,
    PluginPluginCallParams,
)
from elsipo.rpc.errors import BodyTooLargeError, InvalidParamsError, RateLimitedError
from elsipo.rpc.model import ValidationError
from msgspec import structs

from contract.examples import ROOT, TABLES


def test_models_are_immutable() -> None:
    notice = Notice(notice_id="a", severity="info", text="x")
    with pytest.raises(AttributeError):
        notice.text = "y"  # type: ignore[misc] # what mypy forbids must fail at run time too


def test_python_may_say_none_for_an_absent_optional_and_the_wire_may_not() -> None:
    audio = {"backend": "null", "input_device": "", "output_device": "", "detail": ""}
    wire = {"account_id": "alice", "state": "stopped", "restarts": 0, "detail": "", "audio": audio}
    status = EngineStatus.from_wire(wire)
    assert status.pid is None
    assert EngineStatus(**{**structs.asdict(status), "pid": None}).to_wire() == wire
    with pytest.raises(InvalidParamsError):
        EngineStatus.from_wire({**wire, "pid": None})


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_numbers_that_json_does_not_have_are_refused(number: float) -> None:
    with pytest.raises(InvalidParamsError) as refusal:
        AudioProbe.from_wire({"sent_hz": number, "heard_hz": 0, "heard_dbfs": 0, "share": 0})
    assert refusal.value.data == {"field": "sent_hz"}


@pytest.mark.parametrize("levels", [200, 900])
def test_what_is_nested_too_deep_is_read_or_refused(levels: int) -> None:
    call = {"method": "a", "params": {"x": json.loads("[" * levels + "]" * levels)}}
    with contextlib.suppress(InvalidParamsError):
        assert PluginPluginCallParams.from_wire(call).to_wire() == call


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"x": {"y": None}}, None),
        ({"x": [1.5, "\u00e4", True]}, None),
        ({"x": [0, "\ud800"]}, "params.x.1"),
        ({"\udc00": 1}, "params"),
        ({"x": {"y": [math.inf]}}, "params.x.y.0"),
        (None, "params"),
    ],
)
def test_any_json_is_any_but_what_no_json_text_can_say(params: Any, field: str | None) -> None:
    call = {"method": "a", "params": params}
    if field is None:
        assert PluginPluginCallParams.from_wire(call).to_wire() == call
        return
    with pytest.raises(InvalidParamsError) as refusal:
        PluginPluginCallParams.from_wire(call)
    assert refusal.value.data == {"field": field}


@pytest.mark.parametrize("key", ["x", "x` - at `$.versions[...]", "\n", "["])
def test_a_sender_s_own_key_is_told_and_misleads_nobody(key: str) -> None:
    for wire in ({key: 1}, {"audio": {key: 1}}):
        with pytest.raises(InvalidParamsError):
            EngineStatus.from_wire(wire)
    with pytest.raises(InvalidParamsError) as refusal:
        BridgeServiceQueryParams.from_wire({"service": "lunch", "arguments": {"a": "b", key: 5}})
    assert refusal.value.data == {"field": f"arguments.{key}"}


def test_no_value_is_told_with_the_place() -> None:
    account = {"account_id": "a", "aor": "sip:a@b", "display_name": "", "server": "", "transport": "hunter2"}
    with pytest.raises(InvalidParamsError) as refusal:
        Account.from_wire(account)
    assert "hunter2" not in json.dumps(refusal.value.to_wire())


def test_python_s_own_mistakes_are_found_where_an_object_is_made() -> None:
    with pytest.raises(ValidationError):
        Notice(notice_id="a", severity="dreadful", text="x")  # type: ignore[arg-type] # what mypy forbids
    with pytest.raises(ValidationError):
        Notice.of({"notice_id": "a", "severity": "info", "text": "x", "more": 1})


def test_place_of_an_endless_unknown_key_is_cut() -> None:
    with pytest.raises(InvalidParamsError) as refusal:
        Empty.from_wire({"x" * 100_000: 1})
    assert len(json.dumps(refusal.value.to_wire())) < 2048


def test_result_that_is_not_the_promised_one_never_leaves() -> None:
    with pytest.raises(InvalidParamsError):
        TABLES["bridge"].METHODS["system.echo"].dump_result(Empty())


def test_errors_take_their_data_by_name() -> None:
    assert BodyTooLargeError(limit_bytes=3200).data == {"limit_bytes": 3200}
    assert RateLimitedError("Slower.").to_wire() == {"code": -32003, "message": "Slower."}
    assert RateLimitedError(retry_after_s=2).retry_after_s == 2


def test_protocol_version_is_the_documents_major_version() -> None:
    for document in TABLES:
        text = (ROOT / "bridge_spec" / "openrpc" / f"{document}.yaml").read_text(encoding="utf-8")
        assert int(yaml.safe_load(text)["info"]["version"].split(".")[0]) == PROTOCOL_VERSION


def test_only_the_chrome_may_handle_a_password_or_ask_for_the_page() -> None:
    methods = TABLES["bridge"].METHODS
    chrome_only = {name for name, method in methods.items() if method.senders == {"chrome"}}
    assert {"account.add", "account.remove", "page.open", "notice.list"} <= chrome_only
    assert {name for name, method in methods.items() if method.gesture} == {
        "call.dial",
        "call.answer",
        "device.sign_out",
        "link.follow",
    }
    assert TABLES["bridge"].NOTIFICATIONS["notice.raised"].receivers == {"chrome"}
