"""The registration's state machine, with a clock and a registrar that do as told."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.engine.account import RegisterOutcome
from elsipo.engine.pace import Pace
from elsipo.engine.reactor import Reactor, Timer
from elsipo.engine.registration import RegistrationKeeper
from elsipo.engine.routes import plan
from elsipo.engine.servers import Servers
from elsipo.rpc._generated.models import AccountSettings
from elsipo.rpc.errors import InvalidStateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.rpc._generated.models import Registration

OK = (
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5;rport=7;received=10.0.0.2\r\n"
    "Contact: <sip:a@9.9.9.9:1>, <sip:a@10.0.0.2:7;ob>;expires=9\r\n\r\n"
)


class Bench:
    """A keeper on a bench."""

    def __init__(self) -> None:
        settings = AccountSettings(
            account_id="a",
            aor="sip:a@x.test",
            display_name="",
            transport="udp",
            server="10.0.0.9",
            auth_user="a",
            password="p",
        )
        self.asked: list[bool] = []
        self.told: list[Registration] = []
        self.timers: list[tuple[float, Timer]] = []
        self.keeper = RegistrationKeeper(
            settings,
            plan(settings),
            after=self._after,
            emit=self._emit,
            chance=random.SystemRandom(),
            servers=Servers("x.test", settings, Reactor(), active=False),
            pace=Pace(),
        )
        self.keeper.bind(self)

    def setRegistration(self, renew: bool, /) -> None:  # noqa: FBT001, N802 - pjsua2's
        self.asked.append(renew)

    def register_elsewhere(self) -> None:
        self.asked.append(True)

    def _after(self, delay_s: float, function: Callable[[], None]) -> Timer:
        timer = Timer(delay_s, function)
        self.timers.append((delay_s, timer))
        return timer

    def _emit(self, _notification: Any, params: Any) -> None:
        self.told.append(params.registration)

    def pass_time(self) -> float:
        """Let the timer that was set last ring; its delay."""
        delay_s, timer = self.timers.pop()
        timer.run()
        return delay_s

    def answer(self, code: int, reason: str = "", packet: str | None = None, expires_s: int = 60) -> None:
        text = f"SIP/2.0 {code} {reason}\r\n\r\n" if packet is None else packet
        self.keeper.done(RegisterOutcome(code, reason, expires_s, "10.0.0.9:5060" if text else "", text))

    @property
    def states(self) -> list[str]:
        return [registration.state for registration in self.told]


def test_registered_tells_our_contact_among_others_and_the_flow() -> None:
    bench = Bench()
    bench.keeper.register()
    bench.answer(200, "OK", OK)
    assert bench.states == ["registering", "registered"]
    assert bench.told[-1].contact == "sip:a@10.0.0.2:7;ob"
    assert bench.told[-1].registrar_address == bench.keeper.flow == "10.0.0.9:5060"
    assert bench.told[-1].expires_s == 60


@pytest.mark.parametrize(("code", "again"), [(401, False), (403, False), (404, False), (408, True), (503, True)])
def test_only_what_may_pass_is_tried_again(code: int, *, again: bool) -> None:
    bench = Bench()
    bench.keeper.register()
    bench.answer(code, "No")
    assert bench.told[-1].state == "failed"
    assert (bench.told[-1].retry_in_s is not None) == again


def test_retries_back_off_up_to_a_minute() -> None:
    bench = Bench()
    bench.keeper.register()
    delays = []
    for _ in range(9):
        bench.answer(503, "Busy")
        delays.append(bench.pass_time())
    assert delays[0] < 2
    assert all(45 <= delay <= 75 for delay in delays[-2:])
    assert bench.asked == [True] * 10


def test_retry_after_is_respected() -> None:
    bench = Bench()
    bench.keeper.register()
    bench.answer(503, "Busy", "SIP/2.0 503 Busy\r\nRetry-After: 120 (maintenance)\r\n\r\n")
    assert bench.pass_time() >= 90


def test_silence_is_told_and_a_late_answer_still_counts() -> None:
    bench = Bench()
    bench.keeper.register()
    assert bench.pass_time() == 6.0
    assert (bench.told[-1].state, bench.told[-1].sip_status) == ("failed", 408)
    bench.answer(200, "OK", OK)
    assert bench.states[-1] == "registered"
    assert bench.asked == [True]


def test_leaving_while_asking_takes_back_what_is_granted() -> None:
    bench = Bench()
    bench.keeper.register()
    bench.keeper.unregister()
    bench.answer(200, "OK", OK)
    assert bench.asked == [True, False]
    bench.answer(200, "OK", OK, expires_s=0)
    assert bench.states == ["registering", "unregistering", "unregistered"]


def test_a_server_that_ignores_our_leaving_is_left() -> None:
    bench = Bench()
    bench.keeper.register()
    bench.answer(200, "OK", OK)
    bench.keeper.unregister()
    bench.pass_time()
    assert bench.states[-1] == "unregistered"


def test_a_lost_connection_asks_again_without_alarm() -> None:
    bench = Bench()
    bench.keeper.connection_lost()
    bench.keeper.register()
    bench.answer(200, "OK", OK)
    bench.keeper.connection_lost()
    assert bench.asked == [True, True]
    assert bench.states == ["registering", "registered"]


def test_asking_twice_is_refused() -> None:
    bench = Bench()
    bench.keeper.register()
    with pytest.raises(InvalidStateError):
        bench.keeper.register()
