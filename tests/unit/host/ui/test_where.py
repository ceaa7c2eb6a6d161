"""Where pages may be from, as people and configurations say it."""

from __future__ import annotations

from pathlib import Path

import pytest
from elsipo.host.provider_ui.bundle import Bundle
from elsipo.host.ui.place import Place
from elsipo.host.ui.where import LocalUi, RemoteUi, normalized, understood
from elsipo.rpc._generated.models import Manifest, ManifestPage

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


def test_a_provider_s_page_lives_at_an_origin_beside_its_accounts() -> None:
    assert Place.of(None, "http://alice.localhost:1").url == "http://alice.localhost:1/"
    manifest = Manifest(elsipo=1, name="A", version="1", page=ManifestPage(entry="a/b.html", files=[]))
    bundle = Bundle(asked="", source="https://UI.example/x", manifest=manifest, etag="", good_until_ms=0, files={})
    place = Place.of(bundle, "http://alice.localhost:1")
    assert (place.origin, place.url) == ("http://ui.alice.localhost:1", "http://ui.alice.localhost:1/a/b.html")
    assert bundle.origin == "https://ui.example"
