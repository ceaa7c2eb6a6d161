"""Python's verdict on every golden example. TypeScript's, in frontend/sdk/contract.test.ts, must be the same."""

from __future__ import annotations

from typing import Any

import pytest
from elsipo.rpc import errors
from elsipo.rpc.errors import ElsipoError, InternalError, InvalidParamsError

from contract.examples import TABLES, ErrorExample, Example, load_error_examples, load_examples

EXAMPLES = load_examples()
ERROR_EXAMPLES = load_error_examples()


def _read_and_write_again(example: Example) -> Any:
    table = TABLES[example.document]
    if example.part == "params":
        row = table.METHODS.get(example.method) or table.NOTIFICATIONS[example.method]
        return row.load_params(example.value).to_wire()
    method = table.METHODS[example.method]
    return method.dump_result(method.load_result(example.value))


@pytest.mark.parametrize("example", [row for row in EXAMPLES if row.field is None], ids=str)
def test_valid_example_is_read_and_written_again_unchanged(example: Example) -> None:
    assert _read_and_write_again(example) == example.value


@pytest.mark.parametrize("example", [row for row in EXAMPLES if row.field is not None], ids=str)
def test_invalid_example_is_refused_at_its_field(example: Example) -> None:
    with pytest.raises(InvalidParamsError) as refusal:
        _read_and_write_again(example)
    assert refusal.value.data.get("field", "") == example.field


@pytest.mark.parametrize("example", ERROR_EXAMPLES, ids=str)
def test_wire_error_becomes_its_class(example: ErrorExample) -> None:
    error = ElsipoError.from_wire(example.value)
    assert type(error).__name__ == example.error
    if example.unreadable:
        assert error.message == "The other side answered with an error that cannot be read."
    else:
        assert error.to_wire() == example.value


@pytest.mark.parametrize("document", TABLES)
def test_every_method_and_notification_has_a_valid_example(document: str) -> None:
    table = TABLES[document]
    wanted = {(name, part) for name in table.METHODS for part in ("params", "result")}
    wanted |= {(name, "params") for name in table.NOTIFICATIONS}
    valid = {(row.method, row.part) for row in EXAMPLES if row.document == document and row.field is None}
    assert wanted - valid == set()
    assert valid - wanted == set()


@pytest.mark.parametrize("document", TABLES)
def test_every_method_and_notification_has_an_invalid_example(document: str) -> None:
    table = TABLES[document]
    wanted = {(name, part) for name in table.METHODS for part in ("params", "result")}
    wanted |= {(name, "params") for name in table.NOTIFICATIONS}
    invalid = {(row.method, row.part) for row in EXAMPLES if row.document == document and row.field is not None}
    assert wanted - invalid == set()


def test_every_error_has_an_example() -> None:
    rows = {kind.__name__ for kind in ElsipoError.__subclasses__()}
    assert rows - {row.error for row in ERROR_EXAMPLES if not row.unreadable} == set()
    assert all(getattr(errors, name).__name__ == name for name in rows)


def test_examples_are_named_once() -> None:
    names = [str(row) for row in EXAMPLES]
    assert sorted(set(names)) == sorted(names)


def test_refusal_tells_the_place_and_not_the_value() -> None:
    secret = "correct horse battery staple"
    with pytest.raises(InvalidParamsError) as refusal:
        TABLES["bridge"].METHODS["account.add"].load_params({"address": "a", "password": [secret]})
    assert refusal.value.data == {"field": "password"}
    assert secret not in str(refusal.value)


def test_absent_parameters_are_none_at_all() -> None:
    assert TABLES["bridge"].METHODS["page.open"].load_params(None).to_wire() == {}


def test_error_that_carries_nothing_says_nothing() -> None:
    assert InternalError().to_wire() == {
        "code": -32603,
        "message": "Elsipo made a mistake. The log has the details.",
    }
