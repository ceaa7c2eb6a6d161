"""The configuration of 2011, taken over once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from elsipo.host.account_book import AccountBook
from elsipo.host.credentials import Credentials
from elsipo.host.elsipo_ini import Outcome, import_once, read, take_over
from elsipo.rpc.errors import CredentialStoreError

if TYPE_CHECKING:
    from pathlib import Path

INI = """[Elsipo]
url=file://{page}

[Plugin.Pjsip]
username=test
password=x=y;z%
domain=sipserver.example
port=5070
"""


class Person:
    """Somebody with an old file and a new profile."""

    def __init__(self, root: Path, *, use_keyring: bool = False) -> None:
        self.page = root / "elsipo-ui"
        self.page.mkdir()
        self.ini = root / "elsipo.ini"
        self.config = root / "config"
        self.config.mkdir()
        self.book = AccountBook(self.config / "accounts.json")
        self.credentials = Credentials(self.config / "passwords.json", use_keyring=use_keyring)
        self.ini.write_text(INI.format(page=self.page))

    def start(self) -> Outcome | None:
        return import_once(self.ini, self.config, self.book, self.credentials)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """A person whose passwords go to a file without asking."""
    return Person(tmp_path)


@pytest.fixture
def without_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    """A person where no keyring runs."""
    import keyring
    from keyring.errors import NoKeyringError

    def refuse(*_: object) -> None:
        raise NoKeyringError

    monkeypatch.setattr(keyring, "set_password", refuse)
    return Person(tmp_path, use_keyring=True)


def test_the_account_its_page_and_its_password_are_there_and_the_file_is_untouched(person: Person) -> None:
    before = person.ini.read_bytes()
    outcome = person.start()
    assert outcome is not None
    [record] = person.book.all()
    assert outcome.account_id == record.account_id
    assert outcome.severity == "info"
    assert "test@sipserver.example was imported" in outcome.text
    assert record.account.aor == "sip:test@sipserver.example"
    assert record.account.server == "sipserver.example:5070"
    assert record.ui == str(person.page)
    assert person.credentials.recall(record.account_id) == "x=y;z%"
    assert person.ini.read_bytes() == before
    assert "x=y" not in outcome.text


def test_it_is_done_once(person: Person) -> None:
    assert person.start() is not None
    person.book.remove(person.book.all()[0].account_id)
    assert person.start() is None
    assert person.book.all() == []


def test_where_there_is_no_old_file_nothing_is_said(person: Person) -> None:
    person.ini.unlink()
    assert person.start() is None


def test_an_account_that_is_here_already_stays_as_it_is(person: Person) -> None:
    kept = person.book.add("test@sipserver.example")
    outcome = person.start()
    assert outcome is not None
    assert "already" in outcome.text
    assert person.book.all() == [kept]


def test_without_a_keyring_nothing_is_kept_the_way_out_is_said_and_the_next_start_tries_again(
    without_keyring: Person,
) -> None:
    for _ in range(2):
        outcome = without_keyring.start()
        assert outcome is not None
        assert outcome.severity == "warning"
        assert "elsipo account import --allow-file" in outcome.text
        assert without_keyring.book.all() == []
    with pytest.raises(CredentialStoreError):
        take_over(without_keyring.ini, without_keyring.book, without_keyring.credentials, allow_file=False)
    done = take_over(without_keyring.ini, without_keyring.book, without_keyring.credentials, allow_file=True)
    assert done.account_id is not None


def test_a_page_that_is_gone_or_not_allowed_is_said(person: Person) -> None:
    person.page.rmdir()
    outcome = person.start()
    assert outcome is not None
    assert outcome.severity == "warning"
    assert "is not there" in outcome.text
    other = person.ini.with_name("other.ini")
    other.write_text("[Elsipo]\nurl=http://ui.example.org/\n[Plugin.Pjsip]\nusername=a\ndomain=b.example\nport=5060\n")
    second = take_over(other, person.book, person.credentials, allow_file=True)
    assert "https" in second.text
    record = person.book.by_address("a@b.example")
    assert (record.ui, record.account.server) == ("", "")


@pytest.mark.parametrize(
    "content",
    [
        b"no section",
        b"[Plugin.Pjsip]\nusername=a b\ndomain=c d\n",
        b"x" * 70_000,
        b"[Elsipo]\nurl=/a\n",
        b"\xff\xfe\x00",
    ],
)
def test_what_cannot_be_used_is_said_once_without_quoting_it(person: Person, content: bytes) -> None:
    person.ini.write_bytes(content + b"\npassword=hush hush\n")
    outcome = person.start()
    assert outcome is not None
    assert outcome.account_id is None
    assert "hush" not in outcome.text
    assert person.start() is None


def test_values_are_read_as_qt_wrote_them(person: Person) -> None:
    person.ini.write_bytes(
        b'[PLUGIN.PJSIP]\nUsername="a;b"\npassword="q\\"\\\\\\x41\\xe4"\ndomain=sip.example\n; port=1\nport=5060\n'
    )
    found = read(person.ini)
    assert (found.username, found.password, found.port) == ("a;b", 'q"\\A\xe4', "5060")
