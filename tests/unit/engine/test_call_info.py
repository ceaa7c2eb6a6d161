import pytest
from elsipo.engine.call_info import ui_url
from elsipo.engine.sip_text import parse

URL = "https://ui.provider.example/elsipo.json"


@pytest.mark.parametrize(
    ("headers", "url"),
    [
        (f"Call-Info: <{URL}>;purpose=elsipo-ui", URL),
        (f'Call-Info: <{URL}> ; answer-after=0 ; PURPOSE = "elsipo-ui"', URL),
        (f"Call-Info: <http://a/b.png>;purpose=icon, <{URL}>;purpose=elsipo-ui", URL),
        (f"Call-Info: <http://a/,b>;purpose=icon\r\nCall-Info: <{URL}?a=1,2>;purpose=elsipo-ui", f"{URL}?a=1,2"),
        (f"X-Elsipo-UI: {URL}", URL),
        (f"X-Elsipo-UI: <{URL}>", URL),
        (f"X-Elsipo-UI: https://other/\r\nCall-Info: <{URL}>;purpose=elsipo-ui", URL),
        (f"Call-Info: <{URL}>;purpose=elsipo-ui-not", None),
        (f"Call-Info: <{URL}>", None),
        ("Call-Info: <https://a b/>;purpose=elsipo-ui", None),
        ("X-Elsipo-UI: " + "x" * 2049, None),
        ("Call-Info: " + "<" * 3000, None),
        ("Supported: path", None),
    ],
)
def test_the_uis_address_is_read_from_the_answer_to_register(headers: str, url: str | None) -> None:
    answer = parse(f"SIP/2.0 200 OK\r\n{headers}\r\nContent-Length: 0\r\n\r\n")
    assert ui_url(answer) == url
