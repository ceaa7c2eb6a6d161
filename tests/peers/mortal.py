"""A person whose telephone engine is killed: what she does at her window meanwhile, and what it shows her."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m

from peers.waiting import eventually

if TYPE_CHECKING:
    from elsipo.host.host import Host

    from peers.window import Document


class Mortal:
    """A signed-in account with a window.

    Attributes:
        host: Her host.
        account_id: Her account.
        chrome: What her window is told.
    """

    def __init__(self, host: Host, account_id: str, chrome: Document) -> None:
        self.host = host
        self.account_id = account_id
        self.chrome = chrome

    @property
    def pid(self) -> int:
        """Her engine's process."""
        pid = self.host.user_agent(self.account_id).status.pid
        assert pid is not None
        return pid

    def strike(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send her engine a signal.

        Returns:
            Its process id.
        """
        self.chrome.forget()
        pid = self.pid
        os.kill(pid, number)
        return pid

    async def back(self, pid: int, timeout_s: float = 20) -> None:
        """Wait until another engine than that one is registered."""
        agent = self.host.user_agent(self.account_id)
        await eventually(
            lambda: agent.status.state == "running" and agent.status.pid != pid and agent.registrations.is_registered,
            timeout_s=timeout_s,
            what=f"{self.account_id} is back",
        )

    async def call(self, state: str, timeout_s: float = 20, **also: object) -> m.Call:
        """Wait until the window shows a call in a state, with these further values."""

        def fits(params: m.BridgeCallStateChangedParams) -> bool:
            values = {"state": state, **also}
            return all(getattr(params.call, name) == value for name, value in values.items())

        return (await self.chrome.seen(bridge.CALL_STATE_CHANGED, fits, timeout_s)).call

    async def dial(self, target: str) -> m.Call:
        """Call somebody."""
        return await self.chrome.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target=target))

    async def answer(self) -> m.Call:
        """Take the call that comes."""
        ringing = await self.call("early", direction="incoming")
        await self.chrome.ask(bridge.CALL_ANSWER, m.BridgeCallAnswerParams(call_id=ringing.call_id))
        return await self.call("confirmed", has_audio=True)

    async def calls(self) -> list[m.Call]:
        """The calls that run."""
        return (await self.chrome.ask(bridge.CALL_LIST, m.BridgeCallListParams())).calls

    async def history(self) -> list[m.Call]:
        """The calls that are over, newest first."""
        return (await self.chrome.ask(bridge.CALL_HISTORY, m.BridgeCallHistoryParams())).calls

    async def sounds(self, call: m.Call, tone_hz: int = 700, duration_ms: int = 500) -> m.AudioProbe:
        """Play a tone into a call and measure what comes back."""
        params = m.BridgeCallProbeAudioParams(call_id=call.call_id, tone_hz=tone_hz, duration_ms=duration_ms)
        return await self.chrome.ask(bridge.CALL_PROBE_AUDIO, params, timeout_s=20)


async def connected(caller: Mortal, called: Mortal) -> tuple[m.Call, m.Call]:
    """One calls the other, who answers.

    Returns:
        The call as each of them sees it.
    """
    for person in (caller, called):
        person.chrome.forget()
    await caller.dial(called.account_id.partition("-")[0])
    theirs = await called.answer()
    return await caller.call("confirmed", has_audio=True), theirs
