"""The errors that the shell answers with, as `bridge_spec/errors.yaml` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, Dict, Optional


class WireError(Exception):
    """An answer that is an error: code, words for a person, typed data."""

    code = -32603
    words = "Elsipo made a mistake. The log has the details."

    def __init__(self, data: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(self.words)
        self.data = data or {}

    def to_wire(self) -> Dict[str, Any]:
        """The `error` object of a response, JSON-RPC 2.0 §5.1."""
        wire: Dict[str, Any] = {"code": self.code, "message": self.words}
        if self.data:
            wire["data"] = self.data
        return wire


class ParseError(WireError):
    """-32700."""

    code, words = -32700, "The message is not valid JSON."


class InvalidRequestError(WireError):
    """-32600."""

    code, words = -32600, "The message is not a JSON-RPC 2.0 request."


class MethodNotFoundError(WireError):
    """-32601."""

    code, words = -32601, "There is no such method here."


class InvalidParamsError(WireError):
    """-32602; data: the field."""

    code, words = -32602, "The parameters do not fit the method."


class InternalError(WireError):
    """-32603."""


class ProtocolVersionError(WireError):
    """-32006; data: the version spoken here."""

    code, words = -32006, "The two sides speak different versions."


class InvalidStateError(WireError):
    """-32011."""

    code, words = -32011, "That is not possible in the present state."


class NotFoundError(WireError):
    """-32012."""

    code, words = -32012, "There is no such thing."
