"""Plugins in a real window: from a page of today, and as the global of a page of 2011."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from typing import Any

PATIENCE_MS = 20_000
ROOT = Path(__file__).parents[3]
TODAY = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Today</title></head><body>
<p id="answer">-</p><p id="told">-</p><script>
const put = (id) => (value) => (document.getElementById(id).textContent = String(value));
const echo = elsipo.plugin("echo");
echo.on("said", ({ text, times }) => put("told")(text + " " + times));
echo.call("say", { text: "hello" })
  .then(() => echo.call("reverse", { text: "abc" })).then(put("answer"), put("answer"));
</script></body></html>"""
OLD = """<html><head><title>2011</title><script>
function sipcb_alert(text) {}
function put(id, value) { document.getElementById(id).innerHTML = value; }
function echocb_say(text) { put("answer", text); }
function echocb_said(text, times) { put("told", text + " " + times); }
function echocb_failed(method, text) { put("failed", method + ": " + text); }
</script></head><body><p id="answer">-</p><p id="told">-</p><p id="failed">-</p><p id="at_once">-</p>
<a href="#" id="go" onclick="put('at_once', echo.say('hi') + echo.echoStr('?')); echo.reverse(''); return false">go</a>
</body></html>"""


@pytest.fixture(autouse=True)
def _echo_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `pip install` of the example leaves: its module and its entry point."""
    site = tmp_path / "site"
    metadata = site / "elsipo_echo-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "elsipo_echo.py").write_bytes((ROOT / "packaging/plugins/echo/elsipo_echo.py").read_bytes())
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: elsipo-echo\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[elsipo.plugins]\necho = elsipo_echo:plugin\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))


async def test_a_page_of_today_calls_a_plugin_and_hears_it(showing: Any, tmp_path: Path) -> None:
    page = tmp_path / "today.html"
    page.write_text(TODAY)
    async with showing(str(page)) as (_, window):
        await expect(window.page.locator("#answer")).to_have_text("cba", timeout=PATIENCE_MS)
        await expect(window.page.locator("#told")).to_contain_text("hello ")


async def test_a_page_of_2011_finds_the_plugins_global(showing: Any, tmp_path: Path) -> None:
    page = tmp_path / "old.html"
    page.write_text(OLD)
    async with showing(str(page)) as (_, window):
        frame = await window.frame()
        await frame.wait_for_function("typeof echo.say === 'function'", timeout=PATIENCE_MS)
        await window.page.locator("#go").click()
        await expect(window.page.locator("#at_once")).to_have_text("0Echo Plugin Says: ?")
        await expect(window.page.locator("#answer")).to_have_text("hi", timeout=PATIENCE_MS)
        await expect(window.page.locator("#told")).to_have_text("hi 1")
        await expect(window.page.locator("#failed")).to_have_text("reverse: There is nothing to turn round.")
