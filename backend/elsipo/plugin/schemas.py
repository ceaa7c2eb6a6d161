"""Holds what goes in and out of a plugin to its own schemas.

In the plugin's process and not in the host: a schema can be as wrong as the rest of the plugin (an endless pattern, a
loop of references), and must then hold up nobody else; nor does the host have to import jsonschema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry

from elsipo.rpc.errors import InvalidParamsError, MethodNotFoundError

if TYPE_CHECKING:
    from elsipo.rpc._generated.models import PluginDescription

_MAX_PLACE = 256
_MAX_REASON = 512


class Schemas:
    """The validators of one plugin.

    Args:
        description: What it says of itself.

    Raises:
        jsonschema.SchemaError: one of its schemas is none.
    """

    def __init__(self, description: PluginDescription) -> None:
        self._params = {method.name: _validator(method.params) for method in description.methods}
        self._results = {method.name: _validator(method.result) for method in description.methods}
        self._told = {told.name: _validator(told.params) for told in description.notifications}

    def check_params(self, method: str, params: dict[str, Any]) -> None:
        """Let parameters in.

        Raises:
            MethodNotFoundError: there is no such method.
            InvalidParamsError: they do not fit; `field` names the place, and no value is repeated.
        """
        if method not in self._params:
            raise MethodNotFoundError
        if (error := best_match(self._params[method].iter_errors(params))) is not None:
            place = ".".join(map(str, error.absolute_path))[:_MAX_PLACE]
            raise InvalidParamsError(
                f"{place or 'The parameters'}: {error.validator} is not satisfied.", field=place or None
            )

    def check_result(self, method: str, result: Any) -> None:
        """Let a result out.

        Raises:
            ValueError: it is not what the schema promises.
        """
        _demand(self._results[method], result, f"The result of {method}")

    def check_told(self, name: str, params: dict[str, Any]) -> None:
        """Let a notification out.

        Raises:
            ValueError: it is not what the schema promises.
        """
        _demand(self._told[name], params, f"The notification {name}")


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, registry=Registry())  # an empty registry: nothing is fetched for a reference


def _demand(validator: Draft202012Validator, value: Any, what: str) -> None:
    if (error := best_match(validator.iter_errors(value))) is not None:
        raise ValueError(f"{what} is not what its schema promises: {error.message[:_MAX_REASON]}")
