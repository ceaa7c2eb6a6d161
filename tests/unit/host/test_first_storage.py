from pathlib import Path

import pytest
from elsipo.host.account_book import AccountBook
from elsipo.host.first_storage import first_storage


def test_the_storage_of_the_first_account_is_known_without_its_book(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    assert first_storage(path) is None
    first = AccountBook(path).add("alice@provider-a.test")
    AccountBook(path).add("bob@provider-a.test")
    assert first_storage(path) == first.storage_name


@pytest.mark.parametrize("text", ["", "[]", "{}", "[7]", "[{}]", '[{"storage": ""}]', '[{"storage": 7}]', "\udcff"])
def test_a_file_that_says_nothing_of_it_is_none_of_its_business(tmp_path: Path, text: str) -> None:
    path = tmp_path / "accounts.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    assert first_storage(path) is None
