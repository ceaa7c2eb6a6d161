"""Windows with storages of their own: what one keeps, another does not see, be it of the same origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from e2e.shell import bindings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site

_REMEMBERS = """
report({before: [localStorage.getItem("kept"), document.cookie]});
localStorage.setItem("kept", "%s");
document.cookie = "kept=%s; max-age=3600";
"""
WITH_STORAGES = [binding for binding in bindings.ALL if binding.has_storages]

pytestmark = pytest.mark.parametrize("binding", WITH_STORAGES, indirect=True, ids=lambda binding: binding.name)


def test_two_storages_share_neither_cookies_nor_local_storage(shell: ShellProcess, site: Site) -> None:
    for number, storage in enumerate(("alice", "bob", "alice"), 1):
        _open(shell, site, f"w{number}", storage)
        site.reported("token", number)
    assert [site.reported("before", number) for number in (1, 2, 3)] == [[None, ""], [None, ""], ["yes", "kept=yes"]]


def test_a_storage_stays_and_is_a_folder_of_its_own(
    start: Callable[..., ShellProcess], site: Site, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    for count in (1, 2):
        shell = start("--cache-dir", str(profile))
        _open(shell, site, "w1", "alice")
        site.reported("token", count)
        shell.close_stdin()
        assert shell.ended() == 0
    assert [site.reported("before", count) for count in (1, 2)] == [[None, ""], ["yes", "kept=yes"]]
    assert [folder.name for folder in profile.glob("account-*")] == ["account-alice"]


def test_a_shell_that_leaves_while_a_storage_is_made_leaves_in_good_order(shell: ShellProcess, site: Site) -> None:
    number = {"jsonrpc": "2.0", "id": "o", "method": "window.open"}
    params = {"window_id": "w", "url": f"{site.origin}/", "title": "", "icon_file": "", "storage": "new"}
    shell.request("shell.hello", protocol_version=1)
    shell.send({**number, "params": {**params, "width_px": 300, "height_px": 300}})
    shell.close_stdin()
    assert shell.ended() == 0


def _open(shell: ShellProcess, site: Site, window_id: str, storage: str) -> None:
    url = site.page("/remembers", _REMEMBERS % ("yes", "yes"))
    shell.request(
        "window.open",
        window_id=window_id,
        url=url,
        title="",
        icon_file="",
        width_px=300,
        height_px=300,
        storage=storage,
    )
