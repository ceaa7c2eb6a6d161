"""What is a copy of a page, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo.host.ui.forks import ForkedUi, Forks
from elsipo.host.ui.where import LocalUi

if TYPE_CHECKING:
    from pathlib import Path


def test_whatever_lies_below_the_folder_is_a_copy_however_it_is_named(tmp_path: Path) -> None:
    forks = Forks(tmp_path / "uis")
    kept = forks.keep("A page!", {"deep/start.html": b"<p>"}, "deep/start.html")
    assert kept == ForkedUi(tmp_path / "uis" / "a-page", "deep/start.html", "a-page")
    (tmp_path / "link").symlink_to(kept.root, target_is_directory=True)
    for root in (kept.root / "deep", tmp_path / "link" / "deep", tmp_path / "other" / ".." / "uis" / "a-page" / "deep"):
        assert forks.of(LocalUi(root, "start.html")) == kept
    for root in (tmp_path, tmp_path / "uis-too", tmp_path / "uis" / ".." / "mine"):
        assert forks.of(LocalUi(root)) == LocalUi(root)


def test_a_file_that_leads_out_of_the_copy_is_not_written(tmp_path: Path) -> None:
    outside = str(tmp_path / "absolute.txt")
    files = dict.fromkeys(("../out.txt", "a/../../out.txt", outside, ".hidden", "a\\..\\b", "c:d", "", "a//b"), b"x")
    kept = Forks(tmp_path / "uis").keep("page", {"index.html": b"<p>", **files}, "index.html")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["index.html"]
    assert (kept.root / "index.html").read_bytes() == b"<p>"


def test_a_copy_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises((FileExistsError, NotADirectoryError)):
        Forks(tmp_path / "uis").keep("page", {"a": b"x", "a/b": b"y"}, "a")
    assert list((tmp_path / "uis").iterdir()) == []
