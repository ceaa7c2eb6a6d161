import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest
from elsipo.host.credentials import Credentials
from elsipo.rpc.errors import CredentialStoreError


class _Memory(keyring.backend.KeyringBackend):
    """What a desktop's keyring does, without a desktop."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError


@pytest.fixture
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def desktop_keyring() -> Iterator[_Memory]:
    before = keyring.get_keyring()
    memory = _Memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


def test_a_password_goes_to_the_keyring_and_into_no_file(tmp_path: Path, desktop_keyring: _Memory) -> None:
    credentials = Credentials(tmp_path / "passwords.json")
    credentials.keep("alice", "alicepw", allow_file=True)
    assert desktop_keyring.kept == {("elsipo", "alice"): "alicepw"}
    assert credentials.recall("alice") == "alicepw"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_keyring")
def test_without_a_keyring_the_person_is_asked_first(tmp_path: Path) -> None:
    with pytest.raises(CredentialStoreError, match="No keyring runs here"):
        Credentials(tmp_path / "passwords.json").keep("alice", "alicepw", allow_file=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_keyring")
def test_an_allowed_file_is_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    Credentials(path).keep("alice", "alicepw", allow_file=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Credentials(path).recall("alice") == "alicepw"


@pytest.mark.usefixtures("no_keyring")
def test_a_forgotten_password_is_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    credentials = Credentials(path)
    credentials.keep("alice", "alicepw", allow_file=True)
    credentials.forget("alice")
    assert "alicepw" not in path.read_text()
    with pytest.raises(CredentialStoreError):
        credentials.recall("alice")


def test_a_keyring_that_came_later_takes_the_password_over(tmp_path: Path, desktop_keyring: _Memory) -> None:
    path = tmp_path / "passwords.json"
    Credentials(path, use_keyring=False).keep("alice", "old", allow_file=False)
    Credentials(path).keep("alice", "new", allow_file=True)
    assert "old" not in path.read_text()
    assert Credentials(path).recall("alice") == "new"
    assert desktop_keyring.kept


def test_a_profile_without_keyring_leaves_it_alone(tmp_path: Path, desktop_keyring: _Memory) -> None:
    credentials = Credentials(tmp_path / "passwords.json", use_keyring=False)
    credentials.keep("alice", "alicepw", allow_file=False)
    assert credentials.recall("alice") == "alicepw"
    credentials.forget("alice")
    assert desktop_keyring.kept == {}


def test_a_password_file_that_is_not_ours_is_an_error_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    path.write_text("nonsense")
    with pytest.raises(CredentialStoreError):
        Credentials(path, use_keyring=False).keep("alice", "alicepw", allow_file=True)
    assert path.read_text() == "nonsense"
