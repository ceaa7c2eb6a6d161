"""An engine process for tests, as the host has it: kept by a Supervisor, asked over stdio, with all that it told."""

from __future__ import annotations

import asyncio
import itertools
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import engine
from elsipo.rpc._generated import models as m
from elsipo.rpc.handlers import Handlers
from elsipo.supervisor.launcher import launch as spawn
from elsipo.supervisor.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from elsipo.rpc.method import Method
    from elsipo.rpc.model import Model
    from elsipo.supervisor.launcher import Launch

P = TypeVar("P", bound="Model")
R = TypeVar("R")
T = TypeVar("T")

_TIMEOUT_S: Final = 10.0
_ids = itertools.count(1)


class Engine:
    """A running engine.

    Attributes:
        told: Every notification's parameters, in order.
        hello: What it said of itself.
    """

    def __init__(self, env: Mapping[str, str] | None, prefix: Sequence[str] = (), launch: Launch = spawn) -> None:
        self.told: list[Any] = []
        self._news = asyncio.Event()
        handlers = Handlers()
        for notification in engine.NOTIFICATIONS.values():
            handlers.on_notification(notification, self._hear)
        self.supervisor = Supervisor(
            "engine",
            [*prefix, sys.executable, "-m", "elsipo.engine"],
            handlers,
            hello=self._say_hello,
            goodbye=self._say_goodbye,
            on_state=self._news.set,
            env=env,
            launch=launch,
        )
        self.hello: m.EngineEngineHelloResult

    async def _say_hello(self) -> None:
        params = m.EngineEngineHelloParams(protocol_version=PROTOCOL_VERSION)
        self.hello = await self.supervisor.handshake(engine.ENGINE_HELLO, params)

    async def _say_goodbye(self) -> None:
        await self.supervisor.handshake(engine.ENGINE_STOP, m.EngineEngineStopParams(grace_ms=500))

    def _hear(self, params: Any) -> None:
        self.told.append(params)
        if isinstance(params, m.EngineMessageReceivedParams) and params.receipt is not None:
            self.supervisor.notify(engine.MESSAGE_STORED, m.EngineMessageStoredParams(receipt=params.receipt))
        self._news.set()

    async def ask(self, method: Method[P, R], params: P | None = None) -> R:
        """Send a request; no parameters when None."""
        return await self.supervisor.request(method, method.load_params() if params is None else params)

    async def seen(
        self,
        kind: type[T],
        fits: Callable[[T], bool] = lambda _: True,
        *,
        since: int = 0,
        timeout_s: float = _TIMEOUT_S,
    ) -> T:
        """Return the first notification that fits, told since or to come.

        Args:
            kind: Class of its parameters.
            fits: What else must be true of them.
            since: Index into `told` to look from.
            timeout_s: How long to wait.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    for params in self.told[since:]:
                        if isinstance(params, kind) and fits(params):
                            return params
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"Not within {timeout_s:g} s. Told: {self.told[since:]}") from None

    async def configure(self, user: str, server: str, **settings: Any) -> m.AudioStatus:
        """Be this user of provider-a.test, on loopback, by default over UDP with the right password and no sound."""
        values: dict[str, Any] = {
            "account_id": user,
            "aor": f"sip:{user}@provider-a.test",
            "display_name": user.title(),
            "transport": "udp",
            "server": server,
            "auth_user": user,
            "password": f"{user}pw",
            "bound_address": "127.0.0.1",
            "audio": "null",
            **settings,
        }
        params = m.EngineAccountConfigureParams(settings=m.AccountSettings(**values))
        return await self.ask(engine.ACCOUNT_CONFIGURE, params)

    async def registration(self, state: str, *, since: int = 0, timeout_s: float = _TIMEOUT_S) -> m.Registration:
        """Wait for a registration state."""
        params = await self.seen(
            m.EngineRegistrationStateChangedParams,
            lambda told: told.registration.state == state,
            since=since,
            timeout_s=timeout_s,
        )
        return params.registration

    async def register(self) -> m.Registration:
        """Register, and wait until it is so."""
        since = len(self.told)
        await self.ask(engine.ACCOUNT_REGISTER)
        return await self.registration("registered", since=since)

    async def send(
        self, to: str, body: str, *, content_type: str = "text/plain", headers: Mapping[str, str] | None = None
    ) -> m.MessageStatus:
        """Send a MESSAGE, and wait for its fate."""
        message_id = f"message-{next(_ids)}"
        pairs = [m.SipHeader(name=name, value=value) for name, value in (headers or {}).items()]
        params = m.EngineMessageSendParams(
            message_id=message_id, to=to, content_type=content_type, body=body, headers=pairs
        )
        await self.ask(engine.MESSAGE_SEND, params)
        told = await self.seen(
            m.EngineMessageStatusChangedParams, lambda told: told.status.message_id == message_id, timeout_s=40.0
        )
        return told.status

    async def message(self, fits: Callable[[m.IncomingMessage], bool] = lambda _: True) -> m.IncomingMessage:
        """Wait for a message from a person; the provider's own ticks do not count unless asked for."""
        params = await self.seen(m.EngineMessageReceivedParams, lambda told: fits(told.message))
        return params.message

    async def dial(self, to: str) -> str:
        """Call somebody; the call's id."""
        call_id = f"call-{next(_ids):04}"
        await self.ask(engine.CALL_DIAL, m.EngineCallDialParams(call_id=call_id, to=to))
        return call_id

    async def call(
        self, state: str, call_id: str | None = None, *, since: int = 0, timeout_s: float = _TIMEOUT_S, **also: object
    ) -> m.EngineCall:
        """Wait until a call is in a state, with these further values."""

        def fits(told: m.EngineCallStateChangedParams) -> bool:
            call = told.call
            right = call.state == state and call_id in {None, call.call_id}
            return right and all(getattr(call, name) == value for name, value in also.items())

        return (await self.seen(m.EngineCallStateChangedParams, fits, since=since, timeout_s=timeout_s)).call

    async def answer(self, call_id: str, sip_status: int = 200) -> None:
        """Answer a call."""
        await self.ask(engine.CALL_ANSWER, m.EngineCallAnswerParams(call_id=call_id, sip_status=sip_status))

    async def hang_up(self, call_id: str, sip_status: int = 0) -> None:
        """End or refuse a call."""
        await self.ask(engine.CALL_HANG_UP, m.EngineCallHangUpParams(call_id=call_id, sip_status=sip_status))

    async def probe(self, call_id: str, tone_hz: int = 700, duration_ms: int = 500) -> m.AudioProbe:
        """Play a tone into a call and measure what comes back."""
        params = m.EngineCallProbeAudioParams(call_id=call_id, tone_hz=tone_hz, duration_ms=duration_ms)
        return await self.ask(engine.CALL_PROBE_AUDIO, params)


@asynccontextmanager
async def running_engine(
    env: Mapping[str, str] | None = None, *, prefix: Sequence[str] = (), launch: Launch = spawn
) -> AsyncIterator[Engine]:
    """Start an engine, behind the words of another command where given; ended in good order afterwards."""
    made = Engine(env, prefix, launch)
    await made.supervisor.start()
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            while made.supervisor.status.state != "running":
                made._news.clear()
                await made._news.wait()
        yield made
    finally:
        await made.supervisor.stop()
