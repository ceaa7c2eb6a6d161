"""What the chrome may ask for a developer: DevTools, and the account's SIP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import platformdirs

from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from elsipo.host.sip_trace import SipTrace
    from elsipo.rpc.handlers import Handlers

_DONE = m.Empty()


def developer_handlers(
    handlers: Handlers,
    trace: Callable[[], SipTrace],
    show_dev_tools: Callable[[m.DevToolsSubject], Awaitable[None]],
    dev_tools: Callable[[], Awaitable[m.DevToolsState]],
) -> None:
    """Serve them.

    Args:
        handlers: Of one connection.
        trace: That of its account; raises NotFoundError while nobody is signed in there.
        show_dev_tools: Opens those of its window; raises InvalidStateError where it is none of ours.
        dev_tools: Says whether those of its window are open; raises as above.
    """

    async def show(params: m.BridgeDevToolsShowParams) -> m.Empty:
        await show_dev_tools(params.subject)
        return _DONE

    async def get(_: m.BridgeDevToolsGetParams) -> m.DevToolsState:
        return await dev_tools()

    async def watch(params: m.BridgeSipTraceWatchParams) -> m.Empty:
        await trace().watch(params.on)
        return _DONE

    async def save(params: m.BridgeSipTraceSaveParams) -> m.BridgeSipTraceSaveResult:
        return await trace().save(params.seqs, platformdirs.user_downloads_path())

    handlers.on(bridge.DEV_TOOLS_SHOW, show)
    handlers.on(bridge.DEV_TOOLS_GET, get)
    handlers.on(bridge.SIP_TRACE_WATCH, watch)
    handlers.on(bridge.SIP_TRACE_SAVE, save)
