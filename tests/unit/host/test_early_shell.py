"""The windows' process that is begun before it is known what it is to be told."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from elsipo.host import early_shell

if TYPE_CHECKING:
    from elsipo.supervisor.begun import Begun

# Says what it was told, and by which way.
_PROGRAM = "import json, sys; print(json.dumps([sys.argv[1:], sys.stdin.readline()]))"


@pytest.fixture(autouse=True)
def _program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early_shell, "shell_command", _command)


def _command(binding: str) -> list[str]:
    return [sys.executable, "-c", _PROGRAM, "--cef", binding]


def _said(process: Begun) -> list[object]:
    """What it says; it has ended then, and nothing of it stays."""
    with process.stdin, process.stdout, process.stderr:
        said: list[object] = json.loads(process.stdout.readline())
        process.wait()
    return said


def test_whoever_takes_it_tells_it_the_rest() -> None:
    early_shell.begin(["--cef", "cefpython3", "--log-level=debug"])
    process = early_shell.take([*_command("cefpython3"), "--cache-dir", "/somewhere"])
    assert process is not None
    arguments, line = _said(process)
    assert arguments == ["--cef", "cefpython3", "--options-from-stdin"]
    assert json.loads(str(line)) == ["--cache-dir", "/somewhere"]
    assert early_shell.take(_command("cefpython3")) is None


def test_one_of_another_binding_is_not_taken_and_ends() -> None:
    early_shell.begin([])
    ((_, process),) = early_shell._kept
    assert early_shell.take(_command("cefpython3")) is None
    process.wait()


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["quit"], ["sip:bob@example.org"], ["account", "list"], ["--cef", "gecko"], ["--cef"], ["-h"]],
    ids=" ".join,
)
def test_what_shows_no_windows_or_more_than_windows_begins_none(arguments: list[str]) -> None:
    early_shell.begin(arguments)
    assert not early_shell._kept


def test_a_binding_that_is_not_here_begins_none_and_complains_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_binding: str) -> list[str]:
        raise FileNotFoundError

    monkeypatch.setattr(early_shell, "shell_command", missing)
    early_shell.begin([])
    assert not early_shell._kept
