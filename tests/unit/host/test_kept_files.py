"""What Elsipo keeps, read again after somebody else, or a disk, has been at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo.host.account_book import AccountBook
from elsipo.host.desktop_memory import DesktopMemory
from elsipo.host.provider_ui.bundle import Shelf
from elsipo.host.provider_ui.grants import GrantLedger

if TYPE_CHECKING:
    from pathlib import Path

damaged = pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"7",
        b'"text"',
        b"\xff",
        b'{"alice": "\xff"}',
        b'{"closed": ["\xff"]}',
        b'{"asked": "\xff"}',
        b'[{"ui": "\xff"}]',
    ],
    ids=ascii,
)


@damaged
def test_the_places_of_windows_are_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "windows.json").write_bytes(content)
    memory = DesktopMemory(tmp_path / "windows.json")
    assert memory.port == 0
    memory.keep_port(4711)
    assert DesktopMemory(tmp_path / "windows.json").port == 4711


@damaged
def test_a_provider_s_ui_is_as_if_it_had_not_been_fetched(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "current.json").write_bytes(content)
    assert Shelf(tmp_path).current is None


@damaged
@pytest.mark.parametrize("kind", [AccountBook, GrantLedger])
def test_what_cannot_be_had_again_is_left_as_it_is_and_named(tmp_path: Path, kind: type, content: bytes) -> None:
    path = tmp_path / "kept.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="mend it or move it away"):
        kind(path)
    assert path.read_bytes() == content
