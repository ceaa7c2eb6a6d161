"""The windows' port before the rest of the host is there: the chrome's documents are served, everything else waits."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from elsipo.host.bridge.reception import Reception
from elsipo.host.bridge.static import response
from elsipo.host.listener import loopback_listener
from elsipo.resources import frontend_dist

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

WITHIN_S = 10.0


class Late:
    """A bridge that comes late, and says who asked."""

    async def answer(self, request: Request, host: str) -> Response | None:
        return response(HTTPStatus.OK, f"{host} {request.path}".encode(), "text/plain", "default-src 'none'")

    async def serve(self, websocket: ServerConnection) -> None:
        """No WebSocket gets this far here."""


@pytest.fixture
async def reception() -> AsyncIterator[Reception]:
    with loopback_listener() as listener:
        reception = Reception(listener, frontend_dist(), lambda: {"https://ui.example"})
        await reception.open()
        yield reception
        await reception.close()


async def _get(reception: Reception, host: str, path: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", reception.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{reception.port}\r\n\r\n".encode())
    answer = (await asyncio.wait_for(reader.read(), WITHIN_S)).decode()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_the_chromes_documents_need_no_bridge_and_may_frame_what_windows_show(reception: Reception) -> None:
    document = await _get(reception, "127.0.0.1", "/")
    assert document.startswith("HTTP/1.1 200")
    assert '<div id="app">' in document
    assert f"frame-src http://*.localhost:{reception.port} https://ui.example;" in document
    assert (await _get(reception, "127.0.0.1", "/chrome.js")).startswith("HTTP/1.1 200")
    assert (await _get(reception, "127.0.0.1", "/../home/index.html")).startswith("HTTP/1.1 404")


@pytest.mark.parametrize(("host", "path"), [("127.0.0.1", "/rpc"), ("alice.localhost", "/"), ("evil.example", "/")])
async def test_everything_else_waits_and_is_the_bridges(reception: Reception, host: str, path: str) -> None:
    asking = asyncio.create_task(_get(reception, host, path))
    assert (await _get(reception, "127.0.0.1", "/")).startswith("HTTP/1.1 200")
    assert not asking.done()
    reception.hand_over(Late())
    assert (await asking).endswith(f"{host}:{reception.port} {path}")


async def test_who_waits_when_it_ends_is_sent_away(reception: Reception) -> None:
    asking = asyncio.create_task(_get(reception, "alice.localhost", "/"))
    assert (await _get(reception, "127.0.0.1", "/")).startswith("HTTP/1.1 200")
    await asyncio.wait_for(reception.close(), WITHIN_S)
    answer = await asking
    assert answer == "" or answer.startswith("HTTP/1.1 503")
