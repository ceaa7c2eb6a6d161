"""The chrome and the built-in page as they are served: in one piece, and nothing but that piece may run."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import pytest
from elsipo.host.bridge.static import StaticFiles
from elsipo.resources import frontend_dist

if TYPE_CHECKING:
    from pathlib import Path

_HTML = """<head>
    <link rel="stylesheet" href="/a.css" />
    <script src="/one.js" defer></script>
    <script src="/two.js" defer></script>
  </head>
  <body><p></p></body>
"""


@pytest.fixture
def files(tmp_path: Path) -> StaticFiles:
    for folder in ("chrome", "home"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "index.html").write_text(_HTML)
        (tmp_path / folder / "a.css").write_text("p::before{content:'</style><b>'}")
        (tmp_path / folder / "one.js").write_text("const one = '</script><!--<script>';")
        (tmp_path / folder / "two.js").write_text("const two = 'ä';")
    (tmp_path / "elsipo.js").write_text("")
    return StaticFiles(tmp_path, 4321)


def _sources(policy: str, directive: str) -> list[str]:
    found = re.search(rf"(?:^|; ){directive} ([^;]+)", policy)
    assert found is not None
    return found[1].split()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_scripts_and_styles_of_a_document_stand_in_it_and_its_policy_names_just_them(files: StaticFiles) -> None:
    for served in (files.chrome("/"), files.page("/"), files.page("/index.html?x")):
        html, policy = served.body.decode(), served.headers["Content-Security-Policy"]
        assert "src=" not in html
        assert "href=" not in html
        # As a browser reads it: an element ends at the first that looks like its end.
        scripts = re.findall(r"<script>(.*?)</script", html, re.DOTALL)
        assert _sources(policy, "script-src") == [_hash(text) for text in scripts]
        assert _sources(policy, "style-src") == [_hash(re.findall(r"<style>(.*?)</style", html, re.DOTALL)[0])]
        assert [text[:9] for text in scripts] == ["const one", "const two"]
        assert html.index("<p></p>") < html.index("<script>") < html.index("</body>")
        assert "<!--" not in html


def test_the_files_can_be_had_by_themselves_too_and_no_others(files: StaticFiles) -> None:
    assert files.page("/two.js").body.decode() == "const two = 'ä';"
    assert files.chrome("/a.css").status_code == 200
    assert files.chrome("/../elsipo.js").status_code == 404


def test_only_the_chrome_may_frame_and_only_what_windows_show(files: StaticFiles) -> None:
    frames = _sources(
        files.chrome("/", ["https://b.example", "https://a.example"]).headers["Content-Security-Policy"], "frame-src"
    )
    assert frames == ["http://*.localhost:4321", "https://a.example", "https://b.example"]
    assert "frame-src" not in files.page("/").headers["Content-Security-Policy"]


def test_what_is_built_is_served_in_one_piece() -> None:
    files = StaticFiles(frontend_dist(), 4321)
    for served in (files.chrome("/"), files.page("/")):
        assert not re.findall(
            r'(?:src|href)="/', re.sub(r"<(script|style)>.*?</\1", "", served.body.decode(), flags=re.DOTALL)
        )
