"""The root of the error tree. Its classes are generated from bridge_spec/errors.yaml: import from elsipo.rpc.errors.

Must not know any stream or SIP, and never carries an unexpected exception's text: that belongs in the log.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

_MAX_MESSAGE: Final = 1024
_SERVER_RANGE: Final = range(-32768, -31999)


class ElsipoError(Exception):
    """An error that may cross a boundary.

    Attributes:
        code: JSON-RPC error code.
        retryable: Whether trying again can help.
        message: For a person.
        data: The row's typed properties; absent ones left out.
    """

    code: int = -32603
    retryable: bool = False
    default_message: ClassVar[str] = "Elsipo made a mistake. The log has the details."
    data_types: ClassVar[dict[str, tuple[type, bool]]] = {}
    """Property to its type and whether it is always there."""

    _by_code: ClassVar[dict[int, type[ElsipoError]]] = {}

    def __init__(self, message: str | None = None, **data: Any) -> None:
        self.message = (self.default_message if message is None else message)[:_MAX_MESSAGE]
        self.data: dict[str, Any] = {key: value for key, value in data.items() if value is not None}
        super().__init__(self.message)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            ElsipoError._by_code[cls.code] = cls

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON-RPC error object (JSON-RPC 2.0 §5.1)."""
        wire: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data:
            wire["data"] = dict(self.data)
        return wire

    @staticmethod
    def from_wire(obj: object) -> ElsipoError:
        """Read a JSON-RPC error object; never raises.

        Args:
            obj: The decoded `error` of a response.

        Returns:
            The row's class. A plain ElsipoError with the code where the code is unknown; InternalError's code where
            the object is no error object or its data does not fit its row.
        """
        if not isinstance(obj, dict):
            return _unreadable()
        code, message, data = obj.get("code"), obj.get("message"), obj.get("data", {})
        if type(code) is not int or not isinstance(message, str) or obj.keys() - {"code", "message", "data"}:
            return _unreadable()
        kind = ElsipoError._by_code.get(code)
        if kind is None:
            error = ElsipoError(message)
            if code in _SERVER_RANGE:
                error.code = code
            return error
        if not isinstance(data, dict) or not kind.accepts(data):
            return _unreadable()
        return kind(message, **data)

    @classmethod
    def accepts(cls, data: dict[str, Any]) -> bool:
        """Tell whether `data` is what the row promises."""
        if data.keys() - cls.data_types.keys():
            return False
        return all(
            type(data[name]) is wanted if name in data else not required
            for name, (wanted, required) in cls.data_types.items()
        )


def _unreadable() -> ElsipoError:
    kind = ElsipoError._by_code.get(ElsipoError.code, ElsipoError)  # noqa: SLF001 - this module's own table
    return kind("The other side answered with an error that cannot be read.")
