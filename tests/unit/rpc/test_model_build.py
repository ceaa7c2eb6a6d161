"""Models whose validators are made before they are used."""

from __future__ import annotations

import pytest
from elsipo.rpc.model import Model, build


class Inner(Model):
    text: Later  # type: ignore[name-defined] # noqa: F821 - found out when the validator is made


class Outer(Model):
    inner: list[Inner] | None = None


def test_the_validators_of_all_that_a_model_is_made_of_are_made_with_its_own() -> None:
    with pytest.raises(NameError, match="Later"):
        build(str, list[Outer])
