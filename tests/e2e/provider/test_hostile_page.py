"""A provider's page that would do harm, in the real windows of both bindings: each threat, and what became of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from e2e.provider.intruder import ALICE, BOB, PATIENCE_S, Intruder
from e2e.shell import bindings
from elsipo.rpc.errors import InvalidParamsError, PermissionDeniedError
from peers.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from e2e.shell.bindings import Binding
    from peers.tls import Authority

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=bindings.ALL, ids=lambda binding: binding.name, name="_evil"
)
async def _signed_in(
    request: pytest.FixtureRequest,
    display: str,
    kamailio: str,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Intruder]:
    del kamailio
    binding: Binding = request.param
    binding.python()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", display)
        async with Intruder.signed_in(binding, authority, tmp_path_factory.mktemp("evil")) as evil:
            yield evil


@pytest_asyncio.fixture(loop_scope="module")
async def refused(_evil: Intruder) -> AsyncIterator[Intruder]:
    """Alice allows the page nothing."""
    await _evil.person(agrees=False)
    yield _evil
    await _evil.is_usable()


@pytest_asyncio.fixture(loop_scope="module")
async def evil(_evil: Intruder) -> AsyncIterator[Intruder]:
    """Alice agrees to all that the page asks for; whatever it did, her window is usable afterwards."""
    await _evil.person(agrees=True)
    yield _evil
    await _evil.is_usable()


WANTS = """return {
    dial: await ended(elsipo.call.dial({target: 'carol'})),
    send: await ended(elsipo.message.send({to: 'carol', body: 'Buy!'})),
    read: await ended(elsipo.conversation.list()),
    calls: await ended(elsipo.call.history()),
    service: await ended(elsipo.service.query({service: 'balance'})),
    unasked: await ended(elsipo.account.unregister()),
};"""


async def test_a_page_that_was_allowed_nothing_gets_nothing(refused: Intruder) -> None:
    await refused.shows(WANTS)
    if not refused.host._is_sandboxed():
        # Without Chromium's sandbox such a page is not even shown.
        await refused.chrome.says('[data-testid="page-refused"]', "allowed")
        return
    await refused.chrome.click('[data-testid="gesture-allow"]')
    assert set((await refused.outcome()).values()) == {"PermissionDeniedError"}


async def test_a_page_that_was_allowed_what_it_asked_for_gets_that_and_no_more(evil: Intruder) -> None:
    await evil.shows(WANTS)
    await evil.chrome.click('[data-testid="gesture-deny"]')
    ends = await evil.outcome()
    assert ends == {
        "dial": "GestureRequiredError",
        "send": "done",
        "read": "done",
        "calls": "done",
        "service": "done",
        "unasked": "PermissionDeniedError",
    }


async def test_a_page_that_looks_for_the_token_finds_none(evil: Intruder) -> None:
    seen = await evil.tries("""await elsipo.account.get();
        const names = (thing) => { const all = []; for (const name in thing) all.push(name, String(thing[name]));
            return all; };
        return [location.href, document.cookie, document.referrer, name, Object.assign({}, localStorage),
            Object.assign({}, sessionStorage), names(elsipo), document.documentElement.outerHTML,
            performance.getEntries().map((entry) => entry.name), elsipo.session, history.state, heard];""")
    assert "elsipo.port" in str(seen), "The spy heard nothing."
    assert re.findall(r"[0-9a-f]{32}", str(seen)) == []


async def test_a_page_that_calls_the_bridge_or_the_network_reaches_nothing(evil: Intruder) -> None:
    before = list(evil.web.asked)
    ends = await evil.tries(
        """const to = (url) => [
            settled((end) => { const ws = new WebSocket(url.replace('http', 'ws') + 'rpc', 'elsipo.v1');
                ws.onopen = () => end('opened'); ws.onerror = () => end('refused'); }),
            settled((end) => { const x = new XMLHttpRequest(); x.open('GET', url); x.onload = () => end('loaded');
                x.onerror = () => end('refused'); x.send(); }),
            settled((end) => { const i = new Image(); i.onload = () => end('loaded'); i.onerror = () => end('refused');
                i.src = url + 'x.png'; }),
            settled((end) => { const s = document.createElement('script'); s.onload = () => end('loaded');
                s.onerror = () => end('refused'); s.src = url + 'x.js'; document.body.append(s); }),
            fetch(url, {mode: 'no-cors'}).then(() => 'fetched', () => 'refused'),
            settled((end) => { navigator.sendBeacon(url, 'x'); end('refused'); }),
            settled((end) => { new EventSource(url).onerror = () => end('refused'); }),
        ];
        return Promise.all([].concat(to('BRIDGE'), to('WEB')));""".replace(
            "BRIDGE", evil.host.bridge.chrome_url
        ).replace("WEB", f"{evil.web.origin}/")
    )
    assert set(ends) == {"refused"}
    fetched = {"/elsipo.json", "/index.html", "/spy.js", "/attack.js"}
    assert set(evil.web.asked[len(before) :]) <= fetched | {f"{path} 304" for path in fetched}


async def test_a_page_that_frames_the_chrome_shows_nothing_of_it(evil: Intruder) -> None:
    ends = await evil.tries(
        """return settled((end) => { const frame = document.createElement('iframe'); frame.src = 'BRIDGE';
            frame.onload = () => { let seen;
                try { seen = frame.contentDocument === null ? 'refused' : frame.contentDocument.body.innerHTML; }
                catch (error) { seen = 'refused'; }
                end(seen || 'refused'); };
            document.body.append(frame); });""".replace("BRIDGE", evil.host.bridge.chrome_url)
    )
    assert ends == "refused"
    assert len(evil.host.bridge.connections_of(_window_id(evil), "chrome")) == 1


async def test_a_page_that_covers_the_chrome_stays_in_its_box(evil: Intruder) -> None:
    ends = await evil.tries("""const cover = document.body.appendChild(document.createElement('div'));
        cover.setAttribute('style', 'position:fixed;top:-500px;left:-500px;width:9999px;height:9999px;'
            + 'z-index:2147483647;background:red');
        const ask = document.documentElement.requestFullscreen || document.documentElement.webkitRequestFullscreen;
        const full = await settled((end) => {
            ['fullscreenerror', 'webkitfullscreenerror'].forEach((name) =>
                document.addEventListener(name, () => end('refused')));
            const asked = ask.call(document.documentElement);
            if (asked) asked.then(() => end('covered'), () => end('refused')); });
        alert('Your password?'); scrollTo(0, -9999); moveTo(0, 0); resizeTo(9999, 9999);
        return full;""")
    assert ends == "refused"
    # What is above the page is above it still: the pointer finds it there.
    at_the_button = """(() => { const box = document.querySelector('[data-testid="account-menu-button"]');
        const { left, top, width, height } = box.getBoundingClientRect();
        return box.contains(document.elementFromPoint(left + width / 2, top + height / 2)); })()"""
    below = """document.querySelector('[data-testid="page-frame"]').getBoundingClientRect().top
        >= document.querySelector('[data-testid="chrome-topbar"]').getBoundingClientRect().bottom"""
    assert await evil.chrome.evaluate(at_the_button) is True
    assert await evil.chrome.evaluate(below) is True


async def test_a_page_that_navigates_the_window_moves_nothing(evil: Intruder) -> None:
    (connection,) = evil.host.bridge.connections_of(_window_id(evil), "chrome")
    ends = await evil.tries(
        """const away = 'WEB/gone';
        const attempt = (what) => { try { what(); } catch (error) { return error.name; } return 'nothing'; };
        const click = (tag, members) => { const made = Object.assign(document.createElement(tag), members);
            document.body.append(made); made.click ? made.click() : made.submit(); };
        return [
            attempt(() => { top.location = away; }),
            attempt(() => { top.location.replace(away); }),
            attempt(() => { parent.location.href = 'javascript:document.title="owned"'; }),
            attempt(() => { open(away, '_top'); }),
            attempt(() => { top.history.back(); }),
            attempt(() => click('a', {href: away, target: '_top'})),
            attempt(() => { const form = Object.assign(document.createElement('form'), {action: away, target: '_top'});
                document.body.append(form); form.submit(); }),
        ];""".replace("WEB", evil.web.origin)
    )
    assert len(ends) == 7
    assert not [path for path in evil.web.asked if "gone" in path]
    assert evil.host.bridge.connections_of(_window_id(evil), "chrome") == [connection]
    assert "alice@evil.test" in str(await evil.chrome.evaluate("document.title"))


async def test_a_page_that_opens_windows_opens_none(evil: Intruder) -> None:
    ends = await evil.tries(
        """const link = Object.assign(document.createElement('a'), {href: 'WEB/popup', target: '_blank'});
        document.body.append(link); link.click();
        return [open('WEB/popup'), open('about:blank'), open('', 'named')].map((opened) => opened === null);
        """.replace("WEB", evil.web.origin)
    )
    assert ends == [True, True, True]
    assert not [path for path in evil.web.asked if "popup" in path]
    assert len(evil.host.windows) == 2


async def test_a_page_that_asks_for_devices_gets_none(evil: Intruder) -> None:
    ends = await evil.tries("""const tried = async (what) => {
            try { return await what(); } catch (error) { return 'not there'; } };
        const media = (wants) => tried(() => ended(navigator.mediaDevices.getUserMedia(wants)));
        return Promise.all([media({video: true}), media({audio: true}),
            settled((end) => navigator.geolocation.getCurrentPosition(() => end('found'), () => end('refused'))),
            tried(() => Notification.requestPermission()), tried(() => Notification.permission),
            tried(() => ended(navigator.requestMIDIAccess({sysex: true}))),
            tried(() => ended(navigator.mediaDevices.getDisplayMedia())),
            tried(() => ended(navigator.clipboard.readText())),
        ]);""")
    assert not {"done", "found", "granted"} & set(ends), ends
    assert set(ends[:2]) <= {"NotAllowedError", "NotFoundError"}, ends


async def test_a_page_that_dials_without_a_gesture_asks_the_person(evil: Intruder) -> None:
    before = _calls(evil)
    await evil.shows("return ended(elsipo.call.dial({target: '+900 123'}))")
    await evil.chrome.says('[data-testid="gesture-text"]', "900123")
    await evil.chrome.click('[data-testid="gesture-deny"]')
    assert await evil.outcome() == "GestureRequiredError"
    assert _calls(evil) == before


async def test_a_page_that_dials_fifty_times_places_the_one_call_that_the_person_wants(evil: Intruder) -> None:
    before = _calls(evil)
    await evil.shows("return times(50, () => elsipo.call.dial({target: 'carol'}))")
    await evil.chrome.click('[data-testid="gesture-allow"]')
    ends = await evil.outcome()
    assert (ends.count("done"), ends.count("GestureRequiredError")) == (1, 49)
    await eventually(
        lambda: evil.host.user_agent(ALICE).calls.running().calls == [], timeout_s=PATIENCE_S, what="nobody is there"
    )
    assert _calls(evil) == before + 1


async def test_a_page_that_writes_in_a_loop_is_held_to_a_persons_pace(evil: Intruder) -> None:
    ends = await evil.tries("return times(50, () => elsipo.message.send({to: 'carol', body: 'Buy!'}))")
    assert ends.count("done") <= 12
    assert ends.count("RateLimitedError") == 50 - ends.count("done")


async def test_a_page_that_asks_for_another_accounts_history_is_shown_none_of_it(evil: Intruder) -> None:
    await evil.host.user_agent(BOB).messages.send("carol", "Bob's secret")
    seen = await evil.tries("""const whose = {account_id: 'bob-evil-test'};
        return [
            await raw('message.list', {account_id: 'bob-evil-test', peer: 'carol'}),
            await raw('conversation.list', whose), await raw('call.history', whose),
            await raw('message.list', {peer: 'sip:carol@evil.test'}), await raw('conversation.list', {}),
        ];""")
    assert seen[:3] == [InvalidParamsError.code] * 3
    assert "secret" not in str(seen)


async def test_a_page_that_claims_another_account_is_taken_for_its_own(evil: Intruder) -> None:
    seen = await evil.tries("""elsipo.session.account_id = 'bob-evil-test';
        return [
            await raw('account.get', {account_id: 'bob-evil-test'}),
            await raw('message.send', {account_id: 'bob-evil-test', to: 'carol', body: 'As bob'}),
            await raw('registration.get', {account_id: 'bob-evil-test'}),
            (await elsipo.account.get()).aor, (await raw('account.get', {})).aor,
        ];""")
    assert seen == [InvalidParamsError.code] * 3 + ["sip:alice@evil.test"] * 2


async def test_a_page_that_asks_for_what_is_the_chromes_alone_is_refused(evil: Intruder) -> None:
    ends = await evil.tries(
        """return [
            await raw('grant.change', {origin: 'WEB', capability: 'call.control', granted: true}),
            await raw('grant.decide', {origin: 'WEB', granted: ['call.control']}),
            await raw('provider.allow_local', {allowed: true}),
            await raw('account.list', {}),
            await raw('page.open', {}),
        ];""".replace("WEB", evil.web.origin)
    )
    assert set(ends) == {PermissionDeniedError.code}


@pytest.mark.parametrize(
    "text",
    ["\U0001f468\u200d\U0001f469\u200d\U0001f467" * 8, "W" * 40, "\u0645\u0631\u062d\u0628\u0627 " * 6],
    ids=["emoji", "long", "arabic"],
)
async def test_a_manifest_with_a_hostile_text_in_every_string_spoils_no_window(evil: Intruder, text: str) -> None:
    evil.name = text
    assert await evil.tries("return 'shown'") == "shown"
    await evil.asks_about()
    await evil.chrome.says('[data-testid="about-provider"]', text[:3])
    fits = "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
    assert await evil.chrome.evaluate(fits) is True
    await evil.chrome.click('[data-testid="about-close"]')
    assert await evil.chrome.evaluate(fits) is True


def _window_id(evil: Intruder) -> str:
    window = evil.host.windows.of_account(ALICE)
    assert window is not None
    return window.window_id


def _calls(evil: Intruder) -> int:
    """How many calls alice has had."""
    return len(evil.host.user_agent(ALICE).calls.history(None, 50).calls)
