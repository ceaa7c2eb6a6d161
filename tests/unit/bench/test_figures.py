"""The bench's arithmetic and its table."""

from __future__ import annotations

import json

import pytest
from bench.figures import (
    BEGIN,
    END,
    TARGETS,
    Figure,
    figure,
    missed,
    to_json,
    to_markdown,
    with_p99,
    with_table,
)


def test_a_figure_is_the_median_over_the_floor_s_median() -> None:
    assert figure([3, 1, 2], "ms", [0.5, 1.5]) == Figure(2, "ms", 1, 2, 3)


def test_without_a_floor_there_is_no_ratio() -> None:
    assert figure([4], "%") == Figure(4, "%", None, None, 1)


def test_p99_is_near_the_worst_of_a_hundred() -> None:
    figures = with_p99("x", list(range(101)), "ms", [1])
    assert figures["x"].value == 50
    assert figures["x_p99"].value == 99


def test_json_has_the_promised_shape() -> None:
    assert json.loads(to_json({"x": figure([1], "ms", [2])})) == {
        "x": {"value": 1, "unit": "ms", "floor": 2, "ratio": 0.5, "n": 1}
    }


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("rpc_roundtrip", Figure(3, "ms", 1, 3.0, 1), Figure(3.1, "ms", 1, 3.1, 1)),
        ("message_to_dom", Figure(20, "ms", 1, 20, 1), Figure(20.5, "ms", 1, 20.5, 1)),
        ("messages_per_s", Figure(300, "/s", 320, 0.94, 1), Figure(0, "/s", 320, 0, 1)),
        ("cold_start", Figure(500, "ms", 250, 2.0, 1), Figure(501, "ms", 250, 2.004, 1)),
        ("engine_private_mb", Figure(25, "MB", 3, 8, 1), Figure(26, "MB", 3, 8, 1)),
        ("engine_idle_cpu", Figure(1, "%", None, None, 1), Figure(1.1, "%", None, None, 1)),
        ("import", Figure(160, "ms", 10, 16, 1), Figure(161, "ms", 10, 16.1, 1)),
    ],
)
def test_targets_are_those_of_the_issue(name: str, good: Figure, bad: Figure) -> None:
    assert missed({name: good}) == []
    assert missed({name: bad}) == [name]
    assert "**missed**" in to_markdown({name: bad})


def test_the_table_has_a_row_for_each_figure_in_order() -> None:
    figures = {name: figure([1], "ms", [1]) for name in reversed(list(TARGETS))}
    rows = to_markdown(figures).splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(TARGETS)


def test_a_document_s_table_is_renewed_between_its_marks_alone() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert with_table(text, "new\n") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    assert with_table("without marks", "new\n") == "without marks"
