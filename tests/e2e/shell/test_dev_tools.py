"""Chromium's DevTools: a person opens them with a key, and they end with their window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from e2e.shell import bindings
from elsipo.demo import cdp
from elsipo.demo.ports import free_port
from peers.waiting import eventually, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from e2e.shell.desk import Desk
    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site

POINTING = [binding for binding in bindings.ALL if binding.points_dev_tools]
_SHOWN = """(async () => {
    const base = "devtools://devtools/bundled/";
    const [SDK, UI] = await Promise.all([import(base + "core/sdk/sdk.js"), import(base + "ui/legacy/legacy.js")]);
    const context = UI.Context.Context.instance().flavor(SDK.RuntimeModel.ExecutionContext);
    const frame = context && SDK.FrameManager.FrameManager.instance().getFrame(context.frameId);
    const node = UI.Context.Context.instance().flavor(SDK.DOMModel.DOMNode);
    return [frame ? frame.url : "", node ? node.ownerDocument.documentURL : ""];
})()"""
_LOADED = "devtools://devtools/"


def _fronts(port: int) -> list[Any]:
    """The front-ends of DevTools; Chromium 66 calls their scheme chrome-devtools."""
    return [target for target in cdp.targets(port) if _LOADED in target["url"]]


def test_f12_opens_devtools_on_the_window_once_and_they_close_with_it(
    start: Callable[..., ShellProcess], site: Site, desk: Desk
) -> None:
    port = free_port()
    shell = start("--remote-debugging-port", str(port))
    _open(shell, f"{site.origin}/")
    window = desk.window("A page: é")
    site.reported("painted")
    assert _fronts(port) == []
    desk.click(window)
    desk.press("F12")
    wait_until(lambda: _fronts(port), timeout_s=15, what="DevTools")
    shell.request("window.show_dev_tools", window_id="w1", subject="page")
    assert len(_fronts(port)) == 1
    _open(shell, f"{site.origin}/", "w2")
    shell.request("window.close", window_id="w1")
    wait_until(lambda: not _fronts(port), timeout_s=15, what="DevTools are gone")
    assert shell.response("window.show_dev_tools", window_id="w1", subject="page")["error"]["code"] == -32012


@pytest.mark.parametrize("binding", POINTING, indirect=True, ids=lambda binding: binding.name)
async def test_f12_opens_them_at_the_page_also_when_it_comes_anew_and_another_entry_at_the_chrome(
    start: Callable[..., ShellProcess], two_sites: tuple[Site, Site], desk: Desk, tmp_path: Path
) -> None:
    site, other = two_sites
    page = other.origin.replace("127.0.0.1", "page.localhost")
    other.page("/next", "")
    address = site.page(
        "/chrome",
        f"""
        const frame = document.body.appendChild(document.createElement("iframe"));
        frame.width = 400; frame.height = 300; frame.src = "{page}/";
        window.elsipoToggleDevPanel = () => {{ frame.src = "{page}/next"; }};""",
    )
    port = free_port()
    shell = start("--remote-debugging-port", str(port))
    _open(shell, address)
    other.reported("painted")
    desk.click(desk.window("A page: é"))
    desk.press("F12")
    (front,) = await eventually(lambda: _fronts(port), timeout_s=15, what="DevTools")
    async with cdp.Target.attached(front) as dev_tools:
        await _shown(dev_tools, f"{page}/")
        (tmp_path / "page.png").write_bytes(await dev_tools.screenshot())
        shell.request("window.show_dev_tools", window_id="w1", subject="chrome")
        await _shown(dev_tools, address)
        shell.request("window.show_dev_tools", window_id="w1", subject="page")
        await _shown(dev_tools, f"{page}/")
        window = desk.window("A page: é")

        def has_keyboard_again() -> bool:  # DevTools may come to the front for the last time only now
            shell.request("window.focus", window_id="w1")
            desk.click(window)
            return desk.has_keyboard(window)

        await eventually(has_keyboard_again, interval_s=0.1, what="the keyboard is the window's again")
        desk.press("ctrl+F12")
        await _shown(dev_tools, f"{page}/next", parts=1)
        assert shell.request("window.get_dev_tools", window_id="w1") == {"is_open": True}
    desk.close(desk.window("Developer tools \u2013 Elsipo"))
    wait_until(lambda: not shell.request("window.get_dev_tools", window_id="w1")["is_open"], what="they are closed")
    # Again, from the beginning.
    shell.request("window.show_dev_tools", window_id="w1", subject="chrome")
    (front,) = await eventually(lambda: _fronts(port), timeout_s=15, what="DevTools")
    async with cdp.Target.attached(front) as dev_tools:
        await _shown(dev_tools, address)


def test_the_shell_ends_in_time_with_devtools_open(start: Callable[..., ShellProcess], site: Site) -> None:
    port = free_port()
    shell = start("--remote-debugging-port", str(port))
    _open(shell, f"{site.origin}/")
    site.reported("painted")
    shell.request("window.show_dev_tools", window_id="w1", subject="page")
    wait_until(lambda: _fronts(port), timeout_s=15, what="DevTools")
    shell.request("shell.quit")
    assert shell.ended() == 0


def test_no_document_reaches_devtools(start: Callable[..., ShellProcess], site: Site) -> None:
    front = "devtools://devtools/bundled/devtools_app.html"
    address = site.page(
        "/tries",
        f"""
        const frame = document.body.appendChild(document.createElement("iframe"));
        frame.src = "{front}"; window.open("{front}"); location.href = "chrome-{front}"; location.href = "{front}";
        setTimeout(() => report({{ still: location.href }}), 300);""",
    )
    port = free_port()
    shell = start("--remote-debugging-port", str(port))
    _open(shell, address)
    assert site.reported("still") == address
    assert _fronts(port) == []


async def _shown(dev_tools: cdp.Target, url: str, *, parts: int = 2) -> None:
    """Wait until the console speaks to the document at an address, and Elements show it (the second part)."""

    async def shown() -> bool:
        try:
            found: list[str] = await dev_tools.evaluate(_SHOWN)
        except cdp.CdpError:  # their own document has not come to stay yet
            return False
        return found[:parts] == [url] * parts

    await eventually(shown, timeout_s=15, what=f"{url} in DevTools")


def _open(shell: ShellProcess, url: str, window_id: str = "w1") -> None:
    shell.request("window.open", window_id=window_id, url=url, title="", icon_file="", width_px=640, height_px=480)
