"""The engine's process: its handshake, its end, and a stdout that carries JSON-RPC alone."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import engine as wire
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import ProtocolVersionError
from peers.kamailio import contacts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.demo.provider import DemoProvider
    from peers.engine_driver import Engine


@asynccontextmanager
async def _bare_process() -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "elsipo.engine"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_the_handshake_tells_versions_and_codecs(engine: Engine) -> None:
    assert engine.hello.protocol_version == PROTOCOL_VERSION
    assert engine.hello.pid == engine.supervisor.status.pid
    assert engine.hello.versions["pjproject"].startswith("2.")
    assert {"G722/16000/1", "PCMA/8000/1", "PCMU/8000/1"} <= set(engine.hello.codecs)


async def test_another_protocol_is_refused(engine: Engine) -> None:
    with pytest.raises(ProtocolVersionError) as caught:
        await engine.ask(wire.ENGINE_HELLO, m.EngineEngineHelloParams(protocol_version=PROTOCOL_VERSION + 1))
    assert caught.value.data["supported"] == PROTOCOL_VERSION


async def test_the_pjsip_thread_answers(alice: Engine) -> None:
    await alice.ask(wire.ENGINE_PING)
    assert await alice.ask(wire.ENGINE_ECHO, m.EngineEngineEchoParams(text="ä\n")) == "ä\n"


async def test_an_engine_whose_host_is_gone_unregisters_and_leaves(provider: DemoProvider) -> None:
    settings = m.AccountSettings(
        account_id="alice",
        aor="sip:alice@provider-a.test",
        display_name="",
        transport="udp",
        server=provider.server(),
        auth_user="alice",
        password="alicepw",
        bound_address="127.0.0.1",
        audio="null",
    )
    async with _bare_process() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number, (method, params) in enumerate(
            [("account.configure", {"settings": settings.to_wire()}), ("account.register", {})], 1
        ):
            line = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
            process.stdin.write(line.encode() + b"\n")
        state = ""
        while state != "registered":
            # Every line is JSON, whatever pjsip prints.
            message = json.loads(await asyncio.wait_for(process.stdout.readline(), 10))
            state = message.get("params", {}).get("registration", {}).get("state", "")
        assert contacts(provider, "alice")
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 2.5) == 0
    assert contacts(provider, "alice") == []


async def test_an_engine_that_can_reach_nobody_leaves_all_the_same() -> None:
    async with _bare_process() as process:
        assert process.stdin is not None
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 5) == 0
