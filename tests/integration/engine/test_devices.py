"""What else is signed in with an address, and voicemail, as an engine learns both from a real registrar."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import engine as contract
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import NotFoundError
from peers.engine_driver import Engine, running_engine
from peers.kamailio import contacts
from peers.sip import RawUserAgent
from peers.voicemail import publish
from peers.waiting import eventually

if TYPE_CHECKING:
    from elsipo.demo.provider import DemoProvider

LOGIN = ("alice", "alicepw")


async def listed(engine: Engine, uri: str, *, there: bool, since: int = 0) -> m.EngineContactListChangedParams:
    """Wait until the registrar lists a contact, or no longer."""
    return await engine.seen(
        m.EngineContactListChangedParams,
        lambda told: (uri in {contact.uri for contact in told.contacts}) is there,
        since=since,
    )


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_another_device_is_signed_out_and_may_come_back(provider: DemoProvider, transport: str) -> None:
    server = ("127.0.0.1", provider.udp_port)
    async with running_engine() as engine, RawUserAgent.opened() as phone:
        await phone.register(server, provider.domain, LOGIN)
        theirs = f"sip:alice@127.0.0.1:{phone.port}"
        await engine.configure("alice", provider.server("udp"), transport=transport)
        await engine.register()
        told = await listed(engine, theirs, there=True)
        assert [contact.uri == theirs for contact in told.contacts if not contact.is_ours] == [True]
        ours = next(contact.uri for contact in told.contacts if contact.is_ours)

        with pytest.raises(NotFoundError):
            await engine.ask(contract.CONTACT_REMOVE, m.EngineContactRemoveParams(uri=ours))
        since = len(engine.told)
        await engine.ask(contract.CONTACT_REMOVE, m.EngineContactRemoveParams(uri=theirs))
        await listed(engine, theirs, there=False, since=since)
        assert theirs not in {contact["Address"] for contact in contacts(provider, "alice")}

        # Whoever signs in again is left alone: later REGISTERs of ours take nothing back.
        await phone.register(server, provider.domain, LOGIN)
        for _ in range(2):
            since = len(engine.told)
            await engine.ask(contract.CONTACT_REFRESH)
            await listed(engine, theirs, there=True, since=since)
        states = [told.registration.state for told in engine.told if hasattr(told, "registration")]
        assert states == ["registering", "registered", *["registered"] * (len(states) - 2)]


async def test_a_voicemail_box_is_subscribed_to_and_told(provider: DemoProvider) -> None:
    async with running_engine() as engine, RawUserAgent.opened() as voicemail_server:
        await engine.configure("alice", provider.server("udp"))
        await engine.register()
        await engine.ask(contract.VOICEMAIL_SUBSCRIBE)

        async def is_told() -> m.Voicemail | None:
            await publish(
                voicemail_server,
                provider,
                f"Messages-Waiting: yes\r\nMessage-Account: sip:echo@{provider.domain}\r\nVoice-Message: 2/8 (0/2)\r\n",
            )
            states = [told.voicemail for told in engine.told if isinstance(told, m.EngineVoicemailStateChangedParams)]
            return next((state for state in states if state.new_count == 2), None)

        state = await eventually(is_told, interval_s=0.2, what="the subscription, and the box's state")
        assert state == m.Voicemail(
            known=True, waiting=True, new_count=2, old_count=8, account=f"sip:echo@{provider.domain}"
        )


def summary(count: int, to: str, agent: RawUserAgent) -> str:
    """An unsolicited NOTIFY."""
    body = f"Messages-Waiting: yes\r\nVoice-Message: {count}/0\r\n"
    lines = [
        f"NOTIFY {to} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{agent.port};branch=z9hG4bK{secrets.token_hex(8)};rport",
        "Max-Forwards: 70",
        f"From: <sip:voicemail@provider-a.test>;tag={secrets.token_hex(4)}",
        f"To: <{to}>",
        f"Call-ID: {secrets.token_hex(8)}",
        "CSeq: 1 NOTIFY",
        f"Contact: <sip:127.0.0.1:{agent.port}>",
        "Event: message-summary",
        "Subscription-State: active",
        "Content-Type: application/simple-message-summary",
        f"Content-Length: {len(body)}",
        "",
        body,
    ]
    return "\r\n".join(lines)


async def test_an_unsolicited_state_counts_from_the_registrar_only(provider: DemoProvider) -> None:
    """The registrar here is a socket that answers 200 to REGISTER; the stranger is another one."""
    del provider
    async with running_engine() as engine, RawUserAgent.opened() as registrar, RawUserAgent.opened() as stranger:
        await engine.configure("alice", f"127.0.0.1:{registrar.port}")
        await engine.ask(contract.ACCOUNT_REGISTER)
        register = await registrar.wait_for(lambda came: came.method == "REGISTER")
        contact = register.header("contact").partition("<")[2].partition(">")[0].partition(";")[0]
        await engine.registration("registered")
        for agent, count in ((stranger, 99), (registrar, 3)):
            agent.send(summary(count, contact, agent), register.source)
            await agent.wait_for(lambda came: came.status == 200 and "NOTIFY" in came.header("cseq"))
        told = await engine.seen(m.EngineVoicemailStateChangedParams)
        assert told.voicemail.new_count == 3
