"""What a page of a person's own gets of its folder, and what nobody gets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from elsipo.host.ui import files
from elsipo.host.ui.files import SDK_PATH, LocalFile, MovedTo, NoFileError, NoUiError, read
from elsipo.host.ui.where import LocalUi, understood

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page, beside something that is none of its business."""
    root = tmp_path / "page"
    (root / "css").mkdir(parents=True)
    (root / "sub").mkdir()
    (root / ".git").mkdir()
    (root / "index.html").write_text("<html><head><title>mine</title>")
    (root / "main page.html").write_text("<html><head><title>start</title>")
    (root / "css" / "a.css").write_bytes(b"p { content: '\xe4' }")
    (root / "sub" / "index.htm").write_text("<head>")
    (root / ".git" / "config").write_text("secret")
    (root / "data").write_bytes(b"\x00\x01")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "page-secret").mkdir()
    (tmp_path / "page-secret" / "a.txt").write_text("secret")
    return root


def test_the_start_page_has_the_sdk_before_all_else_and_says_no_charset(folder: Path) -> None:
    found = read(LocalUi(folder), "/")
    assert isinstance(found, LocalFile)
    assert found.content.startswith(f'<html><head><script src="{SDK_PATH}"></script><title>mine'.encode())
    assert found.media_type == "text/html"


def test_other_files_come_byte_for_byte(folder: Path) -> None:
    assert read(LocalUi(folder), "/css/a.css") == LocalFile(b"p { content: '\xe4' }", "text/css")
    assert read(LocalUi(folder), "/data") == LocalFile(b"\x00\x01", "application/octet-stream")


def test_a_file_is_shown_and_its_folder_comes_with_it(folder: Path) -> None:
    ui = understood(str(folder / "main page.html"))
    assert isinstance(ui, LocalUi)
    assert ui.path == "/main%20page.html"
    for path in ("/", ui.path):
        found = read(ui, path)
        assert isinstance(found, LocalFile)
        assert b"<title>start" in found.content
    assert isinstance(read(ui, "/css/a.css"), LocalFile)


def test_a_change_is_seen_at_the_next_request(folder: Path) -> None:
    (folder / "css" / "a.css").write_text("new")
    assert read(LocalUi(folder), "/css/a.css") == LocalFile(b"new", "text/css")


def test_a_folder_in_it_has_a_slash_at_its_end_and_its_own_index(folder: Path) -> None:
    assert read(LocalUi(folder), "/sub") == MovedTo("/sub/")
    assert isinstance(read(LocalUi(folder), "/sub/"), LocalFile)
    assert read(LocalUi(folder), "//sub") == MovedTo("/sub/"), "else a browser would take it for another host"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/..%2fsecret.txt",
        "/css/../../secret.txt",
        "/css/%2e%2e/%2e%2e/secret.txt",
        "/..\\secret.txt",
        "/..%5csecret.txt",
        "/../page-secret/a.txt",
        "/%00",
        "/index.html%00.png",
        "/index.html%0a",
        "/%ff%fe",
        "/.git/config",
        "/%2egit/config",
        "/css",
        "/css/",
        "/none.html",
        "/index.html/",
        "/C:/secret.txt",
        "/" + "a" * 5000,
        "//" + "etc/passwd",
    ],
)
def test_nothing_else_is_reached(folder: Path, path: str) -> None:
    if path == "/css":
        assert read(LocalUi(folder), path) == MovedTo("/css/")
        return
    if path == "/index.html/":
        assert isinstance(read(LocalUi(folder), path), LocalFile)
        return
    with pytest.raises(NoFileError):
        read(LocalUi(folder), path)


def test_symbolic_links_lead_nowhere_outside(folder: Path, tmp_path: Path) -> None:
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "inside.css").symlink_to(folder / "css" / "a.css")
    for path in ("/link.txt", "/up/secret.txt", "/up/", "/loop"):
        with pytest.raises(NoFileError):
            read(LocalUi(folder), path)
    assert isinstance(read(LocalUi(folder), "/inside.css"), LocalFile)
    (folder / "index.html").unlink()
    (folder / "index.html").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(NoUiError):
        read(LocalUi(folder), "/")


def test_a_pipe_holds_nobody_up_and_too_large_a_file_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(NoFileError):
        read(LocalUi(folder), "/pipe")
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 5)
    with pytest.raises(NoFileError):
        read(LocalUi(folder), "/css/a.css")


def test_a_page_that_is_gone_says_what_is_missing(folder: Path, tmp_path: Path) -> None:
    (folder / "index.html").unlink()
    with pytest.raises(NoUiError, match=r"no index\.html in"):
        read(LocalUi(folder), "/")
    with pytest.raises(NoUiError, match="is not there"):
        read(LocalUi(tmp_path / "gone"), "/")
    with pytest.raises(NoUiError, match=r"no start\.html in"):
        read(LocalUi(folder, "start.html"), "/")
