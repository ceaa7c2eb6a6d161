"""Where an account's requests go: its registrar's name, and the server in front of it.

Must not know pjsua2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from elsipo.rpc.errors import InvalidAddressError

if TYPE_CHECKING:
    from elsipo.rpc._generated.models import AccountSettings

_AOR: Final = re.compile(r"[sS][iI][pP][sS]?:([^@;?]+)@([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?")
_SERVER: Final = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?")


@dataclass(frozen=True)
class Routes:
    """URIs of an account.

    Attributes:
        aor: The address-of-record.
        user: Its user part.
        domain: Its host.
        registrar: Request-URI of REGISTER (RFC 3261 §10.2).
        proxy: The first hop of every request, or empty when the domain itself leads there.
        hop: Host and port of the first hop, for a person.
        alias: Host that the proxy's name is to lead to; empty when names lead where the system says.
    """

    aor: str
    user: str
    domain: str
    registrar: str
    proxy: str
    hop: str
    alias: str = ""


def plan(settings: AccountSettings, *, can_alias: bool = False) -> Routes:
    """Work out an account's routes.

    With TLS the server must prove that it is the domain (RFC 5922 §7.2), whatever host `server` names; for that, the
    domain's name is sent to, and led there.

    Args:
        settings: The account.
        can_alias: Whether a name can be led elsewhere (see names). If not, a certificate must be made out for `server`.

    Raises:
        InvalidAddressError: the address-of-record or the server is none.
    """
    match = _AOR.fullmatch(settings.aor)
    server = _SERVER.fullmatch(settings.server)
    if match is None or (settings.server and server is None):
        raise InvalidAddressError
    user, domain, port = match.groups()
    host = f"{domain}:{port}" if port else domain
    parameter = f";transport={settings.transport}"
    hop, alias = settings.server, ""
    if server is not None and settings.transport == "tls" and can_alias and server[1].lower() != domain.lower():
        hop, alias = (f"{domain}:{server[2]}" if server[2] else domain), server[1]
    return Routes(
        aor=f"sip:{user}@{host}",
        user=user,
        domain=domain,
        registrar=f"sip:{host}{parameter}",
        proxy=f"sip:{hop};lr{parameter}" if hop else "",
        hop=settings.server or host,
        alias=alias,
    )
