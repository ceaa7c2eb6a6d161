"""A machine that changes its network: namespaces of this machine's own, joined by a virtual cable."""

from __future__ import annotations

import asyncio
import os
import subprocess
import uuid
from typing import TYPE_CHECKING, Final

import pytest
from elsipo.engine.pace import SCALE
from peers import needs
from peers.engine_driver import running_engine
from peers.sip import RawUserAgent

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = "10.213.77.1"
FIRST: Final = "10.213.77.2"
SECOND: Final = "10.213.77.3"


class Room:
    """A network namespace with one cable to ours.

    Attributes:
        name: Its name.
    """

    def __init__(self) -> None:
        self.name = f"elsipo-{uuid.uuid4().hex[:6]}"
        self._ours = f"v{self.name[-6:]}a"

    def build(self) -> None:
        """Make it."""
        theirs = f"v{self.name[-6:]}b"
        _ip("netns", "add", self.name)
        _ip("link", "add", self._ours, "type", "veth", "peer", "name", theirs, "netns", self.name)
        _ip("addr", "add", f"{HERE}/24", "dev", self._ours)
        _ip("link", "set", self._ours, "up")
        self.inside("link", "set", "lo", "up")
        self.inside("link", "set", theirs, "name", "cable")
        self.inside("link", "set", "cable", "up")
        self.inside("addr", "add", f"{FIRST}/24", "dev", "cable")

    def move(self) -> None:
        """Take the first address away, and give it the second."""
        self.inside("addr", "del", f"{FIRST}/24", "dev", "cable")
        self.inside("addr", "add", f"{SECOND}/24", "dev", "cable")

    def inside(self, *words: str) -> None:
        """Say something to `ip` in there."""
        _ip("-n", self.name, *words)

    def remove(self) -> None:
        """Take it away, and with it the cable."""
        _ip("netns", "del", self.name)


def _ip(*words: str) -> None:
    subprocess.run([needs.program("ip", package="iproute2"), *words], check=True, capture_output=True)


@pytest.fixture
def room() -> Iterator[Room]:
    """A network of its own; where this user may not make one, the test is not for this machine."""
    made = Room()
    try:
        made.build()
    except subprocess.CalledProcessError as error:
        needs.missing(f"network namespaces: {error.stderr.decode()}")
    yield made
    made.remove()


async def test_in_another_network_the_account_registers_from_its_new_address(room: Room) -> None:
    prefix = ["ip", "netns", "exec", room.name]
    env = {**os.environ, SCALE: "0.2"}
    async with RawUserAgent.opened(HERE) as registrar, running_engine(env, prefix=prefix) as engine:
        await engine.configure("alice", f"{HERE}:{registrar.port}", bound_address=None)
        await engine.register()
        assert _from(registrar, FIRST)
        since = len(engine.told)
        await asyncio.to_thread(room.move)
        await registrar.wait_for(
            lambda came: came.method == "REGISTER" and came.source[0] == SECOND, what="REGISTER from the new address"
        )
        registration = await engine.registration("registered", since=since)
        assert registration.registrar_address == f"{HERE}:{registrar.port}"
        await registrar.wait_for(
            lambda came: came.method == "REGISTER" and SECOND in came.header("contact"), what="the new contact"
        )


def _from(registrar: RawUserAgent, address: str) -> bool:
    return any(came.method == "REGISTER" and came.source[0] == address for came in registrar.came)
