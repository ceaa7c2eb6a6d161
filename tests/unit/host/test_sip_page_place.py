"""Where a page over SIP is shown: loaded from its address, or written into an empty place with the same walls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo.host.bridge.static import StaticFiles
from elsipo.host.sip_pages.markup import Document
from elsipo.host.sip_pages.pages import HeldPage
from elsipo.host.sip_pages.place import empty_place, markup, page_named, place_of, served
from elsipo.rpc._generated.models import SipPage

if TYPE_CHECKING:
    from pathlib import Path

PORT = 4711
PAGE_ID = "0123456789abcdef0123456789abcdef"
HOST = f"{PAGE_ID}.sip-alice.localhost:{PORT}"


@pytest.fixture
def files(tmp_path: Path) -> StaticFiles:
    """A frontend that is an SDK."""
    for folder in ("chrome", "home"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "index.html").write_text("</body>", "utf-8")
    (tmp_path / "elsipo.js").write_text("theSdk()", "utf-8")
    return StaticFiles(tmp_path, PORT)


def _held(text: str) -> HeldPage:
    page = SipPage(page_id=PAGE_ID, uri="sip:menu@provider-a.test", title="Menu")
    return HeldPage(page, Document("Menu", text), is_answer_to_form=False)


def _policy(files: StaticFiles, held: HeldPage | None, path: str) -> str:
    answer = served(files, held, path, host=HOST, port=PORT)
    assert answer is not None
    return answer.headers["Content-Security-Policy"]


def test_an_empty_place_has_the_walls_of_a_page_and_needs_none_to_be_held(files: StaticFiles) -> None:
    walls = _policy(files, None, "/empty")
    assert walls == _policy(files, _held("<h1>Menu</h1>"), "/")
    assert walls.startswith("sandbox allow-scripts allow-forms; default-src 'none'")


def test_each_empty_place_has_an_address_that_nobody_can_guess_on_the_accounts_site() -> None:
    first, second = empty_place("alice", PORT), empty_place("alice", PORT)
    assert first != second
    site = first.removeprefix("http://").removesuffix(f".localhost:{PORT}/empty")
    assert page_named(site) == ("alice", site.partition(".")[0])
    shown = place_of(_held("").page, "alice", PORT).url
    assert shown.partition(".")[2] == first.partition(".")[2].removesuffix("empty")


def test_a_page_is_written_as_it_is_loaded(files: StaticFiles) -> None:
    held = _held("<!DOCTYPE html><title>Menu</title><h1>Grüße</h1>")
    loaded = served(files, held, "/", host=HOST, port=PORT)
    assert loaded is not None
    written = markup("theSdk()", held)
    assert written is not None
    assert loaded.body.decode("utf-8-sig") == written
    assert written.index("theSdk()") < written.index("Grüße")


def test_a_page_that_is_too_long_is_not_written() -> None:
    assert markup("theSdk()", _held("x" * 256 * 1024)) is None


@pytest.mark.parametrize("path", ["/", "/elsipo.js", "/empty/", "/empty?page", "/else"])
def test_where_no_page_is_held_there_is_nothing_but_the_empty_place(files: StaticFiles, path: str) -> None:
    assert served(files, None, path, host=HOST, port=PORT) is None
