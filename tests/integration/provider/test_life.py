"""The demo provider as a program: it starts, comes back, and goes without a trace."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from elsipo.demo.provider import DemoProvider, ProviderError
from elsipo.demo.sip_ping import answers_options
from peers.kamailio import contacts
from peers.processes import group
from peers.sip import RawUserAgent
from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from peers.tls import Authority

_RUN_AND_WAIT = """
import asyncio, sys
from elsipo.demo.provider import DemoProvider
async def main():
    provider = DemoProvider()
    await provider.start()
    print(provider.pid, provider.run_dir, flush=True)
    await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""


async def test_it_leaves_no_process_and_no_file(new_provider: Callable[..., DemoProvider]) -> None:
    provider = new_provider()
    await provider.start()
    run_dir, pid = provider.run_dir, provider.pid
    assert len(group(pid)) > 1
    assert await answers_options(provider.udp_port, timeout_s=2)
    await provider.stop()
    assert group(pid) == {}
    assert not run_dir.exists()
    assert not provider.running
    assert not await answers_options(provider.udp_port, timeout_s=0.1)
    await provider.stop()  # a second time is no error


def test_it_runs_as_an_ordinary_user_and_keeps_its_secrets(provider: DemoProvider) -> None:
    for pid in group(provider.pid):
        status = Path(f"/proc/{pid}/status").read_text()
        users = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
        assert "0" not in users
    assert provider.run_dir.stat().st_mode & 0o077 == 0
    database = provider.run_dir / "provider.sqlite"
    assert database.stat().st_mode & 0o077 == 0
    assert all(password.encode() not in database.read_bytes() for password in provider.users.values())


async def test_it_comes_back_on_the_same_ports(new_provider: Callable[..., DemoProvider]) -> None:
    provider = new_provider()
    await provider.start()
    ports = (provider.udp_port, provider.tcp_port)
    async with RawUserAgent.opened() as alice:
        server = ("127.0.0.1", provider.udp_port)
        await alice.register(server, provider.domain, ("alice", "alicepw"))
        await provider.stop()
        await provider.start()
        assert (provider.udp_port, provider.tcp_port) == ports
        assert contacts(provider, "alice") == []
        assert (await alice.register(server, provider.domain, ("alice", "alicepw"))).status == 200


async def test_two_run_side_by_side_and_know_only_their_own(new_provider: Callable[..., DemoProvider]) -> None:
    one, two = new_provider(), new_provider(domain="provider-b.test", users={"dora": "dorapw"})
    await one.start()
    await two.start()
    async with RawUserAgent.opened() as agent:
        assert (await agent.register(("127.0.0.1", two.udp_port), two.domain, ("dora", "dorapw"))).status == 200
        assert (await agent.register(("127.0.0.1", one.udp_port), one.domain, ("dora", "dorapw"))).status == 401


async def test_it_says_why_it_does_not_start(new_provider: Callable[..., DemoProvider]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        provider = new_provider(udp_port=port, tcp_port=port)
        with pytest.raises(ProviderError, match="Address already in use"):
            await provider.start()
    assert not provider.running
    await provider.start()
    assert provider.udp_port == port


@pytest.mark.parametrize("user", ["id-i_infotext", "elsipo-stats", "a b", 'x"; exit', ""])
async def test_a_name_that_would_speak_as_a_page_or_a_service_is_no_user(
    new_provider: Callable[..., DemoProvider], user: str
) -> None:
    with pytest.raises(ValueError, match="cannot be a user"):
        await new_provider(users={user: "secret"}).start()


async def test_missing_kamailio_names_the_package(
    new_provider: Callable[..., DemoProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elsipo.demo.provider.shutil.which", lambda *_, **__: None)
    with pytest.raises(FileNotFoundError, match="apt-get install kamailio"):
        await new_provider().start()


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_killed_parent_takes_it_along(state: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _RUN_AND_WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        pid, run_dir = parent.stdout.readline().split()
        assert group(int(pid))
        if state == "stopped":  # and so deaf to SIGTERM
            os.killpg(int(pid), signal.SIGSTOP)
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not group(int(pid)), what="Kamailio follows its parent")
    wait_until(lambda: not Path(run_dir).exists(), what="its directory is removed")


async def test_tls_shows_the_certificate_that_it_was_given(
    tls_provider: DemoProvider, authority: Authority, other_authority: Authority
) -> None:
    def handshake(ca_file: Path, name: str) -> str | None:
        context = ssl.create_default_context(cafile=ca_file)
        with (
            socket.create_connection(("127.0.0.1", tls_provider.tls_port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            return secure.version()

    assert handshake(authority.ca_file, "provider-a.test") in {"TLSv1.2", "TLSv1.3"}
    with pytest.raises(ssl.SSLCertVerificationError, match=r"self-signed|unable to get"):
        handshake(other_authority.ca_file, "provider-a.test")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(authority.ca_file, "provider-b.test")
    key = tls_provider.run_dir / "private-key.pem"
    assert key.stat().st_mode & 0o077 == 0
