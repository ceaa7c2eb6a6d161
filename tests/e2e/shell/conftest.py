"""Web sites and shells for the tests of the windows."""

from __future__ import annotations

import contextlib
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from e2e.shell import bindings
from e2e.shell.desk import Desk
from e2e.shell.driver import ShellProcess
from e2e.shell.pages import Site
from peers import needs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from e2e.shell.bindings import Binding


@pytest.fixture(params=bindings.ALL, ids=lambda binding: binding.name)
def binding(request: pytest.FixtureRequest) -> Binding:
    """Each CEF binding in turn."""
    found: Binding = request.param
    return found


@pytest.fixture
def desk(display: str) -> Desk:
    """What a person sees there."""
    for tool, package in (("xdotool", "xdotool"), ("xprop", "x11-utils"), ("xwininfo", "x11-utils")):
        needs.program(tool, package=package)
    return Desk(display)


@pytest.fixture
def site() -> Iterator[Site]:
    """The chrome's origin."""
    with Site() as made:
        yield made


@pytest.fixture
def other_site() -> Iterator[Site]:
    """Another origin."""
    with Site() as made:
        yield made


@pytest.fixture
def two_sites(site: Site, other_site: Site) -> tuple[Site, Site]:
    """The chrome's origin and another one."""
    return site, other_site


@pytest.fixture
def start(display: str, binding: Binding) -> Iterator[Callable[..., ShellProcess]]:
    """Starts shells, which end with the test."""
    with contextlib.ExitStack() as stack:

        def start_one(*arguments: str, **options: object) -> ShellProcess:
            return stack.enter_context(ShellProcess(display, *arguments, binding=binding, **options))  # type: ignore[arg-type]

        yield start_one


@pytest.fixture
def shell(start: Callable[..., ShellProcess]) -> ShellProcess:
    """A shell as the host starts it: one in thousands never comes up, nobody knows why, and the host starts another."""
    shell = start()
    if shell.is_up():
        return shell
    shell.give_up()
    return start()


@pytest.fixture
def icon_file(tmp_path: Path) -> str:
    """A 3 by 2 PNG whose rows use different filters: see `ICON` in test_window.py."""
    rows = [
        b"\x00" + bytes.fromhex("ff0000ff 00ff00ff 0000ff80"),
        # Paeth: each byte is a difference to what is best predicted from its neighbours.
        b"\x04" + bytes.fromhex("00000000 00000000 00000000"),
    ]
    header = struct.pack(">IIBBBBB", 3, 2, 8, 6, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    file = tmp_path / "icon.png"
    file.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in chunks
        )
    )
    return str(file)


@pytest.fixture
def open_window(shell: ShellProcess, icon_file: str) -> Callable[..., None]:
    """Opens a window of the shell on an address."""

    def open_one(url: str, window_id: str = "w1", title: str = "Elsipo") -> None:
        shell.request(
            "window.open",
            window_id=window_id,
            url=url,
            title=title,
            icon_file=icon_file,
            width_px=640,
            height_px=480,
        )

    return open_one
