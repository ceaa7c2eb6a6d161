"""What the generated Python types promise beyond the examples."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest
import yaml
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated.models import AudioProbe, Empty, EngineStatus, Notice
from elsipo.rpc.errors import BodyTooLargeError, InvalidParamsError, RateLimitedError
from pydantic import ValidationError

from contract.examples import ROOT, TABLES


def test_models_are_immutable() -> None:
    notice = Notice(notice_id="a", severity="info", text="x")
    with pytest.raises(ValidationError):
        notice.text = "y"  # type: ignore[misc] # what mypy forbids must fail at run time too


def test_python_may_say_none_for_an_absent_optional_and_the_wire_may_not() -> None:
    audio = {"backend": "null", "input_device": "", "output_device": "", "detail": ""}
    wire = {"account_id": "alice", "state": "stopped", "restarts": 0, "detail": "", "audio": audio}
    status = EngineStatus.from_wire(wire)
    assert status.pid is None
    assert EngineStatus(**{**dict(status), "pid": None}).to_wire() == wire
    with pytest.raises(InvalidParamsError):
        EngineStatus.from_wire({**wire, "pid": None})


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_numbers_that_json_does_not_have_are_refused(number: float) -> None:
    with pytest.raises(InvalidParamsError) as refusal:
        AudioProbe.from_wire({"sent_hz": number, "heard_hz": 0, "heard_dbfs": 0, "share": 0})
    assert refusal.value.data == {"field": "sent_hz"}


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


def test_importing_the_contract_builds_no_validator() -> None:
    program = (
        "from elsipo.rpc._generated import bridge, engine, shell, models\n"
        "from elsipo.rpc.model import Model\n"
        "print([kind.__name__ for kind in Model.__subclasses__() if kind.__pydantic_complete__])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
