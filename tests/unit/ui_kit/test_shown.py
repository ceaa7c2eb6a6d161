"""What `elsipo ui serve` takes a folder for: the page that a person's Elsipo would show, and no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.host.bridge.connection import PAGE_CAPABILITIES
from elsipo.host.bridge.static import StaticFiles
from elsipo.ui_kit.begin import begin
from elsipo.ui_kit.shown import shown

if TYPE_CHECKING:
    from pathlib import Path

PORT = 8080


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The page that `elsipo ui new` makes."""
    begin(tmp_path / "page")
    return tmp_path / "page"


@pytest.fixture
def files(tmp_path: Path) -> StaticFiles:
    """A frontend of a few files."""
    dist = tmp_path / "dist"
    for name in ("chrome/index.html", "home/index.html", "home/home.css", "elsipo.js"):
        (dist / name).parent.mkdir(parents=True, exist_ok=True)
        (dist / name).write_text(name, "utf-8")
    return StaticFiles(dist, PORT)


def _change(page: Path, changes: dict[str, Any]) -> None:
    manifest = json.loads((page / "manifest.json").read_bytes()) | changes
    (page / "manifest.json").write_text(json.dumps(manifest), "utf-8")


async def test_a_providers_page_has_its_policy_its_listed_files_and_what_it_asks_for(
    page: Path, files: StaticFiles
) -> None:
    (page / "forgotten.js").write_text("1", "utf-8")
    found = await shown(page)
    setting = found.setting()
    assert found.path == "/index.html"
    assert setting["elements"] == ["i_infotext"]
    assert sorted(setting["capabilities"]) == ["call.observe", "call.place", "message.read", "message.send"]
    assert (found.branding() or {})["name"] == "My provider"
    entry = found.answer(files, found.path, PORT)
    assert "script-src 'self';" in entry.headers["Content-Security-Policy"]
    assert entry.body == (page / "index.html").read_bytes()
    assert found.answer(files, "/page.js", PORT).status_code == 200
    assert found.answer(files, "/elsipo.js", PORT).body == b"elsipo.js"
    assert found.answer(files, "/forgotten.js", PORT).status_code == 404


@pytest.mark.parametrize("manifest", [None, {"elsipo": 1, "name": "No page", "version": "1"}])
async def test_without_a_page_in_a_manifest_it_is_a_folder_of_ones_own(
    page: Path, files: StaticFiles, manifest: dict[str, Any] | None
) -> None:
    (page / "manifest.json").unlink()
    if manifest is not None:
        (page / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    found = await shown(page)
    assert found.setting()["capabilities"] == list(PAGE_CAPABILITIES)
    assert found.setting()["elements"] is None
    assert found.branding() is None
    assert "'unsafe-inline'" in found.answer(files, "/", PORT).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "breaks the contract at &#x27;colour&#x27;"),
        ({"page": {"entry": "index.html", "files": ["gone.js"]}}, "gone.js is not there."),
        ({"page": {"entry": "index.html", "files": ["linked.js"]}}, "linked.js is not there."),
        ({"logo": "index.html"}, "neither PNG, JPEG nor SVG"),
    ],
)
async def test_what_an_elsipo_would_refuse_is_not_shown_and_says_why(
    page: Path, files: StaticFiles, changes: dict[str, Any], said: str
) -> None:
    (page.parent / "secret.js").write_text("1", "utf-8")
    (page / "linked.js").symlink_to(page.parent / "secret.js")
    _change(page, changes)
    found = await shown(page)
    assert found.ui is None
    assert said in found.answer(files, found.path, PORT).body.decode()
    assert found.answer(files, "/page.js", PORT).status_code == 404
