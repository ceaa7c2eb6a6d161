"""A name server on loopback (dnspython), with records as a zone file writes them.

Answers over UDP what it is asked; other names do not exist. Must not know SIP.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class NameServer(asyncio.DatagramProtocol):
    """A running name server.

    Attributes:
        address: host:port.
        asked: Questions so far, as `name TYPE`.
    """

    def __init__(self) -> None:
        self.address = ""
        self.asked: list[str] = []
        self._records: list[dns.rrset.RRset] = []
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls) -> AsyncIterator[Self]:
        """A server on a port of its own, without records."""
        transport, server = await asyncio.get_running_loop().create_datagram_endpoint(cls, local_addr=("127.0.0.1", 0))
        server._transport = transport
        server.address = "127.0.0.1:{}".format(transport.get_extra_info("sockname")[1])
        try:
            yield server
        finally:
            transport.close()

    def add(self, name: str, kind: str, *values: str) -> None:
        """Add records of one name and type, such as `add("x.test", "SRV", "10 5 5060 a.x.test.")`."""
        self._records.append(dns.rrset.from_text(f"{name}.", 1, "IN", kind, *values))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a question."""
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        (wanted,) = question.question
        self.asked.append(f"{wanted.name.to_text(omit_final_dot=True)} {dns.rdatatype.to_text(wanted.rdtype)}")
        known = [record for record in self._records if record.name == wanted.name]
        answer.answer = [record for record in known if record.rdtype == wanted.rdtype]
        if not known:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        assert self._transport is not None
        self._transport.sendto(answer.to_wire(), addr)
