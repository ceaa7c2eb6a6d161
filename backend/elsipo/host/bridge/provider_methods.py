"""What a window may ask about the provider's UI, and what the person says to what pages ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import NotFoundError

if TYPE_CHECKING:
    from elsipo.host.bridge.connection import Connection
    from elsipo.host.bridge.methods import Services
    from elsipo.host.provider_ui.provider_ui import ProviderUi
    from elsipo.rpc.handlers import Handlers

_DONE = m.Empty()


def provider_handlers(handlers: Handlers, connection: Connection, services: Services) -> None:
    """Add the handlers of one connection."""

    def provider() -> ProviderUi:
        if (account_id := connection.window.account_id) is None:
            raise NotFoundError("Nobody is signed in in this window.")
        return services.pages.provider(account_id)

    async def branding(_: m.BridgeProviderBrandingParams) -> m.Branding:
        return provider().branding

    async def status(_: m.BridgeProviderStatusParams) -> m.ProviderUi:
        return provider().status

    async def refresh(_: m.BridgeProviderRefreshParams) -> m.ProviderUi:
        await provider().refresh()
        return provider().status

    async def allow_local(params: m.BridgeProviderAllowLocalParams) -> m.ProviderUi:
        await provider().allow_local(allowed=params.allowed)
        return provider().status

    async def decide(params: m.BridgeGrantDecideParams) -> m.Empty:
        await services.pages.decide(connection.window, params.origin, params.granted)
        return _DONE

    async def change(params: m.BridgeGrantChangeParams) -> m.Empty:
        services.pages.change(connection.window, params)
        return _DONE

    handlers.on(bridge.PROVIDER_BRANDING, branding)
    handlers.on(bridge.PROVIDER_STATUS, status)
    handlers.on(bridge.PROVIDER_REFRESH, refresh)
    handlers.on(bridge.PROVIDER_ALLOW_LOCAL, allow_local)
    handlers.on(bridge.GRANT_DECIDE, decide)
    handlers.on(bridge.GRANT_CHANGE, change)
