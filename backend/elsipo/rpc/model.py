"""The base of every generated model: what the contract says an object is, and nothing more.

Knows JSON values. Must not know any method, any stream, or SIP.
"""

from __future__ import annotations

import os
from typing import Any, Final, Self, get_args

# Else pydantic looks for plugins in every installed package, for each process of ours anew.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from elsipo.rpc.errors import InvalidParamsError

_MAX_PLACE: Final = 256  # an unknown key is the sender's text, and is as long as the sender likes

# Python writes "absent" as None, the wire by leaving the key out. Only what comes off the wire is held to that.
WIRE_CONTEXT: Final[dict[str, bool]] = {"elsipo_wire": True}


class Model(BaseModel):
    """An immutable object of the contract: no unknown keys, no conversions, lengths and patterns checked.

    Built on first use (`defer_build`), so that importing the contract costs little.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, defer_build=True, allow_inf_nan=False, protected_namespaces=()
    )

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null_from_the_wire(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.context is WIRE_CONTEXT:
            raise PydanticCustomError("null", "must not be null; leave it out")
        return value

    @classmethod
    def from_wire(cls, obj: object) -> Self:
        """Read a decoded JSON value.

        Args:
            obj: What `json.loads` gave.

        Returns:
            The object.

        Raises:
            InvalidParamsError: it does not fit; `field` names the first place, `a.b.0.c`.
        """
        try:
            return cls.model_validate(obj, context=WIRE_CONTEXT)
        except ValidationError as error:
            raise invalid_params(error) from None

    def to_wire(self) -> dict[str, Any]:
        """Return the object as JSON values, absent optionals left out."""
        return self.model_dump(exclude_none=True)


def build(*annotations: Any) -> None:
    """Build models now, and all that they are made of.

    Args:
        annotations: Models, or what models are in, such as `list[Account]`.
    """
    for annotation in annotations:
        if not isinstance(annotation, type) or not issubclass(annotation, Model):
            build(*get_args(annotation))
        elif not annotation.__pydantic_complete__:
            annotation.model_rebuild()
            build(*(field.annotation for field in annotation.model_fields.values()))


def invalid_params(error: ValidationError) -> InvalidParamsError:
    """Turn pydantic's finding into the contract's error.

    Only places are told, never values: a value may be a password.

    Args:
        error: A failed validation.

    Returns:
        The error, with `field` where the finding has a place.
    """
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])[:_MAX_PLACE]
    if not place:
        return InvalidParamsError("The parameters are not an object of the method's kind.")
    return InvalidParamsError(f"{place}: {first['msg']}.", field=place)
