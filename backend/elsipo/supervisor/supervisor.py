"""Keeps one child process alive and says how it is. Must not know what the child is for, or SIP.

stopped ──start()──▶ starting ──hello──▶ running ──stop()──▶ stopped
                        │                   │
                        └──── died ─────────┴──▶ restarting ──hello──▶ running
                                                    │   ▲
                                             too often  └──restart()── failed, running
                                                    ▼
                                                 failed
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from elsipo.rpc.errors import (
    ConnectionLostError,
    ElsipoError,
    EngineUnavailableError,
    ProtocolVersionError,
    RequestTimeoutError,
)
from elsipo.rpc.peer import Peer
from elsipo.supervisor.launcher import launch as spawn
from elsipo.supervisor.policy import RestartPolicy
from elsipo.supervisor.status import Death, ProcessStatus, Timing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from elsipo.rpc.handlers import Handlers
    from elsipo.rpc.method import Method, Notification
    from elsipo.rpc.model import Model
    from elsipo.supervisor.child import Child
    from elsipo.supervisor.launcher import Launch
    from elsipo.supervisor.status import ProcessState

_log = logging.getLogger(__name__)

P = TypeVar("P", bound="Model")
R = TypeVar("R")

# A process closes its pipes some time before its parent learns how it ended, longer on a busy machine.
_EXIT_FOLLOWS_S: Final = 2.0


class Supervisor:
    """Keeps one child process alive.

    Args:
        name: Its name in logs.
        argv: Its command.
        handlers: Who answers what it asks and tells.
        hello: The handshake, by `handshake`; the child runs when this returns. ProtocolVersionError is final.
        ping: Asks the child by `handshake` whether it lives; None trusts it while its pipes are open.
        goodbye: Asks a running child by `handshake` to leave, before its stdin is closed.
        on_running: Called, as a task, each time the child runs: the place to tell a fresh process what it has to know.
        on_state: Called after each change of `status`; must not block.
        on_death: Called after each death that was not asked for, before `on_state`; must not block.
        env: Its environment; None is ours.
        launch: How it is started.
        policy: When to start again and when to give up.
        timing: How long to wait for what.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        handlers: Handlers,
        *,
        hello: Callable[[], Awaitable[None]],
        ping: Callable[[], Awaitable[None]] | None = None,
        goodbye: Callable[[], Awaitable[None]] | None = None,
        on_running: Callable[[], Awaitable[None]] | None = None,
        on_state: Callable[[], None] | None = None,
        on_death: Callable[[Death], None] | None = None,
        env: Mapping[str, str] | None = None,
        launch: Launch = spawn,
        policy: RestartPolicy | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._name = name
        self._argv = list(argv)
        self._handlers = handlers
        self._hello = hello
        self._ping = ping
        self._goodbye = goodbye
        self._on_running = on_running
        self._on_state = on_state
        self._on_death = on_death
        self._env = env
        self._launch = launch
        self._policy = policy or RestartPolicy()
        self._timing = timing or Timing()
        self._lock = asyncio.Lock()
        self._life: asyncio.Task[None] | None = None
        self._ending = False
        self._ready = False
        self._child: Child | None = None
        self._peer: Peer | None = None
        self._log_lines: tuple[str, ...] = ()
        self._state: ProcessState = "stopped"
        self._restarts = 0
        self._detail = ""

    @property
    def status(self) -> ProcessStatus:
        """How the child is now."""
        lines = self._log_lines if self._child is None else tuple(self._child.log_lines)
        pid = None if self._child is None else self._child.pid
        return ProcessStatus(self._state, pid, self._restarts, self._detail, lines)

    async def start(self) -> None:
        """Begin to keep the child alive; `on_state` and `on_running` tell the rest. Does nothing if begun."""
        async with self._lock:
            if self._life is None:
                self._begin("starting")

    async def stop(self) -> None:
        """End the child in good order, within about six seconds whatever it does. Does nothing if stopped."""
        async with self._lock:
            await self._end()
            self._set("stopped", "")

    async def restart(self) -> None:
        """End the child in good order and start it anew; the way out of `failed`. Does nothing if stopped.

        Returns when the old process has ended and the new one is starting.
        """
        async with self._lock:
            if self._life is None:
                return
            self._set("restarting", "It is started anew.")
            await self._end()
            self._policy.forget()
            self._restarts += 1
            self._begin("restarting")

    async def request(self, method: Method[P, R], params: P, *, timeout_s: float = 10.0) -> R:
        """Ask the running child.

        Raises:
            EngineUnavailableError: it is not running, or died before it answered; said at once.
            RequestTimeoutError: it did not answer in time.
            ElsipoError: what it answered.
        """
        if self._state != "running":
            raise EngineUnavailableError
        try:
            return await self.handshake(method, params, timeout_s=timeout_s)
        except ConnectionLostError:
            raise EngineUnavailableError from None

    def notify(self, notification: Notification[P], params: P) -> None:
        """Tell the child; swallowed where there is none."""
        if self._peer is not None:
            self._peer.notify(notification, params)

    async def handshake(self, method: Method[P, R], params: P, *, timeout_s: float | None = None) -> R:
        """Ask the child in whatever state: for `hello`, `ping` and `goodbye`.

        Args:
            method: The contract's method.
            params: Its parameters.
            timeout_s: In seconds; None is as long as a start may take.

        Raises:
            EngineUnavailableError: there is no process.
            ElsipoError: as `request`.
        """
        if self._peer is None or self._peer.ended:
            raise EngineUnavailableError
        return await self._peer.request(
            method, params, timeout_s=self._timing.start_s if timeout_s is None else timeout_s
        )

    def _begin(self, state: ProcessState) -> None:
        self._ending = False
        self._set(state, "")
        self._life = asyncio.create_task(self._live(), name=f"supervise {self._name}")

    async def _end(self) -> None:
        if self._life is None:
            return
        self._ending = True
        if self._goodbye is not None and self._ready:
            try:
                async with asyncio.timeout(self._timing.goodbye_s):
                    await self._goodbye()
            except (ElsipoError, TimeoutError) as error:
                _log.info("%s took no leave: %s", self._name, error or "no answer")
            except Exception:  # noqa: BLE001 - it ends all the same
                _log.exception("Taking leave of %s failed", self._name)
        if not self._life.cancelling():  # A second cancellation would cut short the end that the first began.
            self._life.cancel()
        await asyncio.wait({self._life})  # Unlike awaiting it, this leaves it alone when our caller is cancelled.
        self._life = None

    async def _live(self) -> None:
        """Run the child again and again until it is given up or cancelled."""
        while True:
            began_s = time.monotonic()
            reason, final = await self._run_once()
            if self._ending:
                return
            self._mourn(Death(reason, time.monotonic() - began_s, self._log_lines))
            delay_s = None if final else self._policy.crashed()
            if delay_s is None:
                detail = reason if final else f"{reason} It is given up: {self._policy.gave_up()}."
                _log.error("%s failed. %s", self._name, detail)
                self._set("failed", detail)
                return
            _log.warning("%s is started again in %.1f s. %s", self._name, delay_s, reason)
            self._set("restarting", reason)
            await asyncio.sleep(delay_s)
            self._restarts += 1

    async def _run_once(self) -> tuple[str, bool]:
        """Run the child once, to its end.

        Returns:
            Why it ended, and whether another try makes no sense.
        """
        try:
            child = await self._launch(self._name, self._argv, env=self._env)
        except OSError as error:
            self._log_lines = ()
            return f"It cannot be started: {error.strerror or type(error).__name__}.", False
        peer = Peer(child.stream, self._handlers, name=self._name)
        self._child, self._peer = child, peer
        serving = asyncio.create_task(peer.run(), name=f"peer {self._name}")
        watching = asyncio.create_task(self._watch(), name=f"watch {self._name}")
        exiting = asyncio.create_task(child.wait(), name=f"exit {self._name}")
        tasks = (serving, watching, exiting)
        hanging = False
        try:
            await asyncio.wait({*tasks}, return_when=asyncio.FIRST_COMPLETED)
            verdict = watching.result() if watching.done() else None
            if verdict is None:
                # Its last words may still be in the pipe, or its exit code on the way.
                await asyncio.wait({serving, exiting}, timeout=_EXIT_FOLLOWS_S)
                verdict = _Verdict(_describe(exiting.result()) if exiting.done() else "It broke off the conversation.")
            hanging = verdict.hanging
            return verdict.reason, verdict.final
        finally:
            self._ready = False
            watching.cancel()
            await asyncio.wait({watching})
            self._peer = None
            await peer.close()
            await asyncio.wait({serving})
            if hanging:
                await child.abort()
            await child.end(None if hanging else self._timing.end)
            await asyncio.gather(*tasks, return_exceptions=True)
            self._log_lines = tuple(child.log_lines)
            self._child = None

    async def _watch(self) -> _Verdict | None:
        """Shake hands, then ask again and again whether it lives.

        Returns:
            What is wrong with it; None when it died, of which others know more.
        """
        try:
            refusal = await self._shake_hands()
            return refusal or await self._keep_asking()
        except (ConnectionLostError, EngineUnavailableError):
            return None

    async def _shake_hands(self) -> _Verdict | None:
        try:
            async with asyncio.timeout(self._timing.start_s):
                await self._hello()
        except ProtocolVersionError as error:
            return _Verdict(error.message, final=True)
        except (TimeoutError, RequestTimeoutError):
            return _Verdict(f"It was not ready within {self._timing.start_s:g} s.", hanging=True)
        except (ConnectionLostError, EngineUnavailableError):
            raise
        except ElsipoError as error:
            return _Verdict(f"It refused the handshake: {error.message}")
        except Exception:  # noqa: BLE001 - a bug there counts as a failed start
            _log.exception("The handshake with %s failed", self._name)
            return _Verdict("The handshake failed; the log has the details.")
        return None

    async def _keep_asking(self) -> _Verdict | None:
        self._ready = True
        self._set("running", "")
        telling = asyncio.create_task(self._tell(), name=f"tell {self._name}")
        try:
            if self._ping is None:
                await asyncio.get_running_loop().create_future()  # Its pipes tell when it ends.
                return None
            return await self._ping_on(self._ping)
        finally:
            telling.cancel()
            await asyncio.wait({telling})

    async def _tell(self) -> None:
        if self._on_running is None:
            return
        try:
            await self._on_running()
        except ElsipoError as error:
            _log.warning("%s could not be told all that it has to know: %s", self._name, error)
        except Exception:  # noqa: BLE001 - a bug there is no reason to end the child
            _log.exception("Telling %s what it has to know failed", self._name)

    async def _ping_on(self, ping: Callable[[], Awaitable[None]]) -> _Verdict:
        while True:
            await asyncio.sleep(self._timing.ping_interval_s)
            try:
                async with asyncio.timeout(self._timing.ping_s):
                    await ping()
            except (TimeoutError, RequestTimeoutError):
                return _Verdict(f"It did not answer within {self._timing.ping_s:g} s.", hanging=True)
            except (ConnectionLostError, EngineUnavailableError):
                raise
            except ElsipoError as error:
                _log.warning("%s answers, but not well: %s", self._name, error)
            except Exception:  # noqa: BLE001 - supervision goes on, with a fresh process
                _log.exception("Asking %s whether it lives failed", self._name)
                return _Verdict("Whether it lives cannot be told; the log has the details.")

    def _mourn(self, death: Death) -> None:
        if self._on_death is not None:
            try:
                self._on_death(death)
            except Exception:  # noqa: BLE001 - a bug there, or a full disk, must not end the supervision
                _log.exception("Telling the death of %s failed", self._name)

    def _set(self, state: ProcessState, detail: str) -> None:
        if (state, detail) == (self._state, self._detail):
            return
        _log.info("%s: %s → %s", self._name, self._state, state)
        self._state, self._detail = state, detail
        if self._on_state is not None:
            try:
                self._on_state()
            except Exception:  # noqa: BLE001 - a bug there must not end the supervision
                _log.exception("Telling the state of %s failed", self._name)


@dataclass(frozen=True)
class _Verdict:
    reason: str
    hanging: bool = False
    final: bool = False


def _describe(returncode: int | None) -> str:
    if returncode is None:
        return "It ended, and nobody was left to tell how."
    if returncode >= 0:
        return f"It ended with exit code {returncode}."
    with contextlib.suppress(ValueError):
        return f"It was ended by {signal.Signals(-returncode).name}."
    return f"It was ended by signal {-returncode}."
