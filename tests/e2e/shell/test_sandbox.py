"""Chromium's sandbox: on for ordinary users, and truly on; off for root, and said."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from e2e.shell import bindings, ordinary_user
from peers import needs
from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from e2e.shell.bindings import Binding
    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site

SECCOMP_FILTER = "2"
WITH_SANDBOX = [binding for binding in bindings.ALL if binding.has_sandbox]
WITHOUT_SANDBOX = [binding for binding in bindings.ALL if not binding.has_sandbox]


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the ordinary user owns."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, ordinary_user.USER, ordinary_user.USER)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("binding", WITH_SANDBOX, indirect=True, ids=lambda binding: binding.name)
def test_an_ordinary_users_renderer_is_in_a_sandbox(start: Callable[..., ShellProcess], site: Site, home: Path) -> None:
    needs.program("setpriv", package="util-linux")
    shell = start(prefix=ordinary_user.prefix(), env={"HOME": str(home), "TMPDIR": str(home)})
    hello = shell.request("shell.hello", protocol_version=1)
    assert hello["sandboxed"] is True
    assert "detail" not in hello
    shell.request(
        "window.open", window_id="w", url=f"{site.origin}/", title="", icon_file="", width_px=300, height_px=300
    )
    site.reported("token")

    browser = Path(f"/proc/{hello['pid']}")
    assert _status(browser, "Uid").split()[0] != "0"
    for pid in wait_until(shell.renderers, what="a renderer"):
        renderer = Path(f"/proc/{pid}")
        assert _status(renderer, "Seccomp") == SECCOMP_FILTER
        assert _status(renderer, "NoNewPrivs") == "1"
        assert int(_status(renderer, "CapEff"), 16) == 0
        for namespace in ("user", "pid", "net"):
            assert (renderer / "ns" / namespace).readlink() != (browser / "ns" / namespace).readlink(), namespace
    shell.close_stdin()
    assert shell.ended() == 0


@pytest.mark.parametrize("binding", WITH_SANDBOX, indirect=True, ids=lambda binding: binding.name)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can show what root gets; continuous integration is root")
def test_root_gets_no_sandbox_and_is_told(shell: ShellProcess) -> None:
    hello = shell.request("shell.hello", protocol_version=1)
    assert hello["sandboxed"] is False
    assert "root" in hello["detail"]
    shell.wait_for_log("WARNING")


@pytest.mark.parametrize("binding", WITH_SANDBOX, indirect=True, ids=lambda binding: binding.name)
def test_a_user_without_namespaces_gets_a_window_and_is_told_why_there_is_no_sandbox(
    start: Callable[..., ShellProcess], site: Site, home: Path
) -> None:
    # A user namespace of the shell's own, which allows no further ones: what AppArmor does on Ubuntu.
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --ambient-caps=-all --inh-caps=-all -- "$@"'
    prefix = ["unshare", "--user", "--map-user=1000", "--keep-caps", "sh", "-c", forbid, "sh"]
    shell = start(prefix=prefix, env={"HOME": str(home)})
    hello = shell.request("shell.hello", protocol_version=1)
    assert hello["sandboxed"] is False
    assert "namespaces" in hello["detail"]
    shell.request(
        "window.open", window_id="w", url=f"{site.origin}/", title="", icon_file="", width_px=300, height_px=300
    )
    site.reported("token")


@pytest.mark.parametrize("binding", WITHOUT_SANDBOX, indirect=True, ids=lambda binding: binding.name)
def test_a_binding_that_has_no_sandbox_says_so_whoever_starts_it(shell: ShellProcess, binding: Binding) -> None:
    hello = shell.request("shell.hello", protocol_version=1)
    assert hello["sandboxed"] is False
    assert f"{binding.name} has no sandbox" in hello["detail"]
    shell.wait_for_log("WARNING")


def _status(process: Path, field: str) -> str:
    lines = (process / "status").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{field}:"))
