"""Plugins through a real host: the echo package as pip installs it, and plugins that misbehave, each in its process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from elsipo.doctor import surroundings
from elsipo.host.plugins import Plugins, environment
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import (
    ElsipoError,
    InternalError,
    InvalidParamsError,
    MethodNotFoundError,
    NotFoundError,
    PermissionDeniedError,
    PluginError,
    PluginUnavailableError,
)
from elsipo.supervisor import Timing
from peers.window import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.host.host import Host

TOKEN = "not-for-plugins-4711"


async def _call(document: Document, plugin: str, method: str, **params: Any) -> Any:
    asked = m.BridgePluginCallParams(plugin=plugin, method=method, params=params)
    return (await document.ask(bridge.PLUGIN_CALL, asked, timeout_s=30)).value


async def _listed(document: Document) -> dict[str, m.PluginStatus]:
    return {found.name: found for found in await document.ask(bridge.PLUGIN_LIST, m.BridgePluginListParams())}


@pytest.fixture
async def page(host: Host) -> AsyncIterator[Document]:
    """The built-in page of alice's window, while the plugin of nobody runs yet."""
    async with Document.chrome(host) as chrome, chrome.page(host) as page:
        yield page


async def test_an_installed_package_is_listed_described_called_and_heard(page: Document) -> None:
    listed = await _listed(page)
    assert (listed["echo"].distribution, listed["echo"].version, listed["echo"].state) == (
        "elsipo-echo",
        "1.0",
        "stopped",
    )
    assert "Bad-Name" not in listed
    described = await page.ask(bridge.PLUGIN_DESCRIBE, m.BridgePluginDescribeParams(plugin="echo"), timeout_s=30)
    assert [method.name for method in described.methods] == ["say", "reverse"]
    assert described.methods[0].summary.startswith("The text again")
    assert await _call(page, "echo", "say", text="hällo") == "hällo"
    told = await page.seen(bridge.PLUGIN_NOTIFIED)
    assert told.to_wire() == {"plugin": "echo", "name": "said", "params": {"text": "hällo", "times": 1}}
    assert await _call(page, "echo", "reverse", text="abc") == "cba"
    assert (await _listed(page))["echo"].state == "running"


async def test_what_does_not_fit_the_plugins_schema_does_not_reach_it(page: Document) -> None:
    refused: list[tuple[dict[str, Any], str | None]] = [
        ({"text": 5}, "text"),
        ({"text": "x" * 1025}, "text"),
        ({"text": None}, "text"),
        ({}, None),
        ({"text": "x", "more": 1}, None),
    ]
    for params, place in refused:
        with pytest.raises(InvalidParamsError) as refusal:
            await _call(page, "echo", "say", **params)
        assert refusal.value.field == place
    with pytest.raises(MethodNotFoundError):
        await _call(page, "echo", "background")
    with pytest.raises(NotFoundError):
        await _call(page, "nobody", "say")
    with pytest.raises(PluginError, match="nothing to turn round"):
        await _call(page, "echo", "reverse", text="")


async def test_each_account_has_a_process_of_its_own_and_hears_it_alone(host: Host) -> None:
    alice, bob = (record.account_id for record in host.book.all())
    async with Document.chrome(host, alice) as hers, Document.chrome(host, bob) as his:
        assert await _call(hers, "crashes", "pid") != await _call(his, "crashes", "pid")
        await _call(hers, "echo", "say", text="for alice")
        await _call(his, "echo", "say", text="for bob")
        await hers.seen(bridge.PLUGIN_NOTIFIED)
        heard = await his.seen(bridge.PLUGIN_NOTIFIED)
        assert heard.params == {"text": "for bob", "times": 1}
        assert [told.params["text"] for told in hers.all_seen(bridge.PLUGIN_NOTIFIED)] == ["for alice"]


async def test_a_page_without_the_capability_gets_nothing(host: Host) -> None:
    async with Document.chrome(host) as chrome:
        ticket = await chrome.ask(bridge.PAGE_OPEN, m.BridgePageOpenParams())
        host.windows.all()[0].page_capabilities = ()
        async with Document.opened(host, ticket.token) as page:
            with pytest.raises(PermissionDeniedError) as refusal:
                await _listed(page)
            assert refusal.value.capability == "plugin.use"
            with pytest.raises(PermissionDeniedError):
                await _call(page, "echo", "say", text="x")
            await _call(chrome, "echo", "say", text="for those who may")
            await chrome.seen(bridge.PLUGIN_NOTIFIED)
            assert page.all_seen(bridge.PLUGIN_NOTIFIED) == []


async def test_one_that_crashes_fails_its_call_at_once_and_is_there_again(page: Document) -> None:
    first = await _call(page, "crashes", "pid")
    with pytest.raises(PluginUnavailableError):
        await _call(page, "crashes", "now")
    assert await _call(page, "crashes", "pid") != first
    assert await _call(page, "echo", "say", text="still here") == "still here"


