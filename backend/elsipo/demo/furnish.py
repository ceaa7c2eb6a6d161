"""What the demo's provider has to tell, so that each of its services shows something: see `furnish`.

Tests of the kit start it unfurnished; the services themselves are the kit's (packaging/provider).
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from elsipo.demo.administration import rpc

if TYPE_CHECKING:
    from elsipo.demo.provider import DemoProvider

_SQL: Final = """
INSERT INTO numbers (title, uri, kind)
SELECT 'Emergency (in the demo: echo)', 'sip:echo@' || domain, 'emergency' FROM provider;

-- A service that no Elsipo ever heard of.
INSERT INTO services (name, title) VALUES ('offers', 'Offers of the week');
CREATE VIEW service_offers AS
SELECT name AS username, json_object('until', 'Sunday', 'offers', json_array(
    json_object('what', 'Calls to Iceland', 'price', '0.02 EUR a minute'),
    json_object('what', 'A second number', 'price', 'free for a month'))) AS answer
FROM users;

-- Calls that another telephone of alice's had.
INSERT INTO acc (method, to_tag, callid, sip_code, caller, callee, at)
SELECT called.method, 'demo', called.callid, called.code, 'sip:' || called.caller || '@' || domain,
       'sip:' || called.callee || '@' || domain, unixepoch() - called.ago_s
FROM provider, (
    SELECT 'INVITE' AS method, 'demo-missed' AS callid, '487' AS code, 'bob' AS caller, 'alice' AS callee, 5400 AS ago_s
    UNION ALL SELECT 'INVITE', 'demo-answered', '200', 'alice', 'bob', 93600
    UNION ALL SELECT 'BYE', 'demo-answered', '200', 'alice', 'bob', 93505) AS called;
"""
_VOICEMAIL: Final = "Messages-Waiting: yes\r\nVoice-Message: 2/1\r\n"
_VOICEMAIL_S: Final = 3600  # as long as Kamailio keeps it


async def furnish(provider: DemoProvider) -> None:
    """Add a special number, a service, calls of the last days, and messages in alice's voicemail box.

    Args:
        provider: Runs.

    Raises:
        OSError: its administration does not answer.
        RpcError: it refuses.
    """
    await asyncio.to_thread(_fill, provider)
    await asyncio.to_thread(_publish, provider, "alice")


def _fill(provider: DemoProvider) -> None:
    with closing(sqlite3.connect(provider.run_dir / "provider.sqlite")) as database, database:
        database.executescript(_SQL)


def _publish(provider: DemoProvider, user: str) -> None:
    """Say what is in a voicemail box, as the voicemail server would. Spec: RFC 3842, RFC 3903 §4."""
    box = f"sip:{user}@{provider.domain}"
    headers = (
        f"From: <sip:voicemail@{provider.domain}>",
        f"To: <{box}>",
        "Event: message-summary",
        f"Expires: {_VOICEMAIL_S}",
        "Content-Type: application/simple-message-summary",
    )
    lines = "".join(f"{header}\r\n" for header in headers)
    own = provider.server("udp")
    rpc(provider, "tm.t_uac_start", "PUBLISH", box, f"sip:{own}", f"udp:{own}", lines, _VOICEMAIL)
