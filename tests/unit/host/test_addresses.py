import pytest
from elsipo.host.addresses import canonical_peer, parse, user_and_domain
from elsipo.rpc.errors import InvalidAddressError

OWN = "provider-a.test"


@pytest.mark.parametrize(
    ("typed", "uri"),
    [
        ("bob", "sip:bob@provider-a.test"),
        ("  bob ", "sip:bob@provider-a.test"),
        ("bob@Example.ORG", "sip:bob@example.org"),
        ("sip:bob@example.org:5070", "sip:bob@example.org:5070"),
        ("SIPS:bob@example.org", "sips:bob@example.org"),
        ("sip:bob@example.org;transport=TCP", "sip:bob@example.org;transport=tcp"),
        ('"Bob B." <sip:bob@example.org>', "sip:bob@example.org"),
        ("+49 (30) 12-34", "sip:+493012 34@provider-a.test".replace(" ", "")),
        ("tel:+49-30-1234", "sip:+49301234@provider-a.test"),
        ("*97", "sip:*97@provider-a.test"),
        ("sip:bob", "sip:bob@provider-a.test"),
        ("sip:example.org", "sip:example.org"),
        ("bob@[2001:db8::1]:5060", "sip:bob@[2001:db8::1]:5060"),
        ("jürgen", "sip:j%C3%BCrgen@provider-a.test"),
        ("bob@müller.example", "sip:bob@xn--mller-kva.example"),
    ],
)
def test_a_typed_address_becomes_a_sip_uri(typed: str, uri: str) -> None:
    assert parse(typed, OWN).uri == uri


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "sip:",
        "bob smith",
        "bob@exam ple.org",
        "bob\r\nRoute: <sip:evil>",
        "bob@example.org\r\nX: y",
        "bob\x00@example.org",
        "sip:bob@example.org?Replaces=1",
        "sip:bob@example.org;maddr=192.0.2.1",
        "sip:bob@example.org;lr",
        "bob@example.org:99999",
        "bob@example.org:",
        "bob@-example.org",
        "bob@@",
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "tel:bob",
        "a" * 10_240,
        "a" * 10_240 + "@example.org",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAddressError):
        parse(typed, OWN)


def test_a_bare_name_without_a_domain_is_refused() -> None:
    with pytest.raises(InvalidAddressError):
        parse("bob")


def test_an_address_of_the_own_domain_is_shown_short() -> None:
    assert parse("bob", OWN).display(OWN) == "bob"
    assert parse("bob@example.org", OWN).display(OWN) == "bob@example.org"
    assert parse("j%C3%BCrgen", OWN).display(OWN) == "jürgen"


def test_whoever_wrote_is_kept_without_parameters() -> None:
    assert canonical_peer("sip:bob@Provider-A.test;transport=tcp?x=y") == "sip:bob@provider-a.test"


def test_an_unreadable_sender_is_anonymous() -> None:
    assert canonical_peer("sip:bob smith@x") == "sip:anonymous@anonymous.invalid"
    assert canonical_peer("") == "sip:anonymous@anonymous.invalid"


def test_the_user_of_a_broken_from_is_nobody() -> None:
    assert user_and_domain("sip:id-x@provider-a.test") == ("id-x", "provider-a.test")
    assert user_and_domain("sip:id-x@provider-a.test\r\n") == ("id-x", "provider-a.test")
    assert user_and_domain("id-x <script>") == ("", "")
