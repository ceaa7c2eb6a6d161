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
        _keep(start("--cache-dir", str(profile)), site, "alice", count)
    assert [site.reported("before", count) for count in (1, 2)] == [[None, ""], ["yes", "kept=yes"]]
    assert [folder.name for folder in profile.glob("account-*")] == ["account-alice"]


def test_the_storage_that_a_shell_begins_with_is_the_process_s_own_and_as_apart_from_others(
    start: Callable[..., ShellProcess], site: Site, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    _keep(start("--cache-dir", str(profile)), site, "alice", 1)
    shell = start("--cache-dir", str(profile), "--storage", "alice")
    for count, storage in ((2, "bob"), (3, "alice")):
        _open(shell, site, f"w{count}", storage)
        site.reported("token", count)
    shell.close_stdin()
    assert shell.ended() == 0
    # What alice's pages kept while hers was one of several is there, and goes on being there when it is again.
    _keep(start("--cache-dir", str(profile)), site, "alice", 4)
    kept = [None, ""], [None, ""], ["yes", "kept=yes"], ["yes", "kept=yes"]
    assert [site.reported("before", count) for count in (1, 2, 3, 4)] == list(kept)


def test_a_shell_that_begins_with_a_storage_makes_no_other_one(
    start: Callable[..., ShellProcess], site: Site, tmp_path: Path
) -> None:
    _keep(start("--cache-dir", str(tmp_path), "--storage", "alice"), site, "alice", 1)
    assert [file.parent.name for file in tmp_path.glob("*/Preferences")] == ["account-alice"]


@pytest.mark.parametrize("name", ["", "../bob", "Alice", "a" * 33])
def test_what_is_no_name_of_a_storage_is_refused(start: Callable[..., ShellProcess], name: str) -> None:
    assert start("--storage", name).ended() == 2


def test_a_shell_that_leaves_while_a_storage_is_made_leaves_in_good_order(shell: ShellProcess, site: Site) -> None:
    number = {"jsonrpc": "2.0", "id": "o", "method": "window.open"}
    params = {"window_id": "w", "url": f"{site.origin}/", "title": "", "icon_file": "", "storage": "new"}
    shell.request("shell.hello", protocol_version=1)
    shell.send({**number, "params": {**params, "width_px": 300, "height_px": 300}})
    shell.close_stdin()
    assert shell.ended() == 0


def _keep(shell: ShellProcess, site: Site, storage: str, count: int) -> None:
    """Have something kept in a storage, by the page that is the count-th to be shown; the shell leaves."""
    _open(shell, site, "w1", storage)
    site.reported("token", count)
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
