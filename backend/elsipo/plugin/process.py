"""One plugin at work: answers the host over stdin and stdout until these end. Must not know what the plugin is for."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import IO, TYPE_CHECKING, Any

from elsipo.plugin.schemas import Schemas
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import models as m
from elsipo.rpc._generated import plugin as contract
from elsipo.rpc.errors import ProtocolVersionError
from elsipo.rpc.handlers import Handlers
from elsipo.rpc.peer import Peer
from elsipo.rpc.stream import stdio_stream

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from elsipo.plugin.declaration import Plugin

_log = logging.getLogger(__name__)


async def serve(plugin: Plugin, claimed: tuple[IO[bytes], IO[bytes]]) -> None:
    """Serve the host until it is gone.

    Args:
        plugin: Whose methods.
        claimed: What `claim_stdio` returned.
    """
    await _Process(plugin).run(claimed)


class _Process:
    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._description = plugin.description
        self._schemas = Schemas(self._description)
        self._background: list[asyncio.Task[None]] = []

    async def run(self, claimed: tuple[IO[bytes], IO[bytes]]) -> None:
        handlers = Handlers()
        handlers.on(contract.PLUGIN_HELLO, self._hello)
        handlers.on(contract.PLUGIN_PING, self._ping)
        handlers.on(contract.PLUGIN_CALL, self._call)
        peer = Peer(await stdio_stream(claimed), handlers, name="host")

        def tell(name: str, params: dict[str, Any]) -> None:
            self._schemas.check_told(name, params)
            peer.notify(contract.PLUGIN_NOTIFIED, m.PluginPluginNotifiedParams(name=name, params=_as_json(params)))

        self._plugin.tell_through(tell)
        try:
            await peer.run()
        finally:
            for task in self._background:
                task.cancel()
            await asyncio.gather(*self._background, return_exceptions=True)

    async def _hello(self, params: m.PluginPluginHelloParams) -> m.PluginDescription:
        if params.protocol_version != PROTOCOL_VERSION:
            raise ProtocolVersionError(supported=PROTOCOL_VERSION)
        if not self._background:
            self._background = [asyncio.create_task(_beside(run())) for run in self._plugin.background]
        return self._description

    async def _ping(self, _: m.PluginPluginPingParams) -> m.Empty:
        return m.Empty()

    async def _call(self, params: m.PluginPluginCallParams) -> m.PluginAnswer:
        self._schemas.check_params(params.method, params.params)
        result = _as_json(await self._plugin.call(params.method, params.params))
        self._schemas.check_result(params.method, result)
        return m.PluginAnswer(value=result)


def _as_json(value: Any) -> Any:
    """What arrives at the other end: tuples as lists, keys as texts; fails for what JSON cannot carry."""
    return json.loads(json.dumps(value, allow_nan=False))


async def _beside(work: Awaitable[None]) -> None:
    try:
        await work
    except Exception:  # noqa: BLE001 - the methods go on without it
        _log.exception("What the plugin ran beside its methods has failed")
