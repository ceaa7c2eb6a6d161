"""What the user should know, said once and kept until it is dismissed or no longer true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from elsipo.rpc._generated.models import Notice, Severity

if TYPE_CHECKING:
    from collections.abc import Callable


class RaiseNotice(Protocol):
    """Say something to the user."""

    def __call__(self, notice_id: str, severity: Severity, text: str) -> None:
        """Raise, or replace, the notice of this id."""
        ...


class NoticeBoard:
    """Notices of one account, or of the program (account None).

    Attributes:
        publish: Called with the account (None: all windows) and each notice that is new.
    """

    def __init__(self) -> None:
        self.publish: Callable[[str | None, Notice], None] = lambda _account_id, _notice: None
        self._notices: dict[tuple[str | None, str], Notice] = {}

    def raise_for(self, account_id: str | None) -> RaiseNotice:
        """A function that raises notices of one account."""

        def raise_notice(notice_id: str, severity: Severity, text: str) -> None:
            notice = Notice(notice_id=notice_id, severity=severity, text=text)
            if self._notices.get((account_id, notice_id)) == notice:
                return
            self._notices[account_id, notice_id] = notice
            self.publish(account_id, notice)

        return raise_notice

    def seen_by(self, account_id: str | None) -> list[Notice]:
        """What a window of this account shows."""
        return [notice for (owner, _), notice in self._notices.items() if owner in {None, account_id}]

    def dismiss(self, account_id: str | None, notice_id: str) -> None:
        """The user has read it; one that is gone already is no error."""
        self._notices.pop((account_id, notice_id), None)
        self._notices.pop((None, notice_id), None)

    def forget(self, account_id: str) -> None:
        """The account is gone."""
        self._notices = {key: notice for key, notice in self._notices.items() if key[0] != account_id}
