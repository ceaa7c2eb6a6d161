"""A shell with an empty page: what the windows cost before Elsipo does anything in them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from e2e.shell.pages import Site
from elsipo.host.shell import ShellOptions
from elsipo.resources import icon_file, shell_python_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.stage import Stage

# Says when it was there by the machine's clock; Elsipo's page says it at the same point, with its first frame.
_SCRIPT: Final = """
addEventListener("load", () => requestAnimationFrame(() => {
    report({ usable_ms: performance.timeOrigin + performance.now() });
}));
"""
_END_S: Final = 5.0


@dataclass(frozen=True)
class EmptyShell:
    """A running shell.

    Attributes:
        pid: Its process.
        took_ms: From the process's start until the page was there.
    """

    pid: int
    took_ms: float


@contextlib.contextmanager
def empty_shell(stage: Stage) -> Iterator[EmptyShell]:
    """Start the shell by hand, as the host does, on a page with nothing in it."""
    argv = ShellOptions(stage.cef).argv(stage.new_folder("empty"))
    environment = {**os.environ, "DISPLAY": stage.display, "PYTHONPATH": str(shell_python_path())}
    opened = {"url": "", "title": "Empty", "icon_file": str(icon_file()), "width_px": 1100, "height_px": 780}
    with Site() as site:
        opened["url"] = site.page("/empty", _SCRIPT)
        began_s = time.time()
        with subprocess.Popen(
            argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as shell:
            assert shell.stdin is not None
            shell.stdin.write(_request(1, "shell.hello", protocol_version=1))
            shell.stdin.write(_request(2, "window.open", window_id="w1", **opened))
            shell.stdin.flush()
            try:
                yield EmptyShell(shell.pid, site.reported("usable_ms") - began_s * 1000)
            finally:
                shell.stdin.close()
                try:
                    shell.wait(_END_S)
                except subprocess.TimeoutExpired:
                    shell.kill()


def _request(number: int, method: str, **params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"
