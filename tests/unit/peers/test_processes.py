"""The check for leftovers: it must see what a test forgot."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from peers import needs
from peers.processes import MARK, Program, group, kill, left_behind, open_servers
from peers.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

_WAIT = "import sys, threading; print('up', flush=True); threading.Event().wait()"
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + _WAIT
_ORPHAN = (
    f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {_WAIT!r}], stdout=subprocess.DEVNULL).pid)"
)


def test_a_forgotten_child_is_seen(tmp_path: Path) -> None:
    with Program([sys.executable, "-c", _WAIT], tmp_path) as program:
        program.wait_for_log("up")
        assert program.process.pid in left_behind("another mark")
    assert program.process.pid not in left_behind("another mark")


def test_an_orphan_is_seen_by_its_mark() -> None:
    environment = {**os.environ, MARK: "orphans"}
    parent = subprocess.Popen([sys.executable, "-c", _ORPHAN], env=environment, stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
    try:
        assert pid in left_behind("orphans")
    finally:
        kill({pid: "orphan"})
    wait_until(lambda: pid not in left_behind("orphans"), what="the orphan is gone")


def test_a_program_that_does_not_obey_is_killed_with_its_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peers.processes._STOP_TIMEOUT_S", 0.1)
    with Program([sys.executable, "-c", _STUBBORN], tmp_path) as program:
        program.wait_for_log("up")
    assert not program.running
    assert group(program.process.pid) == {}


def test_a_program_that_ended_says_its_last_words(tmp_path: Path) -> None:
    with (
        Program([sys.executable, "-c", "raise SystemExit('no luck')"], tmp_path) as program,
        pytest.raises(AssertionError, match="no luck"),
    ):
        program.wait_for_log("up")


def test_a_forgotten_server_socket_is_seen() -> None:
    before = open_servers()
    with socket.create_server(("127.0.0.1", 0)), socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        assert len(open_servers()) == len(before) + 2
    assert open_servers() == before


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_peer_skips_on_a_laptop_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="apt-get install no-such-package"):
        needs.program("no-such-program", package="no-such-package")
