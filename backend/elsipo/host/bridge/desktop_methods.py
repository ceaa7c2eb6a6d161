"""What a window may ask about this Elsipo as a whole, and a second start of it: accounts, windows, wishes, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m

if TYPE_CHECKING:
    from elsipo.host.bridge.connection import Connection
    from elsipo.host.bridge.methods import Services
    from elsipo.rpc.handlers import Handlers

_DONE = m.Empty()


def desktop_handlers(handlers: Handlers, connection: Connection, services: Services) -> None:
    """Add these handlers to those of one connection."""
    desktop = services.desktop

    async def accounts(_: m.BridgeAccountListParams) -> list[m.AccountEntry]:
        return services.roster()

    async def show(params: m.BridgeWindowShowParams) -> m.Empty:
        await desktop.show(params.account_id)
        return _DONE

    async def close(params: m.BridgeWindowCloseParams) -> m.Empty:
        await desktop.close(params.account_id)
        return _DONE

    async def take_offer(_: m.BridgeAddressTakeOfferParams) -> m.BridgeAddressTakeOfferResult:
        return m.BridgeAddressTakeOfferResult(text=desktop.take_offer(connection.window))

    async def settings(_: m.BridgeSettingsGetParams) -> m.Settings:
        return desktop.memory.settings

    async def change_settings(params: m.BridgeSettingsSetParams) -> m.Empty:
        desktop.change_settings(params.settings)
        return _DONE

    async def launched(params: m.BridgeProgramOpenParams) -> m.Empty:
        await desktop.launched_again(params.text or "")
        return _DONE

    async def leave(_: m.BridgeProgramQuitParams) -> m.Empty:
        desktop.ended.set()
        return _DONE

    handlers.on(bridge.ACCOUNT_LIST, accounts)
    handlers.on(bridge.WINDOW_SHOW, show)
    handlers.on(bridge.WINDOW_CLOSE, close)
    handlers.on(bridge.ADDRESS_TAKE_OFFER, take_offer)
    handlers.on(bridge.SETTINGS_GET, settings)
    handlers.on(bridge.SETTINGS_SET, change_settings)
    handlers.on(bridge.PROGRAM_OPEN, launched)
    handlers.on(bridge.PROGRAM_QUIT, leave)
