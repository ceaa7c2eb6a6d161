"""A host on Kamailio, seen from its windows: what a person does with it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from elsipo.demo.echo import EchoUser
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started
from elsipo.rpc._generated import bridge
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import AccountExistsError, BodyTooLargeError, NotRegisteredError, SipFailureError
from peers.window import Document

if TYPE_CHECKING:
    from pathlib import Path

    from elsipo.demo.provider import DemoProvider

ALICE, BOB = "alice-provider-a-test", "bob-provider-a-test"


async def test_a_person_signs_in_and_out_from_an_empty_window(lone_host: Host, provider: DemoProvider) -> None:
    async with Document.chrome(lone_host) as chrome:
        account = m.BridgeAccountAddParams(
            address="alice@provider-a.test", password="alicepw", server=provider.server("udp"), display_name="Alice"
        )
        await chrome.ask(bridge.ACCOUNT_ADD, account)
        changed = await chrome.seen(bridge.SESSION_CHANGED)
        assert changed.session.account_id == ALICE
        assert (await chrome.registered()).transport == "udp"
        with pytest.raises(AccountExistsError):
            await chrome.ask(bridge.ACCOUNT_ADD, account)
        chrome.forget()
        await chrome.ask(bridge.ACCOUNT_REMOVE, m.BridgeAccountRemoveParams())
        changed = await chrome.seen(bridge.SESSION_CHANGED)
        assert changed.session.account_id is None
    assert lone_host.book.all() == []


async def test_a_wrong_password_fails_and_says_what_the_provider_said(lone_host: Host, provider: DemoProvider) -> None:
    async with Document.chrome(lone_host) as chrome:
        await chrome.ask(
            bridge.ACCOUNT_ADD,
            m.BridgeAccountAddParams(address="alice@provider-a.test", password="wrong", server=provider.server("udp")),
        )
        failed = await chrome.seen(
            bridge.REGISTRATION_STATE_CHANGED, lambda params: params.registration.state == "failed"
        )
        assert failed.registration.sip_status in {401, 403}
        assert failed.registration.retry_in_s is None
        with pytest.raises(NotRegisteredError):
            await chrome.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target="echo"))


async def test_unregistering_holds_until_the_person_registers_again(signed_in_host: Host) -> None:
    async with Document.chrome(signed_in_host) as chrome:
        await chrome.registered()
        chrome.forget()
        await chrome.ask(bridge.ACCOUNT_UNREGISTER, m.BridgeAccountUnregisterParams())
        await chrome.seen(bridge.REGISTRATION_STATE_CHANGED, lambda params: params.registration.state == "unregistered")
        assert signed_in_host.record(ALICE).wants_registration is False
        await chrome.ask(bridge.ACCOUNT_REGISTER, m.BridgeAccountRegisterParams())
        await chrome.seen(bridge.REGISTRATION_STATE_CHANGED, lambda params: params.registration.state == "registered")


async def test_messages_go_both_ways_and_are_kept_on_both_sides(host_of_two: Host) -> None:
    async with Document.chrome(host_of_two, ALICE) as alice, Document.chrome(host_of_two, BOB) as bob:
        await alice.registered()
        await bob.registered()
        sent = await alice.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to="bob", body="Grüße, 你好 👋"))
        got = await bob.seen(bridge.MESSAGE_RECEIVED)
        assert (got.message.body, got.message.peer, got.message.read) == (
            "Grüße, 你好 👋",
            "sip:alice@provider-a.test",
            False,
        )
        fate = await alice.seen(bridge.MESSAGE_STATE_CHANGED, lambda params: params.message.state == "sent")
        assert (fate.message.message_id, fate.message.sip_status) == (sent.message_id, 200)
        await bob.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to="sip:alice@provider-a.test", body="hello"))
        assert (await alice.seen(bridge.MESSAGE_RECEIVED)).message.body == "hello"
        history = await bob.ask(bridge.MESSAGE_LIST, m.BridgeMessageListParams(peer="alice"))
        assert [message.body for message in history.messages] == ["Grüße, 你好 👋", "hello"]
        await bob.ask(bridge.MESSAGE_MARK_READ, m.BridgeMessageMarkReadParams(peer="alice"))
        (conversation,) = (await bob.ask(bridge.CONVERSATION_LIST, m.BridgeConversationListParams())).conversations
        assert conversation.unread_count == 0


async def test_a_message_to_somebody_who_is_away_fails_with_the_providers_answer(signed_in_host: Host) -> None:
    async with Document.chrome(signed_in_host) as chrome:
        await chrome.registered()
        await chrome.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to="carol", body="are you there?"))
        fate = await chrome.seen(bridge.MESSAGE_STATE_CHANGED, lambda params: params.message.state == "failed")
        assert fate.message.sip_status in {404, 480}


async def test_a_text_that_no_packet_holds_is_refused_and_not_kept(signed_in_host: Host) -> None:
    async with Document.chrome(signed_in_host) as chrome:
        await chrome.registered()
        with pytest.raises(BodyTooLargeError) as refused:
            await chrome.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to="carol", body="x" * 9_000))
        assert refused.value.data["limit_bytes"] >= 2_500
        kept = await chrome.ask(bridge.CONVERSATION_LIST, m.BridgeConversationListParams())
        assert kept.conversations == []


async def test_the_provider_fills_elements_of_the_page(signed_in_host: Host) -> None:
    async with Document.chrome(signed_in_host) as chrome, chrome.page(signed_in_host) as page:
        await chrome.registered()
        tick = await page.seen(bridge.FRAGMENT_RECEIVED, lambda params: params.fragment.element_id == "i_infotext")
        assert "Server time" in tick.fragment.html
        await page.ask(bridge.SERVICE_REQUEST, m.BridgeServiceRequestParams(service="stats", element_id="i_stats"))
        stats = await page.seen(bridge.FRAGMENT_RECEIVED, lambda params: params.fragment.element_id == "i_stats")
        assert stats.fragment.html
        fragments = await page.ask(bridge.FRAGMENT_LIST, m.BridgeFragmentListParams())
        assert {fragment.element_id for fragment in fragments.fragments} == {"i_infotext", "i_stats"}
        kept = await page.ask(bridge.CONVERSATION_LIST, m.BridgeConversationListParams())
        assert kept.conversations == []


async def test_a_service_that_is_not_there_is_said_with_the_providers_status(signed_in_host: Host) -> None:
    async with Document.chrome(signed_in_host) as chrome:
        await chrome.registered()
        with pytest.raises(SipFailureError) as refused:
            await chrome.ask(bridge.SERVICE_REQUEST, m.BridgeServiceRequestParams(service="no-such", element_id="x"))
        assert refused.value.data["sip_status"] == 404


async def test_a_call_to_the_echo_user_brings_the_own_tone_back(
    signed_in_host: Host, provider: DemoProvider, tmp_path: Path
) -> None:
    echo = EchoUser(
        Folders.below(tmp_path / "echo"), f"echo@{provider.domain}", provider.users["echo"], provider.server("udp")
    )
    try:
        await echo.start()
        async with Document.chrome(signed_in_host) as chrome, chrome.page(signed_in_host) as page:
            await chrome.registered()
            call = await page.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target="echo"))
            await page.seen(
                bridge.CALL_STATE_CHANGED,
                lambda params: params.call.state == "confirmed" and params.call.has_audio,
            )
            probe = await page.ask(
                bridge.CALL_PROBE_AUDIO,
                m.BridgeCallProbeAudioParams(call_id=call.call_id, tone_hz=1_000, duration_ms=1_500),
                timeout_s=15,
            )
            assert abs(probe.heard_hz - 1_000) < 20
            assert probe.heard_dbfs > -30
            await page.ask(bridge.CALL_HANG_UP, m.BridgeCallHangUpParams(call_id=call.call_id))
            over = await page.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.state == "disconnected")
            assert over.call.outcome == "answered"
            history = await page.ask(bridge.CALL_HISTORY, m.BridgeCallHistoryParams())
            assert [entry.call_id for entry in history.calls] == [call.call_id]
            assert (await page.ask(bridge.CALL_LIST, m.BridgeCallListParams())).calls == []
    finally:
        await echo.stop()


async def test_a_call_between_two_windows_rings_is_answered_and_ends(host_of_two: Host) -> None:
    async with Document.chrome(host_of_two, ALICE) as alice, Document.chrome(host_of_two, BOB) as bob:
        await alice.registered()
        await bob.registered()
        await alice.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target="bob"))
        ringing = await bob.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.state in {"incoming", "early"})
        assert ringing.call.peer == "sip:alice@provider-a.test"
        await alice.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.state == "early")
        await bob.ask(bridge.CALL_ANSWER, m.BridgeCallAnswerParams(call_id=ringing.call.call_id))
        talking = await alice.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.state == "confirmed")
        call_id = m.BridgeCallSetMutedParams(call_id=talking.call.call_id, muted=True)
        await alice.ask(bridge.CALL_SET_MUTED, call_id)
        await alice.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.muted)
        await alice.ask(
            bridge.CALL_SET_ON_HOLD, m.BridgeCallSetOnHoldParams(call_id=talking.call.call_id, on_hold=True)
        )
        await alice.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.on_hold)
        await alice.ask(bridge.CALL_SEND_DTMF, m.BridgeCallSendDtmfParams(call_id=talking.call.call_id, digits="1#"))
        await bob.ask(bridge.CALL_HANG_UP, m.BridgeCallHangUpParams(call_id=ringing.call.call_id))
        for side in (alice, bob):
            over = await side.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.state == "disconnected")
            assert over.call.outcome == "answered"


async def test_a_rejected_call_is_busy_here_and_rejected_there(host_of_two: Host) -> None:
    async with Document.chrome(host_of_two, ALICE) as alice, Document.chrome(host_of_two, BOB) as bob:
        await alice.registered()
        await bob.registered()
        await alice.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target="bob"))
        ringing = await bob.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.direction == "incoming")
        await bob.ask(bridge.CALL_REJECT, m.BridgeCallRejectParams(call_id=ringing.call.call_id))
        over = await alice.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.state == "disconnected")
        assert (over.call.sip_status, over.call.outcome) == (486, "busy")
        over = await bob.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.state == "disconnected")
        assert over.call.outcome == "rejected"


async def test_a_killed_engine_is_started_again_and_the_account_comes_back(host_of_two: Host) -> None:
    async with Document.chrome(host_of_two, ALICE) as alice, Document.chrome(host_of_two, BOB) as bob:
        await alice.registered()
        await bob.registered()
        status = await alice.ask(bridge.ENGINE_STATUS, m.BridgeEngineStatusParams())
        assert status.pid is not None
        alice.forget()
        os.kill(status.pid, signal.SIGKILL)
        await alice.seen(bridge.ENGINE_STATE_CHANGED, lambda params: params.status.state == "restarting")
        # Accepted while nobody can send it: it waits in the history and leaves with the next registration.
        await alice.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to="bob", body="I am back"))
        await alice.seen(bridge.ENGINE_STATE_CHANGED, lambda params: params.status.state == "running")
        await alice.seen(bridge.REGISTRATION_STATE_CHANGED, lambda params: params.registration.state == "registered")
        assert (await bob.seen(bridge.MESSAGE_RECEIVED)).message.body == "I am back"
        again = await alice.ask(bridge.ENGINE_STATUS, m.BridgeEngineStatusParams())
        assert again.restarts == 1
        assert again.pid != status.pid


async def test_the_person_restarts_the_engine_and_a_call_ends_as_lost(host_of_two: Host) -> None:
    async with Document.chrome(host_of_two, ALICE) as alice, Document.chrome(host_of_two, BOB) as bob:
        await alice.registered()
        await bob.registered()
        await alice.ask(bridge.CALL_DIAL, m.BridgeCallDialParams(target="bob"))
        await alice.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.state == "early")
        alice.forget()
        await alice.ask(bridge.ENGINE_RESTART, m.BridgeEngineRestartParams())
        await alice.seen(bridge.CALL_STATE_CHANGED, lambda params: params.call.state == "disconnected")
        await alice.registered()


async def test_the_history_is_there_after_a_restart_of_everything(tmp_path: Path, provider: DemoProvider) -> None:
    folders = Folders.below(tmp_path / "again")
    host = Host(folders, audio="null", use_keyring=False)
    record = host.book.add(f"alice@{provider.domain}", server=provider.server("udp"))
    host.credentials.keep(record.account_id, provider.users["alice"], allow_file=True)
    async with started(host), Document.chrome(host) as chrome:
        await chrome.registered()
        await chrome.ask(bridge.MESSAGE_SEND, m.BridgeMessageSendParams(to="carol", body="for later"))
        await chrome.seen(bridge.MESSAGE_STATE_CHANGED, lambda params: params.message.state == "failed")
    async with started(Host(folders, audio="null", use_keyring=False)) as again, Document.chrome(again) as chrome:
        await chrome.registered()
        page = await chrome.ask(bridge.MESSAGE_LIST, m.BridgeMessageListParams(peer="carol"))
        assert [message.body for message in page.messages] == ["for later"]


async def test_the_window_knows_what_elsipo_is_made_of(signed_in_host: Host) -> None:
    async with Document.chrome(signed_in_host) as chrome:
        await chrome.registered()
        versions = await chrome.ask(bridge.SYSTEM_VERSIONS, m.BridgeSystemVersionsParams())
        assert {"Elsipo", "Python"} < versions.keys()
        echo = m.BridgeSystemEchoParams(text="there and back", hop="engine")
        assert await chrome.ask(bridge.SYSTEM_ECHO, echo) == "there and back"
        normal = await chrome.ask(bridge.ADDRESS_NORMALIZE, m.BridgeAddressNormalizeParams(text="bob"))
        assert (normal.uri, normal.display) == ("sip:bob@provider-a.test", "bob")
