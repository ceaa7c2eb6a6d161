"""The plugins of one account: found by their entry points, each started when a page first wants it.

One process per plugin and account, as with engines: what one provider's page told a plugin is in no memory that
another provider's page can ask, and a crash, a hang or a flood is the affair of one plugin in one account.

The plugin's own process holds parameters and results to the plugin's schemas (see `elsipo.plugin.schemas`); here only
shape, size, time and number of what comes are bounded.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from elsipo.rpc import PROTOCOL_VERSION, usage
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc._generated import plugin as contract
from elsipo.rpc.errors import ElsipoError, EngineUnavailableError, NotFoundError, PluginUnavailableError
from elsipo.rpc.handlers import Handlers
from elsipo.supervisor import Supervisor, Timing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from elsipo.host.events import Emit
    from elsipo.rpc._generated.models import PluginDescription, PluginStatus
    from elsipo.rpc.method import Notification
    from elsipo.rpc.model import Model

    P = TypeVar("P", bound=Model)

_log = logging.getLogger(__name__)

GROUP: Final = "elsipo.plugins"
"""The entry points' group."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_MAX_PLUGINS: Final = 64
_ANSWER_S: Final = 10.0
_TOLD_PER_S: Final = 100.0
_TOLD_AT_ONCE: Final = 500.0
# Of our environment only what a Python program needs to run as it would from the person's own terminal: there may be
# secrets among the rest.
_ENVIRONMENT: Final = re.compile(
    r"(PATH|PYTHONPATH|VIRTUAL_ENV|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|APPDATA"
    rf"|LOCALAPPDATA|USERPROFILE|XDG_\w+|DISPLAY|WAYLAND_DISPLAY|{usage.VARIABLE})\Z"
)


@dataclass(frozen=True)
class Installed:
    """A plugin that is installed.

    Attributes:
        name: Its entry point's name.
        distribution: The package that it came with.
        version: That package's.
    """

    name: str
    distribution: str
    version: str


def installed() -> dict[str, Installed]:
    """The plugins of this Python, by name. Reads the disk; imports none of them."""
    from importlib.metadata import entry_points  # takes 5 ms, for who asks for plugins

    found: dict[str, Installed] = {}
    for point in entry_points(group=GROUP):
        package = point.dist
        if not _NAME.match(point.name) or package is None or len(found) >= _MAX_PLUGINS:
            _log.warning("The plugin %.64r is left out: a name is a-z, 0-9 and _", point.name)
        elif point.name in found and found[point.name].distribution != package.name:
            _log.warning("%s is a second plugin called %s, and left out", package.name, point.name)
        else:
            found[point.name] = Installed(point.name, package.name[:256], package.version[:64])
    return dict(sorted(found.items()))


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What a plugin's process sees of our environment."""
    return {name: value for name, value in ours.items() if _ENVIRONMENT.match(name)}


class Plugins:
    """The plugins of one account.

    Args:
        account_id: For the log; no plugin is told.
        emit: Tells this account's windows.
        timing: How long to wait for what.
    """

    def __init__(self, account_id: str, emit: Emit, *, timing: Timing | None = None) -> None:
        self._account_id = account_id
        self._emit = emit
        self._timing = timing or Timing(start_s=15, ping_interval_s=2)
        self._installed: dict[str, Installed] | None = None
        self._running: dict[str, PluginProcess] = {}

    async def installed(self) -> dict[str, Installed]:
        """What there is, by name, as when it was first asked."""
        if self._installed is None:
            self._installed = await asyncio.to_thread(installed)
        return self._installed

    async def list(self) -> list[PluginStatus]:
        """What is installed. Wire: plugin.list."""
        return [self._status(found) for found in (await self.installed()).values()]

    async def describe(self, name: str) -> PluginDescription:
        """A plugin's methods and notifications.

        Raises:
            NotFoundError: it is not installed.
            PluginUnavailableError: it does not start.

        Wire: plugin.describe
        """
        return await (await self._process(name)).describe()

    async def call(self, name: str, method: str, params: dict[str, Any]) -> m.PluginAnswer:
        """Call a method of a plugin.

        Raises:
            NotFoundError: it is not installed.
            PluginUnavailableError: it does not start, or died before it answered.
            RequestTimeoutError: it did not answer in time.
            ElsipoError: what it answered.

        Wire: plugin.call
        """
        return await (await self._process(name)).call(method, params)

    async def restart(self, name: str) -> PluginStatus:
        """Start a plugin's process anew, or again. Wire: plugin.restart."""
        process = await self._process(name)
        await process.restart()
        return self._status((await self.installed())[name])

    async def stop(self) -> None:
        """End every process."""
        await asyncio.gather(*(process.stop() for process in self._running.values()))

    async def _process(self, name: str) -> PluginProcess:
        if name not in await self.installed():
            raise NotFoundError(f"There is no plugin {name} here.")
        if name not in self._running:
            self._running[name] = PluginProcess(name, self._account_id, self._emit, self._timing)
        return self._running[name]

    def _status(self, found: Installed) -> PluginStatus:
        process = self._running.get(found.name)
        return m.PluginStatus(
            name=found.name,
            distribution=found.distribution,
            version=found.version,
            state="stopped" if process is None else process.state,
            detail="" if process is None else process.detail[:512],
        )


