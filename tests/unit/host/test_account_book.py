import json
import stat
from pathlib import Path

import pytest
from elsipo.host.account_book import AccountBook
from elsipo.rpc.errors import AccountExistsError, InvalidAddressError, NotFoundError


def test_an_account_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    record = AccountBook(path).add(
        "alice@provider-a.test", display_name="Alice", transport="tls", server="127.0.0.1:5061"
    )
    assert AccountBook(path).all() == [record]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_same_address_written_otherwise_is_the_same_account(tmp_path: Path) -> None:
    book = AccountBook(tmp_path / "accounts.json")
    book.add("alice@provider-a.test")
    with pytest.raises(AccountExistsError):
        book.add("sip:alice@PROVIDER-A.test")
    assert book.by_address("sip:alice@Provider-a.test").account.aor == "sip:alice@provider-a.test"


def test_ids_are_short_names_and_never_twice_the_same(tmp_path: Path) -> None:
    book = AccountBook(tmp_path / "accounts.json")
    ids = [
        book.add(address).account_id
        for address in ("a.b@example.org", "a-b@example.org", "x" * 60 + "@example.org", "x" * 61 + "@example.org")
    ]
    assert ids == ["a-b-example-org", "a-b-example-org-2", "x" * 32, "x" * 30 + "-2"]


@pytest.mark.parametrize("server", ["host name", "a\r\nb", "http://x", "host:port"])
def test_a_server_that_is_no_host_is_refused(tmp_path: Path, server: str) -> None:
    with pytest.raises(InvalidAddressError):
        AccountBook(tmp_path / "accounts.json").add("alice@provider-a.test", server=server)


def test_an_address_without_a_user_is_no_account(tmp_path: Path) -> None:
    with pytest.raises(InvalidAddressError):
        AccountBook(tmp_path / "accounts.json").add("sip:provider-a.test")


def test_a_provider_on_loopback_binds_there(tmp_path: Path) -> None:
    book = AccountBook(tmp_path / "accounts.json")
    assert book.add("alice@provider-a.test", server="127.0.0.1:5062").bound_address == "127.0.0.1"
    assert book.add("alice@provider-b.test", server="192.0.2.1").bound_address is None
    assert book.add("alice@provider-c.test").bound_address is None


def test_a_removed_account_is_gone(tmp_path: Path) -> None:
    book = AccountBook(tmp_path / "accounts.json")
    account_id = book.add("alice@provider-a.test").account_id
    book.remove(account_id)
    with pytest.raises(NotFoundError):
        book.get(account_id)
    assert json.loads((tmp_path / "accounts.json").read_text()) == []


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    path.write_text("{}")
    with pytest.raises(ValueError, match="mend it or move it away"):
        AccountBook(path)
    assert path.read_text() == "{}"
