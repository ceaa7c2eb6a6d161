"""A shell that is begun before it is known what it is to be told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from e2e.shell.driver import ShellProcess

_FLAG = "--options-from-stdin"


def test_its_options_come_as_a_line_and_what_comes_behind_is_the_conversation(
    start: Callable[..., ShellProcess], tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    shell = start(_FLAG)
    hello = {"jsonrpc": "2.0", "id": "hello", "method": "shell.hello", "params": {"protocol_version": 1}}
    shell.write(b"".join(json.dumps(line).encode() + b"\n" for line in (["--cache-dir", str(profile)], hello)))
    assert "result" in shell.wait(lambda message: message.get("id") == "hello")
    shell.close_stdin()
    assert shell.ended() == 0
    assert profile.is_dir()


def test_it_leaves_without_a_word_where_none_come(start: Callable[..., ShellProcess]) -> None:
    shell = start(_FLAG)
    shell.close_stdin()
    assert shell.ended() == 0
    assert shell.log_lines == []


def test_options_that_there_are_not_end_it_as_they_would_on_the_command_line(
    start: Callable[..., ShellProcess],
) -> None:
    shell = start(_FLAG)
    shell.write(b'["--no-such"]\n')
    assert shell.ended() == 2
