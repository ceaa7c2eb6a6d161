"""JSON-RPC 2.0 with the host, one text a line. Must not know windows or CEF.

Lines are read on one thread and written on another, so that neither a silent nor a busy host ever stops the windows;
everything in between happens on the thread that `post` leads to.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
from typing import TYPE_CHECKING

from . import params as contract
from . import usage
from .errors import InternalError, InvalidRequestError, MethodNotFoundError, ParseError, WireError

if TYPE_CHECKING:
    from typing import Any, BinaryIO, Callable, Dict, List, Optional

    Respond = Callable[[Any], None]
    Handler = Callable[[Dict[str, Any], Respond], None]
    Post = Callable[[Callable[[], None]], None]

_log = logging.getLogger(__name__)

_LONGEST_LINE = 2**20


class Channel:
    """Both directions of the conversation.

    Args:
        reader: Where lines come from, in binary.
        write_fd: Where lines go.
        handlers: Per method; called with checked parameters and a function that takes the result, or a WireError,
            now or later.
    """

    def __init__(self, reader: BinaryIO, write_fd: int, handlers: Dict[str, Handler]) -> None:
        self._reader = reader
        self._fd = write_fd
        self._handlers = handlers
        self._waiting: Dict[int, Callable[[Any], None]] = {}
        self._last_id = 0
        self._out: queue.Queue[Optional[bytes]] = queue.Queue()
        self._writer = threading.Thread(target=self._write, name="rpc-writer", daemon=True)
        self._writer.start()

    def listen(self, post: Post, ended: Callable[[], None]) -> None:
        """Begin to read; `ended` is called through `post` when the host is gone."""
        threading.Thread(target=self._read, args=(post, ended), name="rpc-reader", daemon=True).start()

    def notify(self, method: str, params: Dict[str, Any]) -> None:
        """Tell the host."""
        usage.record(method)
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: Dict[str, Any], answered: Callable[[Any], None]) -> None:
        """Ask the host; `answered` gets the result. An error is logged, and nothing more comes."""
        usage.record(method)
        self._last_id += 1
        self._waiting[self._last_id] = answered
        self._send({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params})

    def flush(self, timeout_s: float) -> None:
        """Write what is queued, then nothing more."""
        self._out.put(None)
        self._writer.join(timeout_s)

    def _send(self, message: Any) -> None:
        self._out.put(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n")

    def _send_response(self, response: Any) -> None:
        if response is not None:
            self._send(response)

    def _write(self) -> None:
        for line in iter(self._out.get, None):
            view = memoryview(line)
            try:
                while view:
                    view = view[os.write(self._fd, view) :]
            except OSError:
                # The host is gone; the reader notices, too.
                return

    def _read(self, post: Post, ended: Callable[[], None]) -> None:
        try:
            while True:
                line = self._reader.readline(_LONGEST_LINE + 1)
                if not line:
                    break
                if len(line) > _LONGEST_LINE:
                    while line and not line.endswith(b"\n"):
                        line = self._reader.readline(_LONGEST_LINE)
                    line = b"?"
                post(_Line(self._receive, line))
        except OSError as error:
            _log.warning("stdin: %s", error)
        post(ended)

    # -- on the UI thread

    def _receive(self, line: bytes) -> None:
        try:
            message = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            self._send(_failure(None, ParseError()))
            return
        if not isinstance(message, list):
            self._take(message, self._send_response)
        elif message:
            batch = _Batch(self._send, len(message))
            for part in message:
                self._take(part, batch.add)
        else:
            self._send(_failure(None, InvalidRequestError()))

    def _take(self, message: Any, reply: Callable[[Any], None]) -> None:
        """One message; `reply` is called once: with the response, or with None where none is due."""
        if isinstance(message, dict) and "method" not in message and ("result" in message or "error" in message):
            self._settle(message)
            reply(None)
            return
        number = message.get("id") if isinstance(message, dict) else None
        wants_answer = not isinstance(message, dict) or "id" in message
        if not isinstance(number, (str, int, float, type(None))) or isinstance(number, bool):
            number = None
        try:
            self._dispatch(message, lambda result: reply(_response(number, result) if wants_answer else None))
        except InvalidRequestError as error:
            reply(_failure(number, error))
        except WireError as error:
            reply(_failure(number, error) if wants_answer else None)
        except Exception:  # noqa: BLE001 - the host gets InternalError, the log the rest
            _log.exception("a request failed")
            reply(_failure(number, InternalError()) if wants_answer else None)

    def _dispatch(self, message: Any, respond: Respond) -> None:
        if (
            not isinstance(message, dict)
            or message.get("jsonrpc") != "2.0"
            or not isinstance(message.get("method"), str)
        ):
            raise InvalidRequestError
        method = message["method"]
        if method not in self._handlers:
            raise MethodNotFoundError
        checked = contract.check(method, message.get("params", {}))
        usage.record(method)
        self._handlers[method](checked, respond)

    def _settle(self, message: Dict[str, Any]) -> None:
        number = message.get("id")
        answered = self._waiting.pop(number, None) if isinstance(number, int) else None
        if answered is None:
            _log.warning("an answer to nothing that was asked")
        elif "error" in message:
            _log.warning("the host answered with an error: %s", str(message["error"])[:200])
        else:
            answered(message["result"])


class _Line:
    """A line on its way to the UI thread."""

    def __init__(self, receive: Callable[[bytes], None], line: bytes) -> None:
        self._receive = receive
        self._line = line

    def __call__(self) -> None:
        self._receive(self._line)


class _Batch:
    """Collects the responses of a batch (JSON-RPC 2.0 §6)."""

    def __init__(self, send: Callable[[Any], None], parts: int) -> None:
        self._send = send
        self._left = parts
        self._responses: List[Any] = []

    def add(self, response: Any) -> None:
        self._left -= 1
        if response is not None:
            self._responses.append(response)
        if self._left == 0 and self._responses:
            self._send(self._responses)


def _response(number: Any, result: Any) -> Dict[str, Any]:
    if isinstance(result, WireError):
        return _failure(number, result)
    return {"jsonrpc": "2.0", "id": number, "result": result}


def _failure(number: Any, error: WireError) -> Dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": error.to_wire()}
