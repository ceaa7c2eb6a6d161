"""The bridge's threats, each beside its answer. Everything here goes over real sockets to a real host."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.rpc import PROTOCOL_VERSION
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import (
    InvalidAddressError,
    InvalidParamsError,
    NotFoundError,
    PermissionDeniedError,
    UnauthorizedError,
)
from peers.window import Document, socket_to
from websockets.exceptions import ConnectionClosed, InvalidStatus

if TYPE_CHECKING:
    from elsipo.host.host import Host


async def _raw(host: Host, *frames: str, expect: int = 1) -> list[Any]:
    async with socket_to(host) as socket:
        token = host.windows.issue(host.windows.all()[0], "chrome")
        await socket.send(_request("session.open", token=token, protocol_version=PROTOCOL_VERSION))
        await socket.recv()
        for frame in frames:
            await socket.send(frame)
        answers: list[Any] = []
        while len(answers) < expect:
            message = json.loads(await asyncio.wait_for(socket.recv(), 10))
            if not isinstance(message, dict) or "method" not in message:
                answers.append(message)
        return answers


def _request(method: str, request_id: int = 1, **params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})


@pytest.mark.parametrize(
    ("frame", "code", "answered_id"),
    [
        ("{", -32700, None),
        ("", -32700, None),
        ("\x00", -32700, None),
        ("[1, 2", -32700, None),
        ("[]", -32600, None),
        ("1", -32600, None),
        ('{"jsonrpc": "1.0", "id": 1, "method": "account.get"}', -32600, 1),
        ('{"jsonrpc": "2.0", "id": {}, "method": "account.get"}', -32600, None),
        ('{"jsonrpc": "2.0", "id": 1, "method": 5}', -32600, 1),
        (_request("no.such_method"), -32601, 1),
        (_request("__class__"), -32601, 1),
        (_request("account.get", surplus=1), -32602, 1),
        (_request("message.send", to=5, body="hi"), -32602, 1),
        (_request("message.send", to="bob", body=None), -32602, 1),
        (_request("message.send", to="bob", body="x", content_type="text/plain\r\nX: y"), -32602, 1),
        (_request("message.list", peer="bob", limit=1e9), -32602, 1),
        (_request("call.answer", call_id="../../etc/passwd"), -32602, 1),
        ('{"jsonrpc": "2.0", "id": 1, "method": "account.get", "params": [1]}', -32602, 1),
    ],
)
async def test_a_bad_message_gets_a_typed_error(
    lone_host: Host, frame: str, code: int, answered_id: int | None
) -> None:
    (answer,) = await _raw(lone_host, frame)
    assert answer["error"]["code"] == code
    assert answer["id"] == answered_id


async def test_after_a_bad_message_the_connection_goes_on(lone_host: Host) -> None:
    answers = await _raw(lone_host, "{", _request("system.echo", 2, text="still here", hop="host"), expect=2)
    assert answers[1]["result"] == "still here"


async def test_an_oversized_frame_ends_only_its_own_connection(lone_host: Host) -> None:
    async with Document.chrome(lone_host) as other:
        with pytest.raises(ConnectionClosed) as closed:
            await _raw(lone_host, _request("system.echo", text="x" * 300_000, hop="host"))
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        echo = m.BridgeSystemEchoParams(text="unharmed", hop="host")
        assert await other.ask(bridge.SYSTEM_ECHO, echo) == "unharmed"


@pytest.mark.parametrize("token", ["0" * 32, "x", "", "0" * 33])
async def test_a_wrong_token_opens_nothing(lone_host: Host, token: str) -> None:
    async with socket_to(lone_host) as socket:
        await socket.send(_request("session.open", token=token, protocol_version=PROTOCOL_VERSION))
        error = json.loads(await socket.recv())["error"]
        assert error["code"] in {UnauthorizedError.code, InvalidParamsError.code}
        await socket.send(_request("system.versions"))
        assert json.loads(await socket.recv())["error"]["code"] == UnauthorizedError.code


async def test_a_token_opens_one_connection_and_no_second(lone_host: Host) -> None:
    token = lone_host.windows.issue(lone_host.windows.all()[0], "chrome")
    async with Document.opened(lone_host, token):
        with pytest.raises(UnauthorizedError):
            async with Document.opened(lone_host, token):
                pass


async def test_a_newer_token_voids_the_older(lone_host: Host) -> None:
    window = lone_host.windows.all()[0]
    older = lone_host.windows.issue(window, "chrome")
    newer = lone_host.windows.issue(window, "chrome")
    with pytest.raises(UnauthorizedError):
        async with Document.opened(lone_host, older):
            pass
    async with Document.opened(lone_host, newer):
        pass


async def test_an_open_connection_takes_no_second_role(lone_host: Host) -> None:
    async with Document.chrome(lone_host) as chrome:
        token = lone_host.windows.issue(lone_host.windows.all()[0], "page")
        again = m.BridgeSessionOpenParams(token=token, protocol_version=PROTOCOL_VERSION)
        with pytest.raises(UnauthorizedError):
            await chrome.ask(bridge.SESSION_OPEN, again)


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://evil.example", "http://127.0.0.1", "http://localhost:{port}", "https://127.0.0.1:{port}"],
)
async def test_another_origin_gets_no_connection(lone_host: Host, origin: str | None) -> None:
    shown = None if origin is None else origin.format(port=lone_host.bridge.port)
    with pytest.raises(InvalidStatus) as refused:
        async with socket_to(lone_host, origin=shown):
            pass
    assert refused.value.response.status_code == 403


async def test_a_pages_own_origin_gets_no_connection(signed_in_host: Host) -> None:
    account_id = signed_in_host.book.all()[0].account_id
    with pytest.raises(InvalidStatus) as refused:
        async with socket_to(signed_in_host, origin=signed_in_host.bridge.page_origin(account_id)):
            pass
    assert refused.value.response.status_code == 403


async def _get(host: Host, target: str, **headers: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", host.bridge.port)
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode())
    answer = (await asyncio.wait_for(reader.read(), 10)).decode()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1]), answer


@pytest.mark.parametrize("name", ["evil.example", "localhost:{port}", "127.0.0.1", "nobody.localhost:{port}", ""])
async def test_another_host_name_is_served_nothing(lone_host: Host, name: str) -> None:
    status, answer = await _get(lone_host, "/", Host=name.format(port=lone_host.bridge.port))
    assert status == 421
    assert "<" not in answer.partition("\r\n\r\n")[2]


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/..%2f..%2fpyproject.toml", "//etc/passwd", "/home/index.html", "/%00", "/rpc/../x"]
)
async def test_no_path_leads_out_of_the_frontend(lone_host: Host, path: str) -> None:
    status, _ = await _get(lone_host, path, Host=f"127.0.0.1:{lone_host.bridge.port}")
    assert status == 404


async def test_the_chrome_can_be_framed_by_nobody_and_runs_no_inline_script(lone_host: Host) -> None:
    status, answer = await _get(lone_host, "/", Host=f"127.0.0.1:{lone_host.bridge.port}")
    assert status == 200
    policy = next(line for line in answer.splitlines() if line.lower().startswith("content-security-policy"))
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_a_page_reaches_no_network(signed_in_host: Host) -> None:
    account_id = signed_in_host.book.all()[0].account_id
    status, answer = await _get(signed_in_host, "/", Host=f"{account_id}.localhost:{signed_in_host.bridge.port}")
    assert status == 200
    policy = next(line for line in answer.splitlines() if line.lower().startswith("content-security-policy"))
    assert "connect-src 'none'" in policy
    assert "unsafe" not in policy


async def test_a_page_cannot_do_what_is_the_chromes(signed_in_host: Host) -> None:
    async with Document.chrome(signed_in_host) as chrome, chrome.page(signed_in_host) as page:
        with pytest.raises(PermissionDeniedError):
            await page.ask(bridge.PAGE_OPEN, m.BridgePageOpenParams())
        with pytest.raises(PermissionDeniedError):
            await page.ask(bridge.ACCOUNT_REMOVE, m.BridgeAccountRemoveParams())
        with pytest.raises(PermissionDeniedError):
            await page.ask(
                bridge.ACCOUNT_ADD, m.BridgeAccountAddParams(address="mallory@provider-a.test", password="x")
            )
        assert (await page.ask(bridge.ACCOUNT_GET, m.BridgeAccountGetParams())).aor == "sip:alice@provider-a.test"


async def test_a_new_page_ends_the_connection_of_the_last(signed_in_host: Host) -> None:
    async with (
        Document.chrome(signed_in_host) as chrome,
        chrome.page(signed_in_host) as first,
        chrome.page(signed_in_host),
    ):
        await asyncio.wait_for(first.ended(), 10)


@pytest.mark.parametrize("address", ["bob smith", "bob\r\nRoute: <sip:evil>", "x" * 10_240, "sip:bob@x?Replaces=1"])
async def test_a_hostile_address_is_refused_and_nothing_is_kept(signed_in_host: Host, address: str) -> None:
    async with Document.chrome(signed_in_host) as chrome:
        with pytest.raises(InvalidAddressError):
            await chrome.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to=address, body="hi"))
        with pytest.raises(InvalidAddressError):
            await chrome.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target=address))
        with pytest.raises(InvalidAddressError):
            await chrome.ask(bridge.ADDRESS_NORMALIZE, m.BridgeAddressNormalizeParams(text=address))
        kept = await chrome.ask(bridge.CONVERSATION_LIST, m.BridgeConversationListParams())
        assert kept.conversations == []


async def test_a_flood_of_requests_is_slowed_and_others_are_not(lone_host: Host) -> None:
    frames = [_request("system.echo", number, text="x", hop="host") for number in range(1_000)]
    answers = await _raw(lone_host, *frames, expect=1_000)
    refused = [answer for answer in answers if "error" in answer]
    assert refused
    assert {answer["error"]["code"] for answer in refused} == {-32003}
    async with Document.chrome(lone_host) as other:
        assert await other.ask(bridge.SYSTEM_ECHO, m.BridgeSystemEchoParams(text="x", hop="host")) == "x"


async def test_nobody_signed_in_is_said_as_that(lone_host: Host) -> None:
    async with Document.chrome(lone_host) as chrome:
        with pytest.raises(NotFoundError):
            await chrome.ask(bridge.ACCOUNT_GET, m.BridgeAccountGetParams())


async def test_no_log_line_holds_a_token_a_password_or_a_text(
    signed_in_host: Host, capfd: pytest.CaptureFixture[str]
) -> None:
    from elsipo import log

    log.configure("DEBUG")
    try:
        window = signed_in_host.windows.all()[0]
        token = signed_in_host.windows.issue(window, "chrome")
        async with Document.opened(signed_in_host, token) as chrome:
            await chrome.registered()
            await chrome.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to="bob", body="my secret text"))
    finally:
        log.configure("WARNING")
        logging.getLogger().handlers.clear()
    logged = capfd.readouterr().err
    assert logged
    for secret in (token, "alicepw", "my secret text"):
        assert secret not in logged
