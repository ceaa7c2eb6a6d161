"""What a document may not do, and who gets the token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.shell.bindings import Binding
    from e2e.shell.desk import Desk
    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site

TITLE = "A page: é"
INVALID_PARAMS = -32602


def test_the_document_gets_the_token_that_the_host_gives(
    open_window: Callable[..., None], site: Site, shell: ShellProcess
) -> None:
    open_window(f"{site.origin}/")
    assert site.reported("token") == shell.tokens[0]
    assert shell.wait(lambda message: message.get("method") == "window.authorize")["params"] == {"window_id": "w1"}
    assert not [path for path in site.requested if shell.tokens[0] in path]


def test_a_reload_asks_for_a_new_token(
    open_window: Callable[..., None], site: Site, shell: ShellProcess, desk: Desk
) -> None:
    open_window(site.page("/reloads", "window.onclick = () => location.reload()"))
    first = site.reported("token")
    site.reported("painted")
    desk.click(desk.window(TITLE))
    second = site.reported("token", 2)
    assert [first, second] == shell.tokens
    assert first != second


@pytest.mark.parametrize("how", ["location.href = '%s'", "window.open('%s', '_top')", "top.location.replace('%s')"])
def test_a_document_cannot_leave_its_origin(
    how: str, open_window: Callable[..., None], two_sites: tuple[Site, Site], shell: ShellProcess, desk: Desk
) -> None:
    site, other_site = two_sites
    leave = how % f"{other_site.origin}/"
    open_window(site.page("/leaves", f"window.onclick = () => {{ {leave}; setTimeout(report, 0, {{stayed: 1}}) }}"))
    site.reported("painted")
    desk.click(desk.window(TITLE))
    shell.wait_for_log("may not leave its origin")
    site.reported("stayed")
    assert other_site.requested == []
    assert len(shell.tokens) == 1


def test_a_redirect_to_another_origin_gets_neither_page_nor_token(
    open_window: Callable[..., None], site: Site, other_site: Site, shell: ShellProcess
) -> None:
    site.redirect("/away", f"{other_site.origin}/")
    open_window(f"{site.origin}/away")
    shell.wait_for_log("may not leave its origin")
    assert other_site.requested == []
    assert shell.tokens == []


@pytest.mark.parametrize(
    "scheme", ["file:///etc/passwd", "chrome://version", "view-source:http://127.0.0.1/", "data:,x"]
)
def test_only_web_addresses_are_opened(scheme: str, shell: ShellProcess) -> None:
    error = shell.response(
        "window.open", window_id="w1", url=scheme, title="", icon_file="", width_px=300, height_px=300
    )["error"]
    assert (error["code"], error["data"]) == (INVALID_PARAMS, {"field": "url"})


@pytest.mark.parametrize("url", ["file:///etc/passwd", "chrome://version/"])
def test_a_document_reaches_no_file_and_no_inner_page(
    url: str, open_window: Callable[..., None], site: Site, shell: ShellProcess, desk: Desk
) -> None:
    script = f"window.onclick = () => {{ location.href = '{url}'; setTimeout(report, 0, {{stayed: 1}}) }}"
    open_window(site.page("/file", script))
    site.reported("painted")
    desk.click(desk.window(TITLE))
    site.reported("stayed")
    assert desk.window(TITLE)
    assert len(shell.tokens) == 1


def test_a_document_opens_no_window(
    open_window: Callable[..., None], site: Site, shell: ShellProcess, desk: Desk
) -> None:
    open_window(site.page("/pops", "window.onclick = () => report({popup: window.open('/', 'other') === null})"))
    site.reported("painted")
    before = desk.titles()
    desk.click(desk.window(TITLE))
    assert site.reported("popup") is True
    shell.wait_for_log("opens no other window")
    assert desk.titles() == before


def test_a_document_downloads_nothing(
    open_window: Callable[..., None], site: Site, shell: ShellProcess, desk: Desk, binding: Binding
) -> None:
    site.page("/thing.zip", "")
    frame = "Object.assign(document.createElement('iframe'), {src: '/thing.zip'})"
    open_window(site.page("/downloads", f"window.onclick = () => document.body.append({frame})"))
    site.reported("painted")
    desk.click(desk.window(TITLE))
    shell.wait_for_log(binding.refuses_download_with)


def test_a_document_chooses_no_file_and_the_shell_lives_on(
    open_window: Callable[..., None], site: Site, shell: ShellProcess, desk: Desk
) -> None:
    ask = "Object.assign(document.createElement('input'), {type: 'file'}).click()"
    open_window(site.page("/chooses", f"window.onclick = () => {{ {ask}; report({{asked: true}}) }}"))
    site.reported("painted")
    desk.click(desk.window(TITLE))
    site.reported("asked")
    shell.wait_for_log("no file is chosen")
    shell.request("window.focus", window_id="w1")
    wait_until(lambda: "Open File" not in desk.titles(), what="no dialog")


@pytest.mark.parametrize(
    "ask",
    [
        "navigator.mediaDevices.getUserMedia({audio: true})",
        "new Promise((granted, refused) => navigator.geolocation.getCurrentPosition(granted, refused))",
        (
            "Promise.resolve().then(() => Notification.requestPermission())"
            ".then(answer => answer === 'granted' || Promise.reject())"
        ),
    ],
)
def test_a_document_gets_no_permission(ask: str, open_window: Callable[..., None], site: Site, desk: Desk) -> None:
    open_window(
        site.page(
            "/asks", f"window.onclick = () => {ask}.then(() => report({{got: true}}), () => report({{got: false}}))"
        )
    )
    site.reported("painted")
    desk.click(desk.window(TITLE))
    assert site.reported("got") is False


def test_a_dialog_of_a_document_returns_at_once_and_is_not_seen(
    open_window: Callable[..., None], site: Site, desk: Desk
) -> None:
    open_window(site.page("/asks", "window.onclick = () => { alert('Stop'); report({answer: confirm('Go on?')}) }"))
    site.reported("painted")
    before = set(desk.titles())
    desk.click(desk.window(TITLE))
    assert site.reported("answer") is False
    assert set(desk.titles()) == before


def test_a_frame_of_another_origin_gets_no_token(
    open_window: Callable[..., None], site: Site, other_site: Site, shell: ShellProcess
) -> None:
    inner = other_site.page("/inner", "report({inside: true})")
    script = (
        f"document.write('<iframe src=\"{inner}\"></iframe>'); addEventListener('load', () => report({{loaded: true}}))"
    )
    open_window(site.page("/outer", script))
    other_site.reported("inside")
    site.reported("loaded")
    assert site.reported("token") == shell.tokens[0]
    assert [report for report in other_site.reports if "token" in report] == []
    assert len(shell.tokens) == 1


def test_a_page_that_does_not_load_gets_no_token(
    open_window: Callable[..., None], other_site: Site, shell: ShellProcess
) -> None:
    with_nobody_there = other_site.origin
    other_site.stop()
    open_window(f"{with_nobody_there}/")
    shell.wait_for_log("did not load")
    assert shell.tokens == []
