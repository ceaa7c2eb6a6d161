"""The command line, run as a person runs it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from pathlib import Path


class Command(Protocol):
    """Runs `elsipo ARGUMENTS` with `typed` on its standard input."""

    def __call__(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def elsipo(tmp_path: Path) -> Command:
    """Runs a command for a person whose home is empty and where no keyring runs."""

    def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "DBUS_"))}
        environment |= {"HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
        return subprocess.run(
            [sys.executable, "-m", "elsipo", *arguments],
            input=typed,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_version_is_one_line(elsipo: Command) -> None:
    said = elsipo("--version")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("Elsipo ")


@pytest.mark.parametrize(
    "command", [["--help"], ["demo", "--help"], ["account", "--help"], ["account", "add", "--help"]]
)
def test_help_is_there_for_every_command(elsipo: Command, command: list[str]) -> None:
    said = elsipo(*command)
    assert said.returncode == 0
    assert "usage: elsipo" in said.stdout


@pytest.mark.parametrize("command", [["--no-such-option"], ["no-such-command"], ["account"], ["account", "add"]])
def test_misuse_is_told_from_failure(elsipo: Command, command: list[str]) -> None:
    assert elsipo(*command).returncode == 2


def test_an_account_is_added_listed_and_removed(elsipo: Command, tmp_path: Path) -> None:
    added = elsipo("account", "add", "alice@provider-a.test", "--allow-file", "--transport", "tls", typed="alicepw\n")
    assert added.returncode == 0, added.stderr
    assert "alicepw" not in added.stdout + added.stderr
    (listed,) = json.loads(elsipo("account", "list", "--json").stdout)
    assert (listed["aor"], listed["transport"]) == ("sip:alice@provider-a.test", "tls")
    holders = [path for path in tmp_path.rglob("*") if path.is_file() and "alicepw" in path.read_text(errors="replace")]
    assert [stat.S_IMODE(path.stat().st_mode) for path in holders] == [0o600]
    assert elsipo("account", "remove", "sip:alice@provider-a.test").returncode == 0
    assert "alicepw" not in holders[0].read_text()
    assert "No accounts yet" in elsipo("account", "list").stdout


def test_without_a_keyring_nothing_is_kept_until_a_file_is_allowed(
    elsipo: Command,
) -> None:
    refused = elsipo("account", "add", "alice@provider-a.test", typed="alicepw\n")
    assert refused.returncode == 1
    assert "--allow-file" in refused.stderr
    assert json.loads(elsipo("account", "list", "--json").stdout) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "not an address", "--allow-file"],
        ["add", "alice@provider-a.test", "--server", "no host", "--allow-file"],
        ["add", "alice@provider-a.test", "--ca-file", "no/such/file.pem", "--allow-file"],
        ["remove", "nobody@provider-a.test"],
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(elsipo: Command, arguments: list[str]) -> None:
    said = elsipo("account", *arguments, typed="pw\n")
    assert said.returncode == 1
    assert said.stderr.startswith("elsipo: ")
    assert len(said.stderr.splitlines()) == 1
    assert json.loads(elsipo("account", "list", "--json").stdout) == []


def test_an_account_file_that_is_not_ours_is_said_and_left(elsipo: Command, tmp_path: Path) -> None:
    elsipo("account", "list")
    book = tmp_path / ".config" / "elsipo"
    (book / "accounts.json").write_text("{}")
    said = elsipo("account", "list")
    assert said.returncode == 1
    assert "mend it or move it away" in said.stderr
    assert (book / "accounts.json").read_text() == "{}"


def test_a_page_is_chosen_told_and_taken_back(elsipo: Command, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    added = elsipo(
        "account", "add", "alice@provider.example", "--allow-file", "--ui", str(tmp_path / "mine"), typed="pw\n"
    )
    assert added.returncode == 0
    assert elsipo("account", "ui", "alice@provider.example").stdout == f"{tmp_path / 'mine'}\n"
    said = elsipo("account", "ui", "alice@provider.example", "https://ui.example.org/")
    assert (said.returncode, said.stderr) == (0, "")
    assert "https://ui.example.org/" in elsipo("account", "ui", "alice@provider.example").stdout
    assert elsipo("account", "ui", "alice@provider.example", "home").returncode == 0
    assert elsipo("account", "ui", "alice@provider.example").stdout == "home\n"


def test_a_ui_of_this_machine_is_allowed_and_forbidden_again(elsipo: Command) -> None:
    elsipo("account", "add", "alice@provider.example", "--allow-file", typed="secret\n")
    assert "not allowed" in elsipo("account", "provider", "alice@provider.example").stdout
    said = elsipo("account", "provider", "alice@provider.example", "--allow-local")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == "No UI is known.\nA UI from this machine is allowed.\n"
    assert "not allowed" in elsipo("account", "provider", "alice@provider.example", "--forbid-local").stdout


@pytest.mark.parametrize("where", ["http://ui.example.org/", "no/such/folder", "ftp://ui.example.org/"])
def test_a_page_that_cannot_be_shown_is_refused_in_words(elsipo: Command, where: str) -> None:
    elsipo("account", "add", "alice@provider.example", "--allow-file", typed="pw\n")
    said = elsipo("account", "ui", "alice@provider.example", where)
    assert said.returncode == 1
    assert said.stderr.startswith("elsipo: ")
    assert elsipo("account", "ui", "alice@provider.example").stdout == "home\n"


def test_a_running_elsipo_keeps_its_pages_to_itself(elsipo: Command, tmp_path: Path) -> None:
    from elsipo.host.profile_lock import ProfileLock

    elsipo("account", "add", "alice@provider.example", "--allow-file", typed="pw\n")
    data = tmp_path / ".local" / "share" / "elsipo"
    data.mkdir(parents=True, exist_ok=True)
    lock = ProfileLock(data / "lock")
    try:
        said = elsipo("account", "ui", "alice@provider.example", "https://ui.example.org/")
    finally:
        lock.release()
    assert said.returncode == 1
    assert "running" in said.stderr


def test_the_old_configuration_needs_consent_where_no_keyring_runs(elsipo: Command, tmp_path: Path) -> None:
    old = tmp_path / ".elsipo"
    old.mkdir()
    (old / "elsipo.ini").write_text("[Plugin.Pjsip]\nusername=test\npassword=xyz\ndomain=sip.example\nport=5060\n")
    refused = elsipo("account", "import")
    assert refused.returncode == 1
    assert "--allow-file" in refused.stderr
    done = elsipo("account", "import", "--allow-file")
    assert done.returncode == 0
    assert "test@sip.example was imported" in done.stdout
    assert "sip:test@sip.example" in elsipo("account", "list", "--json").stdout
