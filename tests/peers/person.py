"""A person at a window: what she does with calls, and what her window shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m

if TYPE_CHECKING:
    from peers.sipp_provider import SippProvider
    from peers.window import Document


class Person:
    """Alice at her window; her provider is SIPp.

    Attributes:
        sipp: The provider.
        chrome: What her window is told.
    """

    def __init__(self, sipp: SippProvider, chrome: Document) -> None:
        self.sipp = sipp
        self.chrome = chrome

    async def dial(self, target: str = "bob") -> m.Call:
        """Call somebody."""
        return await self.chrome.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target=target))

    async def hang_up(self, call: m.Call) -> None:
        """End a call."""
        await self.chrome.ask(bridge.CALL_HANG_UP, m.BridgeCallHangUpParams(call_id=call.call_id))

    async def answer(self, call: m.Call) -> None:
        """Take a call that rings."""
        await self.chrome.ask(bridge.CALL_ANSWER, m.BridgeCallAnswerParams(call_id=call.call_id))

    async def address(self) -> str:
        """host:port of her engine, past the provider."""
        contact = (await self.chrome.registered()).contact or ""
        return contact.partition("@")[2].partition(";")[0]

    async def registration(self, state: str, timeout_s: float = 20) -> m.Registration:
        """Wait until the window shows that she is registered, or how not."""
        params = await self.chrome.seen(
            bridge.REGISTRATION_STATE_CHANGED, lambda told: told.registration.state == state, timeout_s
        )
        return params.registration

    def registrations(self) -> list[str]:
        """What the window showed of the registration, in order."""
        return [params.registration.state for params in self.chrome.all_seen(bridge.REGISTRATION_STATE_CHANGED)]

    async def call(self, state: str, timeout_s: float = 20, **also: object) -> m.Call:
        """Wait until the window shows a call in a state, with these further values."""

        def fits(params: m.BridgeCallStateChangedParams) -> bool:
            values = {"state": state, **also}
            return all(getattr(params.call, name) == value for name, value in values.items())

        return (await self.chrome.seen(bridge.CALL_STATE_CHANGED, fits, timeout_s)).call

    async def history(self) -> list[tuple[str, str | None, int]]:
        """Peer, outcome and status of the calls that are over, newest first; none may be running."""
        assert (await self.chrome.ask(bridge.CALL_LIST, m.BridgeCallListParams())).calls == []
        calls = (await self.chrome.ask(bridge.CALL_HISTORY, m.BridgeCallHistoryParams())).calls
        return [(call.peer, call.outcome, call.sip_status) for call in calls]

    def shown(self, state: str) -> list[m.Call]:
        """How the window showed calls in a state, one after the other; repetitions left out."""
        seen = [params.call for params in self.chrome.all_seen(bridge.CALL_STATE_CHANGED) if params.call.state == state]
        return [call for index, call in enumerate(seen) if index == 0 or seen[index - 1] != call]
