"""The shell's hand-made JSON-RPC against the contract, and what it makes of nonsense."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from e2e.shell.driver import PACKAGES, ROOT
from elsipo.rpc import errors as contract_errors
from elsipo.rpc._generated import shell as contract
from elsipo_shell import errors, params

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.shell.bindings import Binding
    from e2e.shell.driver import ShellProcess

_EXAMPLES = json.loads((ROOT / "bridge_spec" / "examples" / "window.json").read_text())["shell"]


def _examples() -> list[Any]:
    return [
        pytest.param(method, case, id=f"{method}: {case['case']}")
        for method in params.METHODS
        for case in _EXAMPLES[method]["params"]
    ]


@pytest.mark.parametrize(("method", "example"), _examples())
def test_parameters_are_judged_as_the_contract_judges_them(method: str, example: dict[str, Any]) -> None:
    value = _expanded(example["value"])
    if "field" not in example:
        assert params.check(method, value) == value
        return
    with pytest.raises(errors.InvalidParamsError) as caught:
        params.check(method, value)
    assert caught.value.data["field"] == example["field"]


def test_every_method_of_the_contract_is_served_with_its_very_parameters() -> None:
    document = yaml.safe_load((ROOT / "bridge_spec" / "openrpc" / "shell.yaml").read_text())
    of_host = {method["name"]: method for method in document["methods"] if method["x-from"] == ["host"]}
    assert set(params.METHODS) == set(of_host) == {name for name, m in contract.METHODS.items() if "host" in m.senders}
    for name, checks in params.METHODS.items():
        assert list(checks) == [param["name"] for param in of_host[name]["params"]]
        optional = {param["name"] for param in of_host[name]["params"] if not param["required"]}
        assert optional == params.OPTIONAL & set(checks)


@pytest.mark.parametrize("error", errors.WireError.__subclasses__(), ids=lambda error: error.__name__)
def test_errors_are_those_of_the_contract(error: type[errors.WireError]) -> None:
    of_contract = getattr(contract_errors, error.__name__)
    assert (error.code, error.words) == (of_contract.code, of_contract.default_message)


@pytest.mark.parametrize("file", sorted(PACKAGES.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGES)))
def test_the_source_is_python_3_7(file: Any) -> None:
    ast.parse(file.read_text("utf-8"), feature_version=(3, 7))


def test_hello_tells_what_runs(shell: ShellProcess, binding: Binding) -> None:
    hello = shell.request("shell.hello", protocol_version=1)
    assert contract.SHELL_HELLO.load_result(hello).chromium_version.startswith(binding.chromium)
    assert (hello["protocol_version"], hello["binding"]) == (1, binding.name)


def test_another_protocol_version_is_refused(shell: ShellProcess) -> None:
    error = shell.response("shell.hello", protocol_version=2)["error"]
    assert (error["code"], error["data"]) == (-32006, {"supported": 1})


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 100_000, -32700),
        (b'"' + b"x" * 2**21 + b'"', -32700),
        (b"[]", -32600),
        (b"7", -32600),
        (b'{"jsonrpc":"1.0","id":null,"method":"shell.hello"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":7}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"shell.explode"}', -32601),
        (b'{"jsonrpc":"2.0","id":null,"method":"window.close","params":["w1"]}', -32602),
        (b'{"jsonrpc":"2.0","id":null,"method":"window.close","params":{"window_id":"w1"}}', -32012),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else str(value),
)
def test_nonsense_gets_a_typed_error_and_harms_nothing(line: bytes, code: int, shell: ShellProcess) -> None:
    shell.write(line + b"\n")
    answer = shell.wait(lambda message: message.get("id", 0) is None)
    assert answer["error"]["code"] == code
    assert shell.request("shell.hello", protocol_version=1)


def test_a_batch_is_answered_as_a_batch(shell: ShellProcess) -> None:
    hello = {"jsonrpc": "2.0", "id": "a", "method": "shell.hello", "params": {"protocol_version": 1}}
    shell.send([hello, 7, {**hello, "id": "b"}, {"jsonrpc": "2.0", "method": "shell.explode"}])
    answers = shell.wait(lambda message: isinstance(message, list))
    assert [answer["id"] for answer in answers] == ["a", None, "b"]


def test_an_answer_to_nothing_is_ignored(shell: ShellProcess) -> None:
    shell.send({"jsonrpc": "2.0", "id": 99, "result": "0" * 32})
    assert shell.request("shell.hello", protocol_version=1)


def test_a_window_id_is_used_once(open_window: Callable[..., None], shell: ShellProcess) -> None:
    open_window("http://127.0.0.1:9/")
    error = shell.response(
        "window.open",
        window_id="w1",
        url="http://127.0.0.1:9/",
        title="",
        icon_file="",
        width_px=300,
        height_px=300,
    )["error"]
    assert error["code"] == -32011


def _expanded(value: Any) -> Any:
    """Examples write long texts as {"$repeat": TEXT, "times": N}."""
    if isinstance(value, dict) and "$repeat" in value:
        return value["$repeat"] * value["times"]
    if isinstance(value, dict):
        return {key: _expanded(inner) for key, inner in value.items()}
    return value
