"""However the shell ends, it ends soon, and nothing of it stays."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from e2e.shell.bindings import CEF_CAPI
from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from e2e.shell.bindings import Binding
    from e2e.shell.desk import Desk
    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site


@pytest.fixture
def running(open_window: Callable[..., None], site: Site, shell: ShellProcess) -> ShellProcess:
    """A shell with two windows that are in use."""
    open_window(f"{site.origin}/", "one")
    open_window(f"{site.origin}/", "two")
    site.reported("token", 2)
    assert len(shell.descendants()) > 2
    return shell


def test_the_end_of_stdin_ends_every_process(running: ShellProcess) -> None:
    running.close_stdin()
    assert running.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_every_process(running: ShellProcess, number: signal.Signals) -> None:
    running.process.send_signal(number)
    assert running.ended() == 0


def test_quit_is_answered_when_the_windows_are_gone(running: ShellProcess, desk: Desk) -> None:
    assert running.request("shell.quit") == {}
    assert "A page: é" not in desk.titles()
    assert running.ended() == 0


def test_ending_is_not_told_as_if_the_user_had_closed_the_windows(running: ShellProcess) -> None:
    running.request("shell.quit")
    running.ended()
    assert not [message for message in running.messages if message.get("method") == "window.closed"]


def test_the_end_of_stdin_before_any_window_ends_it(shell: ShellProcess) -> None:
    shell.close_stdin()
    assert shell.ended() == 0


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder for temporary files, short enough for Chromium's sockets, wherever the tests run."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="elsipo-") as folder:
        yield Path(folder)


def test_a_killed_shell_leaves_no_process(start: Callable[..., ShellProcess], site: Site, short_folder: Path) -> None:
    # Files it leaves: that is what a temporary folder is for.
    shell = start(env={"TMPDIR": str(short_folder)})
    shell.request(
        "window.open", window_id="w", url=f"{site.origin}/", title="", icon_file="", width_px=300, height_px=300
    )
    site.reported("token")
    shell.process.kill()
    assert shell.ended() == -signal.SIGKILL


def test_a_temporary_profile_is_removed(running: ShellProcess) -> None:
    (profile,) = Path(tempfile.gettempdir()).glob("elsipo-shell-*")
    assert profile.stat().st_mode & 0o777 == 0o700
    running.close_stdin()
    running.ended()
    assert not profile.exists()


def test_a_given_profile_stays_and_can_be_used_again(
    start: Callable[..., ShellProcess], site: Site, tmp_path: Path
) -> None:
    address = site.page(
        "/remembers", "report({before: localStorage.getItem('kept')}); localStorage.setItem('kept', 'yes')"
    )
    for count in (1, 2):
        shell = start("--cache-dir", str(tmp_path / "profile"))
        shell.request("window.open", window_id="w", url=address, title="", icon_file="", width_px=300, height_px=300)
        site.reported("token", count)
        shell.close_stdin()
        assert shell.ended() == 0
    assert [site.reported("before", count) for count in (1, 2)] == [None, "yes"]


def test_a_profile_of_a_killed_shell_can_be_used_again_and_what_chromium_left_is_removed(
    start: Callable[..., ShellProcess], site: Site, short_folder: Path
) -> None:
    for count in (1, 2):
        shell = start("--cache-dir", str(short_folder / "profile"), env={"TMPDIR": str(short_folder)})
        shell.request(
            "window.open", window_id="w", url=f"{site.origin}/", title="", icon_file="", width_px=300, height_px=300
        )
        site.reported("token", count)
        assert len(list(short_folder.glob(".org.chromium.*"))) <= 1  # this one's own; Chromium 66's is in the profile
        shell.process.kill()
        shell.ended()


def test_without_a_display_it_says_so_and_leaves(start: Callable[..., ShellProcess]) -> None:
    shell = start(env={"DISPLAY": ":987654"})
    assert shell.ended() != 0
    assert any("no X11 display" in line for line in shell.log_lines)


def test_a_folder_for_temporary_files_that_chromium_cannot_use_is_said(
    start: Callable[..., ShellProcess], tmp_path: Path, binding: Binding
) -> None:
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    shell = start(env={"TMPDIR": str(folder)})
    if binding is CEF_CAPI:
        assert shell.ended() == 1
        assert any("set TMPDIR" in line for line in shell.log_lines)
    else:  # puts its own below the profile
        assert shell.request("shell.hello", protocol_version=1)["binding"] == binding.name


def test_nothing_but_json_is_on_stdout_and_no_file_is_written_elsewhere(running: ShellProcess) -> None:
    # The driver reads every line as JSON and would have failed.
    assert running.request("shell.hello", protocol_version=1)["pid"] == running.process.pid
    working_folder = Path(f"/proc/{running.process.pid}/cwd").readlink()
    assert not (working_folder / "debug.log").exists()
    # Chromium deletes the log file that it is told to use, be it a device.
    assert Path(os.devnull).is_char_device()


def test_a_profile_in_use_is_refused_and_its_owner_opens_nothing(
    start: Callable[..., ShellProcess], site: Site, desk: Desk, tmp_path: Path, binding: Binding
) -> None:
    owner = start("--cache-dir", str(tmp_path / "profile"))
    owner.request(
        "window.open", window_id="w", url=f"{site.origin}/", title="", icon_file="", width_px=300, height_px=300
    )
    site.reported("token")
    before = desk.titles()
    second = start("--cache-dir", str(tmp_path / "profile"))
    assert second.ended() == 1
    assert any("another shell" in line for line in second.log_lines)
    if binding.tells_second_start:
        owner.wait_for_log("another shell was started")
    assert desk.titles() == before
    owner.request("window.focus", window_id="w")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_starts_ends_it_without_a_trace(shell: ShellProcess, number: signal.Signals) -> None:
    profiles = Path(tempfile.gettempdir())
    wait_until(lambda: list(profiles.glob("elsipo-shell-*")), what="a profile")
    wait_until(lambda: _catches(shell.process.pid, number), what="a handler")
    shell.process.send_signal(number)
    shell.ended()
    assert not list(profiles.glob("elsipo-shell-*"))


def _catches(pid: int, number: signal.Signals) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:"))
    return bool(caught >> (number - 1) & 1)
