"""Where pages may be from, as people and configurations say it."""

from __future__ import annotations

from pathlib import Path

import pytest
from elsipo.host.ui.place import Place
from elsipo.host.ui.where import LocalUi, RemoteUi, normalized, understood

BASE = Path("/base")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("home", ""),
        ("", ""),
        ("pages/mine", "/base/pages/mine"),
        ("/a/b.html", "/a/b.html"),
        ("file:///home/test/my%20ui/index.html", "/home/test/my ui/index.html"),
        ("file://localhost/a", "/a"),
        (" https://ui.example.org/x?y=1 ", "https://ui.example.org/x?y=1"),
        ("http://localhost:8000/", "http://localhost:8000/"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
    ],
)
def test_what_a_person_says_is_kept_in_one_form(said: str, kept: str) -> None:
    assert normalized(said, BASE) == kept


@pytest.mark.parametrize(
    "said",
    [
        "http://ui.example.org/",
        "http://127.0.0.1.example.org/",
        "http://localhost.example.org/",
        "ftp://ui.example.org/",
        "file://server/share",
        "file:///a%00b",
        "https://",
        "https://user:password@ui.example.org/",
        "https://ui.example.org:99999/",
        "https://ui.example.org;x/",
        "https://*.example.org/",
        "https://a'b/",
        "a\nb",
        "x" * 3000,
    ],
)
def test_what_no_page_can_come_from_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        normalized(said, BASE)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTPS://UI.Example.ORG/A", "https://ui.example.org"),
        ("https://ui.example.org:443/", "https://ui.example.org"),
        ("https://ui.example.org:8443/", "https://ui.example.org:8443"),
        ("https://müller.example/", "https://xn--mller-kva.example"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    ui = understood(normalized(url, BASE))
    assert isinstance(ui, RemoteUi)
    assert ui.origin == origin


def test_home_files_and_the_web_are_told_apart(tmp_path: Path) -> None:
    assert understood("") is None
    assert understood(str(tmp_path)) == LocalUi(tmp_path)
    assert understood(str(tmp_path / "gone" / "phone.html")) == LocalUi(tmp_path / "gone", "phone.html")
    with pytest.raises(ValueError, match="not a page"):
        understood("relative")


def test_only_what_was_agreed_to_is_trusted() -> None:
    ui = RemoteUi("https://ui.example.org/", "https://ui.example.org")

    def place(said: dict[str, bool], *, sandboxed: bool = True) -> Place:
        return Place.of(ui, "http://alice.localhost:1", said, sandboxed=sandboxed)

    undecided = place({"https://other.example.org": True})
    assert (undecided.consent, undecided.is_trusted, undecided.may_load) == ("undecided", False, True)
    assert place({ui.origin: True}).is_trusted
    assert not place({ui.origin: False}).is_trusted
    assert not place({}, sandboxed=False).may_load
    assert place({ui.origin: True}, sandboxed=False).may_load
    for own in (None, LocalUi(Path("/a"))):
        mine = Place.of(own, "http://alice.localhost:1", {}, sandboxed=False)
        assert mine.is_trusted
        assert mine.may_load
        assert mine.url == "http://alice.localhost:1/"
