"""REFER within a call, from an application that means well and from one that does not, through Kamailio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import engine as wire
from elsipo.rpc._generated import models as m
from elsipo.rpc.errors import NotFoundError
from peers.application import Application
from peers.engine_driver import running_engine
from peers.sip import RawUserAgent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from elsipo.demo.provider import DemoProvider
    from peers.engine_driver import Engine
    from peers.sip import SipMessage

PAGE = "https://app.example.org/menu?call=7"


@pytest.fixture
async def application(provider: DemoProvider) -> AsyncIterator[Application]:
    async with Application.registered(provider) as made:
        yield made


@pytest.fixture
async def call_id(alice: Engine, application: Application) -> str:
    """Alice is in a call with the application, which has her ACK and may refer her from that moment on."""
    call_id = await alice.dial(application.uri)
    await application.called()
    return call_id


async def _offered(alice: Engine, since: int = 0) -> m.EngineCallPageOfferedParams:
    return await alice.seen(m.EngineCallPageOfferedParams, since=since)


def _parameters(contact: str) -> list[str]:
    return contact.rpartition(">")[2].split(";")


async def _answer(alice: Engine, call_id: str, offer_id: int, sip_status: int) -> None:
    params = m.EngineCallAnswerOfferParams(call_id=call_id, offer_id=offer_id, sip_status=sip_status)
    await alice.ask(wire.CALL_ANSWER_OFFER, params)


async def test_contacts_say_which_schemes_a_referral_may_have(
    alice: Engine, application: Application, call_id: str
) -> None:
    assert call_id
    assert alice
    assert _parameters((await application.called()).header("contact")).count('schemes="sip,http,https"') == 1


async def test_a_registered_contact_says_so_once() -> None:
    """A parameter that comes twice makes a Contact that a strict registrar refuses (RFC 3261 §7.3.1)."""
    async with running_engine() as engine, RawUserAgent.opened() as registrar:
        await engine.configure("alice", f"127.0.0.1:{registrar.port}")
        await engine.ask(wire.ACCOUNT_REGISTER)
        register = await registrar.wait_for(lambda came: came.method == "REGISTER")
        assert _parameters(register.header("contact")).count('schemes="sip,http,https"') == 1


async def test_a_page_is_offered_and_the_application_told_what_became_of_it(
    alice: Engine, application: Application, call_id: str
) -> None:
    answer = await application.refers(f"<{PAGE}>")
    assert (answer.status, answer.header("refer-sub")) == (200, "")
    assert "<sip:alice@" in answer.header("contact")
    offer = await _offered(alice)
    assert (offer.call_id, offer.url) == (call_id, PAGE)
    await application.hears("100 Trying")
    await _answer(alice, call_id, offer.offer_id, 200)
    await application.hears("200 OK")
    number = answer.header("cseq").partition(" ")[0]
    assert application.told() == [
        f"SIP/2.0 100 Trying (active;expires=180; refer;id={number})",
        f"SIP/2.0 200 OK (terminated;reason=noresource; refer;id={number})",
    ]
    with pytest.raises(NotFoundError):
        await _answer(alice, call_id, offer.offer_id, 200)
    # The call is what it was.
    since = len(alice.told)
    await application.hangs_up()
    await alice.call("disconnected", call_id, since=since)


async def test_an_application_that_wants_no_notifications_gets_none(
    alice: Engine, application: Application, call_id: str
) -> None:
    answer = await application.refers(f"<{PAGE}>", Refer_Sub="false", Require="norefersub")
    assert (answer.status, answer.header("refer-sub")) == (200, "false")
    first = await _offered(alice)
    await _answer(alice, call_id, first.offer_id, 200)
    # What would have been told would have come before this.
    answer = await application.refers(f"<{PAGE}>")
    assert answer.status == 200
    await application.hears("100 Trying")
    assert len(application.told()) == 1


async def test_an_offer_that_comes_again_is_answered_again_and_is_no_other(
    alice: Engine, application: Application, call_id: str
) -> None:
    await application.refers(f"<{PAGE}>", Refer_Sub="false")
    offer = await _offered(alice)
    await _answer(alice, call_id, offer.offer_id, 200)
    await application.repeats()
    assert [came.status for came in application.came if came.status] == [200]
    assert [told for told in alice.told if isinstance(told, m.EngineCallPageOfferedParams)] == [offer]


async def test_what_the_person_refused_is_not_offered_again_in_this_call(
    alice: Engine, application: Application, call_id: str
) -> None:
    await application.refers(f"<{PAGE}>")
    offer = await _offered(alice)
    await _answer(alice, call_id, offer.offer_id, 603)
    await application.hears("603 Decline")
    assert (await application.refers(f"<{PAGE}>")).status == 603


async def test_fifty_offers_in_a_row_are_one(alice: Engine, application: Application, call_id: str) -> None:
    answers = [(await application.refers(f"<{PAGE}&{number}>")).status for number in range(50)]
    assert answers == [200] + [491] * 49
    offers = [told for told in alice.told if isinstance(told, m.EngineCallPageOfferedParams)]
    assert [offer.url for offer in offers] == [f"{PAGE}&0"]
    await _answer(alice, call_id, offers[0].offer_id, 480)
    assert (await application.refers(f"<{PAGE}>")).status == 200


@pytest.mark.parametrize(
    ("targets", "status"),
    [
        (("<javascript:alert(1)>",), 416),
        (("<file:///etc/passwd>",), 416),
        (("<data:text/html,hello>",), 416),
        (("<sip:bob@provider-a.test>",), 603),
        (("<sip:bob@provider-a.test?Replaces=x>",), 603),
        (("tel:112",), 603),
        (("<https:app>",), 400),
        (("<https://app.example.org/ x>",), 400),
        (("<https://app.example.org/" + "x" * 2100 + ">",), 400),
        (("",), 400),
        ((), 400),
        ((f"<{PAGE}>", f"<{PAGE}>"), 400),
    ],
)
async def test_where_nobody_may_be_referred_to_is_refused_and_nobody_is_called(
    alice: Engine, application: Application, call_id: str, targets: tuple[str, ...], status: int
) -> None:
    assert (await application.refers(*targets)).status == status
    assert (await alice.ask(wire.ENGINE_ECHO, m.EngineEngineEchoParams(text="alive"))) == "alive"
    assert not [told for told in alice.told if isinstance(told, m.EngineCallPageOfferedParams)]
    calls = {told.call.call_id for told in alice.told if isinstance(told, m.EngineCallStateChangedParams)}
    assert calls == {call_id}
    assert not application.told()


async def test_an_extension_that_is_not_understood_is_named(
    alice: Engine, application: Application, call_id: str
) -> None:
    answer = await application.refers(f"<{PAGE}>", Require="norefersub, magic")
    assert (answer.status, answer.header("unsupported")) == (420, "magic")
    assert call_id
    assert alice


async def _refer(stranger: RawUserAgent, alice: str, **headers: str) -> SipMessage:
    host, _, port = alice.partition("@")[2].partition(";")[0].partition(":")
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    to_tag = more.pop("To-Tag", "")
    fields = {"Refer-To": f"<{PAGE}>", **more}
    where = (host, int(port))
    return await stranger.request("REFER", alice, where, sender="sip:x@evil.test", headers=fields, to_tag=to_tag)


async def test_a_stranger_offers_nothing_and_who_knows_the_dialog_offers_without_a_subscription(
    alice: Engine, application: Application, call_id: str
) -> None:
    invite = await application.called()
    contact = invite.header("contact").partition("<")[2].partition(">")[0]
    tag = invite.header("from").rpartition(";tag=")[2]
    target = f"{invite.header('call-id')};local-tag={tag};remote-tag="
    async with RawUserAgent.opened() as stranger:
        assert (await _refer(stranger, contact)).status == 403
        assert (await _refer(stranger, contact, Target_Dialog=f"{target}guess", Refer_Sub="false")).status == 403
        assert (await _refer(stranger, contact, Target_Dialog=invite.header("call-id"))).status == 403
        assert (await _refer(stranger, contact, To_Tag=tag)).status == 481
        right = f"{target}{application.tag}"
        asked = await _refer(stranger, contact, Target_Dialog=right)
        assert (asked.status, asked.header("require")) == (421, "norefersub")
        assert not [told for told in alice.told if isinstance(told, m.EngineCallPageOfferedParams)]
        taken = await _refer(stranger, contact, Target_Dialog=right, Refer_Sub="false", Require="tdialog")
        assert (taken.status, taken.header("refer-sub")) == (200, "false")
        assert (await _offered(alice)).call_id == call_id
        since = len(alice.told)
        await application.hangs_up()
        await alice.call("disconnected", call_id, since=since)
        assert (await _refer(stranger, contact, Target_Dialog=right, Refer_Sub="false")).status == 403
    assert (await application.refers(f"<{PAGE}>")).status == 481
