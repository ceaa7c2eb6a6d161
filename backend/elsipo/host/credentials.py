"""Passwords: in the OS keyring, or, where none runs and the person said so, in a file of mode 0600.

Knows nothing of SIP. Nothing here is ever logged.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from elsipo.host.private_file import write_private
from elsipo.rpc.errors import CredentialStoreError

if TYPE_CHECKING:
    from pathlib import Path

_SERVICE = "elsipo"
_NO_KEYRING = (
    "No keyring runs here to keep the password in. Start one (GNOME Keyring, KWallet), "
    "or allow a file that only you can read."
)


class Credentials:
    """Passwords by account id. Calls may block on the desktop's keyring: use a thread.

    Args:
        fallback: The file for those who allowed one.
        use_keyring: False keeps everything in the file: a profile that is thrown away leaves the keyring alone.
    """

    def __init__(self, fallback: Path, *, use_keyring: bool = True) -> None:
        self._fallback = fallback
        self._use_keyring = use_keyring

    def keep(self, account_id: str, password: str, *, allow_file: bool) -> None:
        """Store a password.

        Raises:
            CredentialStoreError: no keyring runs, and a file is not allowed or cannot be written.
        """
        if self._use_keyring and self._keep_in_keyring(account_id, password, allow_file=allow_file):
            self._forget_in_file(account_id)
            return
        try:
            write_private(self._fallback, json.dumps(self._in_file() | {account_id: password}))
        except OSError as error:
            raise CredentialStoreError(f"The password file cannot be written: {error.strerror}.") from error

    def recall(self, account_id: str) -> str:
        """The password of an account.

        Raises:
            CredentialStoreError: there is none, or the keyring is locked or gone.
        """
        if (password := self._in_file().get(account_id)) is not None:
            return password
        if self._use_keyring:
            import keyring
            from keyring.errors import KeyringError

            try:
                password = keyring.get_password(_SERVICE, account_id)
            except (KeyringError, RuntimeError) as error:
                raise CredentialStoreError(
                    "The keyring does not give the password. Unlock it and try again."
                ) from error
        if password is None:
            raise CredentialStoreError("There is no password for this account. Sign out and in again.")
        return password

    def forget(self, account_id: str) -> None:
        """Delete a password wherever it is; one that is not there is no error."""
        self._forget_in_file(account_id)
        if self._use_keyring:
            import keyring
            from keyring.errors import KeyringError

            # Nothing kept, or no keyring: either way it is not there.
            with contextlib.suppress(KeyringError, RuntimeError):
                keyring.delete_password(_SERVICE, account_id)

    def _keep_in_keyring(self, account_id: str, password: str, *, allow_file: bool) -> bool:
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(_SERVICE, account_id, password)
        except (KeyringError, RuntimeError) as error:
            if not allow_file:
                raise CredentialStoreError(_NO_KEYRING) from error
            return False
        return True

    def _in_file(self) -> dict[str, str]:
        try:
            kept = json.loads(self._fallback.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise CredentialStoreError("The password file cannot be read.") from error
        return {str(key): str(value) for key, value in kept.items()}

    def _forget_in_file(self, account_id: str) -> None:
        kept = self._in_file()
        if kept.pop(account_id, None) is not None:
            write_private(self._fallback, json.dumps(kept))
