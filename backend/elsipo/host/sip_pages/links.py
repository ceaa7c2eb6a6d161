"""What a link of a page, or what was typed as a page's address, means: a page to open or a call to offer.

Knows URIs, no SIP.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import structs

from elsipo.host.addresses import SipAddress, parse
from elsipo.rpc._generated.models import FollowedLink, FormField
from elsipo.rpc.errors import InvalidAddressError

# RFC 3261 §19.1.1: the method that a request to this URI is made with; of links only these two mean something.
_METHOD: Final = re.compile(r";method=([A-Za-z]+)", re.IGNORECASE)
_SCHEME: Final = re.compile(r"\A\s*(sips?|tel):", re.IGNORECASE)


def page_address(text: str, own_domain: str) -> SipAddress:
    """Understand the address of a page.

    Raises:
        InvalidAddressError: it is none.
    """
    address = parse(_METHOD.sub("", text), own_domain)
    if not address.user:
        raise InvalidAddressError("A page's address looks like sip:menu@provider.example.")
    return address


def followed(uri: str, fields: list[FormField] | None, own_domain: str) -> FollowedLink:
    """Understand a link that was followed.

    Raises:
        InvalidAddressError: it leads nowhere.

    Spec: RFC 3261 §19.1.1 (method), RFC 3966 (tel)
    """
    scheme = _SCHEME.match(uri)
    if scheme is None:
        raise InvalidAddressError("Links lead to sip:, sips: and tel: addresses.")
    method = _METHOD.search(uri)
    wanted = method.group(1).upper() if method else "MESSAGE"
    if scheme.group(1).lower() == "tel" or wanted == "INVITE":
        return FollowedLink(kind="call", uri=parse(_METHOD.sub("", uri), own_domain).uri)
    if wanted != "MESSAGE":
        raise InvalidAddressError("That link asks for what no page can have.")
    link = FollowedLink(kind="page", uri=page_address(uri, own_domain).uri)
    return link if fields is None else structs.replace(link, fields=fields)
