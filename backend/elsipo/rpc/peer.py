"""One end of a JSON-RPC 2.0 connection: both ends are alike, and each may ask the other.

It knows texts and the contract's methods. What carries the texts is the stream's business; what a method means is the
handlers'. Must not know SIP.

    connected ──close(), the stream's end, or a receiver that does not read──▶ ended
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import time
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, cast

from elsipo.rpc import usage
from elsipo.rpc.dispatch import Dispatcher, error_response, is_notification, is_request, is_response, readable_id
from elsipo.rpc.errors import (
    ConnectionLostError,
    ElsipoError,
    InternalError,
    InvalidParamsError,
    InvalidRequestError,
    ParseError,
    RateLimitedError,
    RequestTimeoutError,
)
from elsipo.rpc.outbox import Outbox

if TYPE_CHECKING:
    from elsipo.rpc.dispatch import Authorize
    from elsipo.rpc.handlers import Handlers
    from elsipo.rpc.method import Method, Notification
    from elsipo.rpc.model import Model
    from elsipo.rpc.stream import Stream

_log = logging.getLogger(__name__)

P = TypeVar("P", bound="Model")
R = TypeVar("R")

MAX_BATCH: Final = 64
"""Most messages in one batch."""
_GRACE_S: Final = 1.0
"""How long an ending connection waits for handlers to answer, and for what is queued to be written."""


class Peer:
    """Asks and answers over one stream.

    Requests are served side by side, so that a slow one holds up nobody; notifications are served in the order of
    arrival, each before anything that came later is looked at. What is sent keeps its order.

    Args:
        stream: What carries the texts. The peer ends it.
        handlers: Who answers what.
        name: The other side, for the log.
        max_in_flight: How many requests of the other side are served at once; one more is answered RateLimitedError.
        authorize: Raises an ElsipoError for a method or notification that the other side may not use.
        outbox: What waits to be sent, where other bounds than its own are wanted.
    """

    def __init__(
        self,
        stream: Stream,
        handlers: Handlers,
        *,
        name: str,
        max_in_flight: int = 64,
        authorize: Authorize | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        self._stream = stream
        self._dispatcher = Dispatcher(handlers, authorize, name)
        self._name = name
        self._max_in_flight = max_in_flight
        self._outbox = outbox or Outbox()
        self._ids = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._in_flight = 0
        self._reading: asyncio.Task[None] | None = None
        self._closing = False
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the connection is over; it never comes back."""
        return self._ended

    async def run(self) -> None:
        """Serve until the stream ends or `close` is called. Handlers at work then get a second to finish."""
        if self._ended:
            return
        self._reading = asyncio.create_task(self._read(), name=f"read {self._name}")
        writing = asyncio.create_task(self._outbox.write_to(self._stream), name=f"write {self._name}")
        try:
            await asyncio.wait({self._reading, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._lose()
            await self._settle()
            for task in (*self._serving, self._reading, writing):
                task.cancel()
            results = await asyncio.gather(self._reading, writing, *self._serving, return_exceptions=True)
            await self._stream.close()
            for result in results:
                if isinstance(result, Exception) and not isinstance(result, ConnectionLostError):
                    _log.error("The connection with %s ended by a mistake of ours", self._name, exc_info=result)

    async def request(self, method: Method[P, R], params: P, *, timeout_s: float = 10.0) -> R:
        """Ask the other side.

        Args:
            method: The contract's method.
            params: Its parameters.
            timeout_s: How long to wait for the answer, in seconds.

        Returns:
            The checked result.

        Raises:
            ConnectionLostError: the connection has ended, or ended before the answer came.
            RequestTimeoutError: no answer came in time; one that comes later is dropped.
            InvalidParamsError: the request is longer than the stream carries, or the other side said so.
            InternalError: the answer is not what the contract promises.
            ElsipoError: what the other side answered.
        """
        if self._ended:
            raise ConnectionLostError
        request_id = next(self._ids)
        text = _encode({"jsonrpc": "2.0", "id": request_id, "method": method.name, "params": params.to_wire()})
        if len(text) > self._stream.max_send_bytes:
            raise InvalidParamsError("The request is too long to be sent.")
        usage.record(method)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending[request_id] = answer
        began = time.monotonic()
        try:
            self._put(text)
            async with asyncio.timeout(timeout_s):
                result = await answer
        except TimeoutError:
            raise RequestTimeoutError from None
        finally:
            del self._pending[request_id]
            _log.debug("%s of %s took %.1f ms", method.name, self._name, (time.monotonic() - began) * 1e3)
        try:
            return method.load_result(result)
        except InvalidParamsError as error:
            _log.error("%s answered %s with something else than promised: %s", self._name, method.name, error)
            raise InternalError("The other side answered something that cannot be read.") from None

    def notify(self, notification: Notification[P], *several: P) -> None:
        """Tell the other side. Queued and never waits; a connection that has ended swallows it.

        Args:
            notification: The contract's notification.
            several: Its parameters; where there are several of them, they travel as one batch (JSON-RPC 2.0 §6).
        """
        texts: list[str] = []
        for params in several:
            if self._ended:
                return
            text = _encode({"jsonrpc": "2.0", "method": notification.name, "params": params.to_wire()})
            if len(text) > self._stream.max_send_bytes:
                _log.error("%s is too long to be sent to %s: %d bytes", notification.name, self._name, len(text))
                continue
            usage.record(notification)
            texts.append(text)
        whole = sum(map(len, texts)) + len(texts) + 1
        if 1 < len(texts) <= MAX_BATCH and whole <= self._stream.max_send_bytes:
            texts = [f"[{','.join(texts)}]"]
        for text in texts:
            self._put(text)

    async def close(self) -> None:
        """End the connection: what is being served may still be answered, what is queued be written, for a second.

        May be called from a handler, whose own answer is then lost unless it comes first.
        """
        self._closing = True
        if self._reading is not None and not self._ended:
            await self._settle()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._outbox.flushed(), _GRACE_S)
        self._lose()
        await self._stream.close()

    async def _read(self) -> None:
        while (text := await self._stream.read()) is not None:
            self._receive(text)
            # A full buffer of texts must not keep the tasks from beginning that serve them.
            await asyncio.sleep(0)

    def _receive(self, text: str) -> None:
        try:
            message = _DECODER.decode(text)
        except (ValueError, RecursionError):
            _log.warning("%s sent %d characters that are no JSON", self._name, len(text))
            self._put(_encode(error_response(ParseError(), None)))
            return
        if not isinstance(message, list):
            self._receive_one(message)
        elif not message or len(message) > MAX_BATCH:
            self._answer([error_response(InvalidRequestError(), None)], batch=False)
        else:
            self._receive_batch(message)

    def _receive_one(self, message: object) -> None:
        if (refusal := self._sort(message)) is None:
            return
        if isinstance(refusal, dict):
            self._answer([refusal], batch=False)
        else:
            self._serve([message], [], batch=False)

    def _receive_batch(self, messages: list[object]) -> None:
        """One batch of answers for a batch of requests (JSON-RPC 2.0 §6), when the last of them is ready."""
        requests: list[object] = []
        refusals: list[dict[str, Any]] = []
        for message in messages:
            refusal = self._sort(message)
            if isinstance(refusal, dict):
                refusals.append(refusal)
            elif refusal is not None:
                requests.append(message)
        if requests:
            self._serve(requests, refusals, batch=True)
        elif refusals:
            self._answer(refusals, batch=True)

    def _sort(self, message: object) -> dict[str, Any] | Literal["serve"] | None:
        """Deal at once with what needs no task.

        Returns:
            The refusal to be answered; "serve" for a request, which is counted from here on; None when all is done.
        """
        if is_response(message):
            self._resolve(cast("dict[str, Any]", message))
            return None
        if is_notification(message):
            self._dispatcher.notified(cast("dict[str, Any]", message))
            return None
        if not is_request(message):
            return error_response(InvalidRequestError(), readable_id(message))
        if self._closing or self._in_flight >= self._max_in_flight:
            return error_response(RateLimitedError(retry_after_s=1), readable_id(message))
        self._in_flight += 1
        return "serve"

    def _serve(self, requests: list[object], refusals: list[dict[str, Any]], *, batch: bool) -> None:
        task = asyncio.create_task(self._serve_all(requests, refusals, batch=batch), name=f"serve {self._name}")
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve_all(self, requests: list[object], refusals: list[dict[str, Any]], *, batch: bool) -> None:
        try:
            if len(requests) == 1:  # almost always, and then without a task of its own
                answers = [await self._dispatcher.answer(requests[0])]
            else:
                answers = await asyncio.gather(*map(self._dispatcher.answer, requests))
        finally:
            self._in_flight -= len(requests)
        self._answer([*refusals, *answers], batch=batch)

    def _answer(self, answers: list[dict[str, Any]], *, batch: bool) -> None:
        text = _encode(answers if batch else answers[0])
        if len(text) > self._stream.max_send_bytes:
            _log.error("An answer is too long to be sent to %s: %d bytes", self._name, len(text))
            errors = [error_response(InternalError(), answer["id"]) for answer in answers]
            text = _encode(errors if batch else errors[0])
        self._put(text)

    def _resolve(self, message: dict[str, Any]) -> None:
        request_id = message.get("id")
        pending = self._pending.get(request_id) if type(request_id) is int else None
        if pending is None:
            if "error" in message and request_id is None:
                _log.warning("%s could not read what it got: %s", self._name, ElsipoError.from_wire(message["error"]))
            else:
                _log.info("%s sent an answer that nobody waits for", self._name)
        elif pending.done():
            _log.info("%s answered twice", self._name)
        elif "error" in message:
            pending.set_exception(ElsipoError.from_wire(message["error"]))
        else:
            pending.set_result(message["result"])

    def _put(self, text: str) -> None:
        if not self._ended and not self._outbox.put(text):
            _log.warning("%s does not read what it is sent; the connection ends", self._name)
            self._lose()

    def _lose(self) -> None:
        """Be over at once: no request waits any longer. `run` does the rest."""
        self._ended = self._closing = True
        for pending in self._pending.values():
            if not pending.done():
                pending.set_exception(ConnectionLostError())
        if self._reading is not None:
            self._reading.cancel()

    async def _settle(self) -> None:
        serving = self._serving - {asyncio.current_task()}
        if serving:
            await asyncio.wait(serving, timeout=_GRACE_S)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


# Made once: with options, json makes one anew for each text.
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)
# ASCII with escapes: half a surrogate pair, which JSON may carry and UTF-8 may not, passes; and length is bytes.
_encode: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