async def test_one_that_keeps_crashing_is_given_up_until_somebody_restarts_it(page: Document) -> None:
    for _ in range(3):
        with pytest.raises(PluginUnavailableError):
            await _call(page, "crashes", "now")
    with pytest.raises(PluginUnavailableError, match="given up"):
        await _call(page, "crashes", "pid")
    assert (await _listed(page))["crashes"].state == "failed"
    await page.ask(bridge.PLUGIN_RESTART, m.BridgePluginRestartParams(plugin="crashes"))
    assert await _call(page, "crashes", "pid")


async def test_one_that_is_no_plugin_says_so(page: Document) -> None:
    with pytest.raises(PluginUnavailableError, match="does not run"):
        await page.ask(bridge.PLUGIN_DESCRIBE, m.BridgePluginDescribeParams(plugin="dies_at_birth"), timeout_s=30)


async def test_one_that_floods_is_ended_and_the_page_hears_a_bounded_number(page: Document) -> None:
    with pytest.raises(PluginUnavailableError):
        await _call(page, "floods", "flood")
    assert (await _listed(page))["floods"].state == "failed"
    assert len(page.all_seen(bridge.PLUGIN_NOTIFIED)) < 2000
    assert await page.ask(bridge.SYSTEM_ECHO, m.BridgeSystemEchoParams(text="usable", hop="host")) == "usable"


async def test_garbage_between_the_lines_changes_nothing(page: Document) -> None:
    assert await _call(page, "garbles", "garble") == "garbled"
    assert await _call(page, "garbles", "garble") == "garbled"


async def test_what_it_promised_and_does_not_keep_is_not_passed_on(
    page: Document, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "elsipo.child")
    for method in ("lie", "fail", "tell_a_lie", "too_long"):
        with pytest.raises(InternalError) as refusal:
            await _call(page, "lies", method)
        assert "4711" not in str(refusal.value)
        assert "seven" not in str(refusal.value)
    assert page.all_seen(bridge.PLUGIN_NOTIFIED) == []
    assert "is not what its schema promises" in caplog.text


async def test_no_secret_reaches_a_plugin(host: Host, page: Document) -> None:
    given = json.dumps(await _call(page, "snoops", "snoop"))
    assert os.environ["PROVIDER_TOKEN"] == TOKEN
    for secret in (TOKEN, "PROVIDER_TOKEN", "alice", *(record.account_id for record in host.book.all())):
        assert secret not in given.replace(os.environ["HOME"], "").replace(os.environ.get("TMPDIR", "-"), "")
    assert "history.sqlite" not in given
    assert environment({"PATH": "/bin", "LC_ALL": "C", "AWS_SECRET": "x", "PATHS": "y"}) == {
        "PATH": "/bin",
        "LC_ALL": "C",
    }


async def test_one_that_hangs_is_killed_and_there_again_while_others_answer(with_plugins: None) -> None:
    del with_plugins
    plugins = Plugins("alice", lambda _notification, _params: None, timing=Timing(ping_interval_s=0.1, ping_s=2))
    try:
        first = (await plugins.call("hangs", "alive", {})).value
        hanging = asyncio.create_task(plugins.call("hangs", "block", {}))
        assert (await plugins.call("echo", "say", {"text": "meanwhile"})).value == "meanwhile"
        with pytest.raises(PluginUnavailableError):
            await hanging
        assert (await plugins.call("hangs", "alive", {})).value != first
        waiting = asyncio.create_task(plugins.call("hangs", "wait", {}))
        assert (await plugins.call("hangs", "alive", {})).value  # a slow answer holds up no other
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError, ElsipoError):
            await waiting
    finally:
        await plugins.stop()


def test_the_command_line_and_the_doctor_say_what_is_installed_and_what_does_not_start(with_plugins: None) -> None:
    del with_plugins
    command = [sys.executable, "-m", "elsipo"]
    done = subprocess.run([*command, "plugin", "list", "--json"], capture_output=True, text=True, check=False)
    listed = {found["name"]: found for found in json.loads(done.stdout)}
    assert done.returncode == 1
    assert [method["name"] for method in listed["echo"]["description"]["methods"]] == ["say", "reverse"]
    assert listed["dies_at_birth"]["description"] is None
    assert "does not run" in listed["dies_at_birth"]["problem"]
    text = subprocess.run([*command, "plugin", "list"], capture_output=True, text=True, check=False).stdout
    assert "echo  elsipo-echo 1.0  Echo 1.0: say, reverse" in text.splitlines()
    finding = surroundings.plugins()
    assert finding.state == "warning"
    assert "Echo 1.0: say, reverse" in finding.detail
