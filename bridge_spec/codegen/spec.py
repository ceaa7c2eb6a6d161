"""The contract in memory: schemas, errors and methods, as the emitters need them. Knows no file and no language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

PARTIES: Final = {
    "bridge": ("host", "chrome", "page", "launcher"),
    "engine": ("host", "engine"),
    "shell": ("host", "shell"),
    "plugin": ("host", "plugin"),
}
"""Document to the roles at its ends."""

ORDER_ONLY: Final = frozenset({"launcher"})
"""Roles that give orders and leave: no notification is for them."""


def camel(name: str) -> str:
    """Return `call.hang_up` as `CallHangUp`."""
    return "".join(word[:1].upper() + word[1:] for word in name.replace(".", "_").split("_"))


def constant(name: str) -> str:
    """Return `call.hang_up` as `CALL_HANG_UP`."""
    return name.replace(".", "_").upper()


@dataclass(frozen=True)
class ErrorRow:
    """A row of errors.yaml; `data` maps a property to its JSON type and whether it is required."""

    code: int
    name: str
    retryable: bool
    message: str
    data: dict[str, tuple[str, bool]]

    @property
    def data_schema(self) -> Json:
        """The JSON Schema of the error's data object."""
        return {
            "type": "object",
            "additionalProperties": False,
            "required": [name for name, (_, required) in self.data.items() if required],
            "properties": {name: {"type": kind} for name, (kind, _) in self.data.items()},
        }


@dataclass(frozen=True)
class MethodRow:
    """A method, or a notification where `result` is None.

    `params` and `result` are names of schemas of the bundle.
    """

    document: str
    name: str
    summary: str
    params: str
    result: str | None
    senders: tuple[str, ...]
    receivers: tuple[str, ...]
    capability: str | None
    gesture: bool
    errors: tuple[str, ...]

    @property
    def constant(self) -> str:
        """The name of its constant."""
        return constant(self.name)


@dataclass(frozen=True)
class Spec:
    """All of the contract.

    Attributes:
        schemas: Name to JSON Schema, references as `#/components/schemas/NAME`; parameters and inline results included.
        errors: In order of errors.yaml.
        methods: In order of the documents.
        documents: Whole OpenRPC documents, for the meta-schema.
    """

    schemas: dict[str, Json]
    errors: tuple[ErrorRow, ...]
    methods: tuple[MethodRow, ...]
    documents: dict[str, Json] = field(repr=False)

    def of(self, document: str) -> tuple[MethodRow, ...]:
        """Return one document's methods and notifications."""
        return tuple(row for row in self.methods if row.document == document)
