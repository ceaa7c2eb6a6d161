"""Models that are built before they are used."""

from __future__ import annotations

from elsipo.rpc.model import Model, build


class Inner(Model):
    text: str


class Other(Model):
    number: int


class Outer(Model):
    inner: list[Inner] | None = None
    other: Other


class Unrelated(Model):
    inner: Inner


def test_all_that_a_model_is_made_of_is_built_with_it_and_nothing_else() -> None:
    assert not Outer.__pydantic_complete__
    build(list[Outer], str)
    assert all(model.__pydantic_complete__ for model in (Outer, Inner, Other))
    assert not Unrelated.__pydantic_complete__
