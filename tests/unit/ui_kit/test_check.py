"""`elsipo ui new` and `elsipo ui check` as a person runs them: each mistake in a page is found where it is."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from elsipo.ui_kit.begin import begin
from elsipo.ui_kit.check import Finding, check

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The page that `elsipo ui new` makes."""
    folder = tmp_path / "page"
    begin(folder)
    return folder


def _add(page: Path, file: str, text: str) -> int:
    """Add lines to a file; the number of the first."""
    path = page / file
    before = path.read_text("utf-8")
    path.write_text(before + text, "utf-8")
    return before.count("\n") + 1


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "elsipo", "ui", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_new_page_is_well_and_takes_no_folder_that_is_in_use(tmp_path: Path) -> None:
    folder = str(tmp_path / "mine")
    made = _run("new", folder)
    assert (made.returncode, made.stderr) == (0, "")
    assert "elsipo ui serve" in made.stdout
    assert check(tmp_path / "mine") == []
    assert _run("check", folder).stdout == "All is well.\n"
    again = _run("new", folder)
    assert again.returncode == 1
    assert "is not empty" in again.stderr


@pytest.mark.parametrize(
    ("file", "text", "severity", "words"),
    [
        ("page.js", 'fetch("/x");\n', "error", "fetch: a page has no network"),
        ("page.js", "new WebSocket(url);\n", "error", "WebSocket: a page has no network"),
        ("page.js", 'eval("1");\n', "error", "eval: the policy lets no text become code"),
        ("page.js", "elsipo.call.dail({});\n", "error", "elsipo.call.dail: there is no such function"),
        ("page.js", "elsipo.account.remove();\n", "error", "elsipo.account.remove: there is no such function"),
        ("page.js", "elsipo.call.hangUp({});\n", "error", "elsipo.call.hangUp needs call.control"),
        ("page.js", 'elsipo.plugin("echo");\n', "error", "elsipo.plugin needs plugin.use"),
        ("page.js", 'elsipo.on("call.rang", f);\n', "error", 'nothing is called "call.rang"'),
        ("page.js", 'elsipo.on("plugin.notified", f);\n', "error", '"plugin.notified" needs plugin.use'),
        ("page.css", "a { background: url(//cdn.example/x.png) }\n", "error", "//cdn.example/x.png"),
        ("page.css", '@import "https://cdn.example/x.css";\n', "error", "https://cdn.example/x.css"),
        ("index.html", '<script src="https://cdn.example/x.js"></script>\n', "error", "brings its files itself"),
        ("index.html", "<script>1</script>\n", "error", "an inline script does not run"),
        ("index.html", '<button onclick="x()">x</button>\n', "error", "onclick: an inline handler"),
        ("index.html", '<img alt="" src="gone.png">\n', "error", "gone.png is not there"),
        ("index.html", '<img src="logo.svg">\n', "warning", "<img> has no alt"),
        ("index.html", '<p id="events"></p>\n', "error", "the id events is there twice"),
        ("index.html", '<iframe src="logo.svg"></iframe>\n', "error", "<iframe> is not for pages"),
    ],
)
def test_a_mistake_is_found_at_its_line(page: Path, file: str, text: str, severity: str, words: str) -> None:
    line = _add(page, file, text)
    (finding,) = check(page)
    assert (finding.file, finding.line, finding.severity) == (file, line, severity)
    assert words in finding.text


def test_what_a_comment_says_is_no_mistake(page: Path) -> None:
    _add(page, "page.js", '// fetch("/x")\n/* eval("1")\n elsipo.no.such() */\nconst a = "https://x/"; // eval(1)\n')
    assert check(page) == []


def test_a_page_of_2011_may_have_what_pages_had_then(page: Path) -> None:
    (page / "index.html").write_text(
        '<html lang="en"><title>Old</title><div id="i_infotext" style="color: red"></div>'
        '<script>function sipcb_alert(t) { eval("1"); }</script><a onclick="sip.doCall(1)">x</a>'
    )
    assert [finding for finding in check(page) if finding.file == "index.html"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("{", "it is not JSON"),
        (None, "it is missing"),
        ({"colors": {}}, "colors"),
        ({"version": 1}, "version"),
        ({"logo": "gone.svg"}, "gone.svg is named, and is not there"),
        ({"elements": ["i_news"]}, "no element has the id i_news"),
    ],
)
def test_a_broken_manifest_is_told(page: Path, change: object, words: str) -> None:
    path = page / "manifest.json"
    if change is None:
        path.unlink()
    elif isinstance(change, dict):
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    else:
        path.write_text(str(change))
    assert any(finding.file == "manifest.json" and words in finding.text for finding in check(page))


def test_a_file_that_is_too_large_or_that_nobody_gets_is_told(page: Path) -> None:
    (page / "big.css").write_text("/*" + "x" * (1 << 20) + "*/")
    words = [finding.text for finding in check(page) if finding.file == "big.css"]
    assert any("and may have 1048576" in text for text in words)
    assert any("page.files does not name it" in text for text in words)


def test_findings_are_for_people_and_for_programs(page: Path) -> None:
    line = _add(page, "page.js", 'fetch("/x");\n')
    said = _run("check", str(page))
    assert said.returncode == 1
    assert f"page.js:{line}: error: fetch: a page has no network" in said.stdout
    assert said.stdout.endswith("1 errors, 0 warnings.\n")
    found = json.loads(_run("check", "--json", str(page)).stdout)
    assert [Finding(**row) for row in found] == check(page)
    assert _run("check", str(page / "nowhere")).returncode == 1
