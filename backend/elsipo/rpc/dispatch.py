"""From a decoded request to its answer: checks it, asks for leave, calls the handler, turns failures into errors.

jsonrpcserver dispatches; around it stand our own checks, because what it says of itself (exception texts in
`error.data`, a batch refused as a whole) must not reach the other side. Must not know any stream or SIP.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from elsipo.rpc import usage
from elsipo.rpc.errors import (
    ElsipoError,
    InternalError,
    InvalidParamsError,
    InvalidRequestError,
    MethodNotFoundError,
)
from elsipo.rpc.lean import only_parts_of

with only_parts_of("jsonrpcserver", "oslash"):
    from jsonrpcserver.async_dispatcher import call
    from jsonrpcserver.request import Request
    from jsonrpcserver.result import Error, Success
    from jsonrpcserver.sentinels import NOCONTEXT
    from oslash.either import Left

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.rpc.handlers import Handlers
    from elsipo.rpc.method import Method, Notification

    Authorize = Callable[[Method[Any, Any] | Notification[Any]], None]

_log = logging.getLogger(__name__)

_MAX_ID_CHARS: Final = 128
_LOGGED_NAME_CHARS: Final = 80


def readable_id(obj: object) -> int | float | str | None:
    """Return a message's `id` where it is one (JSON-RPC 2.0 §4), else None.

    Args:
        obj: The decoded message.
    """
    found = obj.get("id") if isinstance(obj, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    return None if isinstance(found, str) and len(found) > _MAX_ID_CHARS else found


def error_response(error: ElsipoError, request_id: float | str | None) -> dict[str, Any]:
    """Return the response object that carries an error (JSON-RPC 2.0 §5)."""
    return {"jsonrpc": "2.0", "error": error.to_wire(), "id": request_id}


def is_response(obj: object) -> bool:
    """Tell whether a decoded message is an answer; an answer is never answered, however wrong it is."""
    return isinstance(obj, dict) and "method" not in obj and ("result" in obj or "error" in obj)


def is_notification(obj: object) -> bool:
    """Tell whether a decoded message is a notification (JSON-RPC 2.0 §4.1)."""
    return isinstance(obj, dict) and "id" not in obj and _is_call(obj)


def is_request(obj: object) -> bool:
    """Tell whether a decoded message is a request with an id that can be answered to."""
    return isinstance(obj, dict) and readable_id(obj) is not None and _is_call(obj)


def _is_call(obj: dict[str, Any]) -> bool:
    return (
        obj.get("jsonrpc") == "2.0"
        and isinstance(obj.get("method"), str)
        and ("params" not in obj or isinstance(obj["params"], dict | list))
        and not obj.keys() - {"jsonrpc", "method", "params", "id"}
    )


class Dispatcher:
    """Serves the requests and notifications of one connection.

    Args:
        handlers: Who answers what.
        authorize: Raises an ElsipoError for what this connection may not; None lets everything in.
        name: The other side, for the log.
    """

    def __init__(self, handlers: Handlers, authorize: Authorize | None, name: str) -> None:
        self._handlers = handlers
        self._authorize = authorize
        self._name = name

    async def answer(self, obj: object) -> dict[str, Any]:
        """Serve one request and return its response object; never raises but on cancellation.

        Args:
            obj: A decoded message that is neither a response nor a notification.
        """
        request_id = readable_id(obj)
        if not isinstance(obj, dict) or not is_request(obj):
            return error_response(InvalidRequestError(), request_id)
        # Its inner part. What stands around that decodes a text again, has a task of its own for each request, and
        # looks at a function's signature to know what our models know better.
        request = Request(obj["method"], obj.get("params", {}), request_id)
        result = await call(request, NOCONTEXT, partial(self._call, obj["method"]))
        if not isinstance(result, Left):
            return {"jsonrpc": "2.0", "result": result._value.result, "id": request_id}  # noqa: SLF001 - its API
        error = result._error.data  # noqa: SLF001 - its API
        return error_response(error if isinstance(error, ElsipoError) else InternalError(), request_id)

    def notified(self, obj: dict[str, Any]) -> None:
        """Serve one notification; whatever is wrong with it is logged, since nobody waits for an answer.

        Args:
            obj: A decoded notification.
        """
        name = obj["method"]
        found = self._handlers.notification(name)
        if found is None:
            _log.warning("%s sent a notification that nobody serves: %.80r", self._name, name)
            return
        notification, handler = found
        try:
            if self._authorize is not None:
                self._authorize(notification)
            loaded = notification.load_params(obj.get("params"))
            usage.record(notification)
            handler(loaded)
        except ElsipoError as error:
            _log.warning("%s from %s was refused: %s", name, self._name, error)
        except Exception:  # noqa: BLE001 - a bug in one handler must not end the connection
            _log.exception("%s from %s failed", name, self._name)

    async def _call(self, name: str, /, *args: Any, **params: Any) -> Any:
        """A method as jsonrpcserver wants it."""
        try:
            if args:
                raise InvalidParamsError("The parameters travel by name.")
            return Success(await self._serve(name, params))
        except ElsipoError as error:
            return Error(error.code, error.message, error)

    async def _serve(self, name: str, params: object) -> Any:
        """Call a method's handler.

        Args:
            name: As in the request.
            params: Decoded, not yet checked.

        Returns:
            The result as JSON values.

        Raises:
            ElsipoError: whatever went wrong, fit for the wire.
        """
        found = self._handlers.method(name)
        if found is None:
            _log.warning("%s asked for a method that nobody serves: %.80r", self._name, name)
            raise MethodNotFoundError
        method, handler = found
        try:
            if self._authorize is not None:
                self._authorize(method)
            loaded = method.load_params(params)
            usage.record(method)
            result = await handler(loaded)
        except ElsipoError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, its text stays in the log
            _log.exception("%s for %s failed", name, self._name)
            raise InternalError from None
        try:
            return method.dump_result(result)
        except InvalidParamsError as error:
            _log.error("The result of %s is not what the contract promises: %s", name, error)
            raise InternalError from None
