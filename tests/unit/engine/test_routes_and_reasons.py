"""Where requests go, and how troubles are told."""

from __future__ import annotations

from typing import Any

import pytest
from elsipo.engine.reasons import in_words
from elsipo.engine.routes import plan
from elsipo.rpc._generated.models import AccountSettings
from elsipo.rpc.errors import InvalidAddressError


def _settings(**values: Any) -> AccountSettings:
    return AccountSettings(
        **{
            "account_id": "alice",
            "aor": "sip:alice@example.org",
            "display_name": "",
            "transport": "udp",
            "server": "",
            "auth_user": "",
            "password": "",
            **values,
        }
    )


def test_the_domain_leads_to_itself() -> None:
    routes = plan(_settings(transport="tls"), can_alias=True)
    assert (routes.registrar, routes.proxy, routes.alias) == ("sip:example.org;transport=tls", "", "")


def test_a_server_is_the_first_hop() -> None:
    routes = plan(_settings(server="192.0.2.1:5070", transport="tcp"))
    assert routes.registrar == "sip:example.org;transport=tcp"
    assert routes.proxy == "sip:192.0.2.1:5070;lr;transport=tcp"
    assert routes.hop == "192.0.2.1:5070"


def test_a_tls_server_is_called_by_the_domains_name() -> None:
    routes = plan(_settings(server="192.0.2.1:5071", transport="tls"), can_alias=True)
    assert (routes.proxy, routes.alias) == ("sip:example.org:5071;lr;transport=tls", "192.0.2.1")
    assert plan(_settings(server="192.0.2.1:5071", transport="tls")).proxy == "sip:192.0.2.1:5071;lr;transport=tls"
    assert plan(_settings(server="Example.org", transport="tls"), can_alias=True).alias == ""


@pytest.mark.parametrize(
    "wrong", [{"aor": "sip:example.org"}, {"aor": "sip:a@b@c"}, {"server": "a:b:c"}, {"server": "-]["}]
)
def test_what_is_no_address_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidAddressError):
        plan(_settings(**wrong))


def test_what_a_server_said_stays_and_what_pjsip_says_is_translated() -> None:
    assert in_words("Zu spät", hop="h:1", from_peer=True, sip_status=480) == "Zu spät"
    certificate = in_words("SSL certificate verification error (PJSIP_TLS_ECERTVERIF)", hop="h:1", from_peer=False)
    assert "certificate of h:1" in certificate
    assert "refused" in in_words("Connection refused", hop="h:1", from_peer=False)
    assert in_words("", hop="h:1", from_peer=False, sip_status=408) == "No answer from h:1."
    assert len(in_words("x" * 9999, hop="h:1", from_peer=True)) == 512