class PluginProcess:
    """The process of one plugin for one account, from the first time it is wanted.

    Args:
        name: The plugin.
        account_id: For the log.
        emit: Who is told what it tells.
        timing: How long to wait for what.
    """

    def __init__(self, name: str, account_id: str, emit: Emit, timing: Timing) -> None:
        self._name = name
        self._emit = emit
        self._timing = timing
        self._description: PluginDescription | None = None
        self._news = asyncio.Event()
        self._flooded = False
        self._is_dying = False
        self._ending: asyncio.Task[None] | None = None
        self._allowance = _TOLD_AT_ONCE
        self._counted_at = time.monotonic()
        handlers = Handlers()
        handlers.on_notification(contract.PLUGIN_NOTIFIED, self._told)
        self._supervisor = Supervisor(
            f"plugin {name} of {account_id}",
            [sys.executable, "-m", "elsipo.plugin", name],
            handlers,
            hello=self._hello,
            ping=self._ping,
            on_state=self._on_state,
            env=environment(os.environ),
            timing=timing,
        )

    @property
    def state(self) -> m.EngineState:
        """The life of the process."""
        return "failed" if self._flooded else self._supervisor.status.state

    @property
    def detail(self) -> str:
        """Why it is so, for a person."""
        return "It told too much at once, and was ended." if self._flooded else self._supervisor.status.detail

    async def describe(self) -> PluginDescription:
        """What it said of itself when it started."""
        await self._until_running()
        if self._description is None:
            raise PluginUnavailableError
        return self._description

    async def call(self, method: str, params: dict[str, Any]) -> m.PluginAnswer:
        """Call a method."""
        await self._until_running()
        try:
            return await self._supervisor.request(
                contract.PLUGIN_CALL, m.PluginPluginCallParams(method=method, params=params), timeout_s=_ANSWER_S
            )
        except EngineUnavailableError:
            self._is_dying = True  # The supervisor's word of it follows; until then nobody else is to ask.
            raise PluginUnavailableError("The plugin ended before it answered.") from None

    async def restart(self) -> None:
        """Start it anew, also where it was given up."""
        if self._ending is not None:
            await self._ending
        self._flooded, self._allowance = False, _TOLD_AT_ONCE
        if self._supervisor.status.state == "stopped":
            await self._supervisor.start()
        else:
            await self._supervisor.restart()

    async def stop(self) -> None:
        """End it."""
        if self._ending is not None:
            await self._ending
        await self._supervisor.stop()

    async def _until_running(self) -> None:
        if not self._flooded:
            await self._supervisor.start()
        try:
            async with asyncio.timeout(self._timing.start_s):
                while (state := self.state) != "running" or self._is_dying:
                    if state in {"failed", "stopped"}:
                        raise PluginUnavailableError(f"The plugin {self._name} does not run. {self.detail}")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise PluginUnavailableError(f"The plugin {self._name} is not ready.") from None

    def _on_state(self) -> None:
        self._is_dying = False
        self._news.set()

    async def _hello(self) -> None:
        params = m.PluginPluginHelloParams(protocol_version=PROTOCOL_VERSION)
        self._description = await self._supervisor.handshake(contract.PLUGIN_HELLO, params)

    async def _ping(self) -> None:
        await self._supervisor.handshake(
            contract.PLUGIN_PING, m.PluginPluginPingParams(), timeout_s=self._timing.ping_s
        )

    def _told(self, params: m.PluginPluginNotifiedParams) -> None:
        """Pass on what it tells; one that floods is ended, for dropping its words would still cost us their reading."""
        now = time.monotonic()
        self._allowance = min(_TOLD_AT_ONCE, self._allowance + (now - self._counted_at) * _TOLD_PER_S)
        self._counted_at = now
        if self._flooded:
            return
        if self._allowance < 1:
            _log.error("The plugin %s tells too much, and is ended", self._name)
            self._flooded = True
            self._ending = asyncio.create_task(self._supervisor.stop())
            return
        self._allowance -= 1
        self._emit(
            bridge.PLUGIN_NOTIFIED,
            m.BridgePluginNotifiedParams(plugin=self._name, name=params.name, params=params.params),
        )


@dataclass(frozen=True)
class Tried:
    """A plugin that was started once, to see.

    Attributes:
        installed: Which.
        description: What it offers; None where it does not start.
        problem: Why not.
    """

    installed: Installed
    description: PluginDescription | None
    problem: str = ""

    @property
    def summary(self) -> str:
        """What became of it, in one line."""
        if self.description is None:
            return self.problem
        names = [method.name for method in self.description.methods]
        return f"{self.description.title} {self.description.version}: {', '.join(names) or 'no methods'}"

    def to_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        offers = None if self.description is None else self.description.to_wire()
        return {**asdict(self.installed), "problem": self.problem, "description": offers}


async def try_all() -> list[Tried]:
    """Start every plugin that is installed and end it again, to see what it offers."""
    plugins = Plugins("nobody", _tell_nobody)

    async def tried(found: Installed) -> Tried:
        try:
            return Tried(found, await plugins.describe(found.name))
        except ElsipoError as error:
            return Tried(found, None, error.message)

    try:
        return list(await asyncio.gather(*map(tried, (await plugins.installed()).values())))
    finally:
        await plugins.stop()


def _tell_nobody(notification: Notification[P], *several: P) -> None:
    del notification, several
