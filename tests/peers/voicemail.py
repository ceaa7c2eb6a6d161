"""The provider's voicemail server, as far as it tells what is in a box. Must not know who listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elsipo.demo.provider import DemoProvider

    from peers.sip import RawUserAgent


async def publish(agent: RawUserAgent, provider: DemoProvider, summary: str) -> None:
    """Say what is in alice's box.

    Kamailio tells it to those who have subscribed; somebody whose SUBSCRIBE it is still working on may be passed over.

    Args:
        agent: Who says it.
        provider: Where the box is.
        summary: Lines of a simple-message-summary (RFC 3842 §5.2).

    Spec: RFC 3903 §4.
    """
    published = await agent.request(
        "PUBLISH",
        f"sip:alice@{provider.domain}",
        ("127.0.0.1", provider.udp_port),
        sender=f"sip:voicemail@{provider.domain}",
        headers={
            "Event": "message-summary",
            "Expires": "600",
            "Content-Type": "application/simple-message-summary",
        },
        body=summary,
        login=("voicemail", provider.users["voicemail"]),
    )
    assert published.status == 200
