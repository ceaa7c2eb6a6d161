import pytest
from elsipo.host.provider import sanitized


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("<b>hi</b><script>alert(1)</script>", "<b>hi</b>"),
        ("<p onclick='alert(1)'>hi</p>", "<p>hi</p>"),
        ("<a href='javascript:alert(1)'>x</a>", '<a rel="noopener noreferrer">x</a>'),
        ("<a href='JaVaScRiPt&#58;alert(1)'>x</a>", '<a rel="noopener noreferrer">x</a>'),
        ("<a href='data:text/html,x'>x</a>", '<a rel="noopener noreferrer">x</a>'),
        ("<img src=x onerror=alert(1)>hi", "hi"),
        ("<svg><script>alert(1)</script></svg>hi", "hi"),
        ("<iframe src='http://evil.example'></iframe>hi", "hi"),
        ("<style>*{display:none}</style>hi", "hi"),
        ("<form action='/x'><input name=a><button>b</button></form>", "b"),
        ("<div id='i_other' class='x' style='position:fixed'>hi</div>", "<div>hi</div>"),
        ("<math><mi//xlink:href='data:x,<script>alert(1)</script>'>", ""),
    ],
)
def test_html_that_could_do_harm_is_neutralised(hostile: str, shown: str) -> None:
    assert sanitized("text/html", hostile) == shown


def test_a_link_to_call_stays() -> None:
    assert sanitized("text/html; charset=utf-8", '<a href="sip:vm@provider-a.test">Voicemail</a>') == (
        '<a href="sip:vm@provider-a.test" rel="noopener noreferrer">Voicemail</a>'
    )


def test_plain_text_is_escaped_and_keeps_its_lines() -> None:
    assert sanitized("text/plain", "<b>1 & 2</b>\r\nnext") == "&lt;b&gt;1 &amp; 2&lt;/b&gt;<br>next"


def test_what_is_no_text_is_nothing_to_show() -> None:
    assert sanitized("image/png", "x") is None
