"""Where the SDK goes in an HTML file, and that nothing else of the file changes."""

from __future__ import annotations

import pytest
from elsipo.host.ui.injection import inject

TAG = "<script src=x></script>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<html><head>", "<title>a</title></head><body>"),
        ("<!DOCTYPE html>\n<html lang='en'>\n<head profile=\"a>b\">", "<script>mine()</script></head>"),
        (
            '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<HTML><HEAD>',
            "<TITLE>a</TITLE>",
        ),
        ("<html>", "<body onload=go()><header><h1>a</h1></header>"),
        ("<html>", "\n<!-- <head> --><title>no head tag</title>"),
        ("<!doctype html>", "<p>only a doctype: the rest is implied"),
        ("", "<p>nothing at all"),
        ("", "<script>document.write('<head>')</script>"),
        ("", "text first<html><head></head>"),
        ("", ""),
        ("<!-- <head> --><!-- a > b --><!DOCTYPE html><!--[if IE]><head><![endif]--><html><head>", "<title>a</title>"),
        ("<!--><html><head>", "<p>an empty comment"),
        ("", "<!-- never closed <html><head>"),
        ("", "<html unclosed='><head>"),
        ("<html>", "<headline>"),
        ('<?xml version="1.0"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml">\n<head>', "<title/>"),
        ("<html/><head/>", "<title>a</title>"),
        ("\n\t <HtMl><hEaD\n>", "x"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16-le", "utf-16-be"])
def test_it_goes_before_all_that_could_run(before: str, after: str, encoding: str) -> None:
    mark = "\ufeff" if encoding.startswith("utf-16") else ""

    def encoded(text: str) -> bytes:
        return (mark + text).encode(encoding)

    assert inject(encoded(before + after), TAG) == encoded(before + TAG + after)


def test_bytes_of_any_charset_stay_as_they_are() -> None:
    every_byte = bytes(range(256))
    content = b"<html><head><meta charset=koi8-r>" + every_byte
    assert inject(content, TAG) == b"<html><head>" + TAG.encode() + b"<meta charset=koi8-r>" + every_byte


def test_characters_beyond_latin_do_not_shift_the_place() -> None:
    text = "\ufeff<!-- Ελσίπο 📞 --><html><head><title>Ж</title>"
    done = inject(text.encode("utf-16-le"), TAG).decode("utf-16-le")
    assert done == text.replace("<head>", "<head>" + TAG)


def test_half_a_character_at_the_end_of_utf_16_is_left_there() -> None:
    content = "\ufeff<html><head>".encode("utf-16-be") + b"\x00"
    assert inject(content, TAG).endswith(TAG.encode("utf-16-be") + b"\x00")


@pytest.mark.parametrize("filling", ["<html a='", "<!--", "<html " + "a" * 100_000, "<!" * 50_000, "<?" * 50_000])
def test_a_hostile_file_takes_no_time(filling: str) -> None:
    content = (filling + "x" * 200_000).encode()
    assert TAG.encode() in inject(content, TAG)
