"""What a window may ask of plugins: the bridge's methods `plugin.*`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.host.plugins import Plugins
    from elsipo.rpc.handlers import Handlers


def plugin_methods(handlers: Handlers, plugins: Callable[[], Plugins]) -> None:
    """Serve them.

    Args:
        handlers: Of one connection.
        plugins: Those of its account; raises NotFoundError while nobody is signed in there.
    """

    async def listed(_: m.BridgePluginListParams) -> list[m.PluginStatus]:
        return await plugins().list()

    async def describe(params: m.BridgePluginDescribeParams) -> m.PluginDescription:
        return await plugins().describe(params.plugin)

    async def call(params: m.BridgePluginCallParams) -> m.PluginAnswer:
        return await plugins().call(params.plugin, params.method, params.params)

    async def restart(params: m.BridgePluginRestartParams) -> m.PluginStatus:
        return await plugins().restart(params.plugin)

    handlers.on(bridge.PLUGIN_LIST, listed)
    handlers.on(bridge.PLUGIN_DESCRIBE, describe)
    handlers.on(bridge.PLUGIN_CALL, call)
    handlers.on(bridge.PLUGIN_RESTART, restart)
