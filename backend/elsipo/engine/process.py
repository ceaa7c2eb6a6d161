"""The engine's process: its stdio, the two threads, and a safe end.

pjsip aborts a process whose objects are destroyed in the wrong order or whose transactions are pending at
`libDestroy`, so the end is: hang up, unregister, wait a bounded while, and leave without any destructor. Must not know
SIP.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

from elsipo.engine.core import Core
from elsipo.engine.reactor import Reactor
from elsipo.rpc._generated import engine as contract
from elsipo.rpc._generated import models
from elsipo.rpc.handlers import Handlers
from elsipo.rpc.peer import Peer
from elsipo.rpc.stream import stdio_stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import IO

    from elsipo.rpc.method import Notification
    from elsipo.rpc.model import Model

_log = logging.getLogger(__name__)

T = TypeVar("T")

_EMPTY: Final = models.Empty()
_ORPHAN_GRACE_S: Final = 1.0  # for unregistering when nobody is left to wait for it
_ORPHAN_LIMIT_S: Final = 2.0


class Process:
    """Serves the host until it stops us or is gone."""

    def __init__(self, claimed: tuple[IO[bytes], IO[bytes]]) -> None:
        self._claimed = claimed
        self._reactor = Reactor()
        self._core: Core
        self._peer: Peer
        self._leaving: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve; does not return."""
        loop = asyncio.get_running_loop()

        def emit(notification: Notification[Any], params: Model) -> None:
            loop.call_soon_threadsafe(self._peer.notify, notification, params)

        stream = await stdio_stream(self._claimed)
        self._reactor.start()
        self._core = await self._on_pjsip(lambda: Core(self._reactor, emit))
        self._peer = Peer(stream, self._handlers(), name="host")
        loop.add_signal_handler(signal.SIGTERM, self._leave_soon)
        # Ctrl-C in a terminal reaches the host as well, which ends us in order.
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        await self._peer.run()
        if self._leaving is None:
            _log.info("the host is gone")
            self._leave_soon()
        if self._leaving is not None:
            await self._leaving

    def _handlers(self) -> Handlers:
        handlers = Handlers()

        def serve(method: Any, function: Callable[[Any], Any]) -> None:
            async def handler(params: Any) -> Any:
                result = await self._on_pjsip(lambda: function(params))
                return _EMPTY if result is None else result

            handlers.on(method, handler)

        core = self._core
        serve(contract.ENGINE_HELLO, lambda params: core.hello(params.protocol_version))
        serve(contract.ENGINE_PING, lambda _: None)
        serve(contract.ENGINE_ECHO, lambda params: params.text)
        serve(contract.ACCOUNT_CONFIGURE, lambda params: core.configure(params.settings))
        serve(contract.ACCOUNT_REGISTER, lambda _: core.keeper.register())
        serve(contract.ACCOUNT_UNREGISTER, lambda _: core.keeper.unregister())
        serve(contract.CONTACT_REFRESH, lambda _: core.contacts.refresh())
        serve(contract.CONTACT_REMOVE, lambda params: core.contacts.remove(params.uri))
        serve(contract.VOICEMAIL_SUBSCRIBE, lambda _: core.voicemail.subscribe())
        serve(contract.MESSAGE_SEND, core.send_message)
        handlers.on_notification(contract.MESSAGE_STORED, self._stored)
        serve(contract.CALL_DIAL, lambda params: core.calls.dial(params.call_id, params.to))
        serve(contract.CALL_RECOVER, core.recover_call)
        serve(contract.CALL_ANSWER, lambda params: core.calls.answer(params.call_id, params.sip_status))
        serve(contract.CALL_HANG_UP, lambda params: core.calls.hang_up(params.call_id, params.sip_status))
        serve(contract.CALL_SET_MUTED, lambda params: core.calls.set_muted(params.call_id, muted=params.muted))
        serve(contract.CALL_SET_ON_HOLD, lambda params: core.calls.set_on_hold(params.call_id, on_hold=params.on_hold))
        serve(contract.CALL_SEND_DTMF, lambda params: core.calls.send_dtmf(params.call_id, params.digits))
        serve(
            contract.CALL_ANSWER_OFFER,
            lambda params: core.answer_offer(params.call_id, params.offer_id, params.sip_status),
        )
        handlers.on(contract.CALL_PROBE_AUDIO, self._probe)
        serve(contract.AUDIO_METER, lambda params: core.sound.meter(on=params.on))

        serve(contract.SIP_TRACE_WATCH, lambda params: core.trace.watch(on=params.on))

        def serve_later(method: Any, function: Callable[[Any], Future[Any]]) -> None:
            async def handler(params: Any) -> Any:
                result = await asyncio.wrap_future(await self._on_pjsip(lambda: function(params)))
                return _EMPTY if result is None else result

            handlers.on(method, handler)

        serve_later(contract.AUDIO_LIST, lambda _: core.sound.devices())
        serve_later(
            contract.AUDIO_CHOOSE,
            lambda params: core.sound.choose(
                models.AudioChoice(input=params.input, output=params.output, ringing=params.ringing)
            ),
        )
        serve_later(contract.AUDIO_TEST, lambda params: core.sound.test(params.output))
        handlers.on(contract.ENGINE_STOP, self._stop)
        return handlers

    def _stored(self, params: models.EngineMessageStoredParams) -> None:
        self._reactor.submit(lambda: self._core.message_stored(params.receipt))

    async def _probe(self, params: models.EngineCallProbeAudioParams) -> models.AudioProbe:
        measuring = await self._on_pjsip(
            lambda: self._core.calls.probe_audio(params.call_id, params.tone_hz, params.duration_ms)
        )
        return await asyncio.wrap_future(measuring)

    async def _on_pjsip(self, function: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._reactor.submit(function))

    async def _stop(self, params: models.EngineEngineStopParams) -> models.Empty:
        await self._settle(params.grace_ms / 1000)
        self._leaving = asyncio.create_task(self._leave())
        return _EMPTY

    async def _settle(self, grace_s: float) -> None:
        """Hang up and unregister, for so long and no longer, even if pjsip's thread hangs."""
        settled = asyncio.Event()
        loop = asyncio.get_running_loop()

        def done() -> None:
            loop.call_soon_threadsafe(settled.set)

        self._reactor.submit(lambda: self._core.stop(grace_s, done))
        try:
            async with asyncio.timeout(grace_s + 0.2):
                await settled.wait()
        except TimeoutError:
            _log.warning("the end did not wait for pjsip")

    def _leave_soon(self) -> None:
        if self._leaving is None:
            watchdog = threading.Timer(_ORPHAN_LIMIT_S, os._exit, (0,))
            watchdog.daemon = True
            watchdog.start()
            self._leaving = asyncio.create_task(self._settle_and_leave())

    async def _settle_and_leave(self) -> None:
        await self._settle(_ORPHAN_GRACE_S)
        await self._leave()

    async def _leave(self) -> None:
        await self._peer.close()
        logging.shutdown()
        # No destructor of pjsip's may run any more (see above).
        os._exit(0)
