"""What the host knows of its windows: whose each one is, and the tokens that let its documents in.

A token is 128 random bits, good for one connection of one role; asking for a new one voids the old.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from elsipo.rpc.errors import NotFoundError

if TYPE_CHECKING:
    from elsipo.rpc._generated.models import Capability, Role


@dataclass
class Window:
    """A window and whose it is.

    Attributes:
        window_id: Its id, also for the shell.
        account_id: Its account; None while nobody is signed in in it.
        page_capabilities: What the page of its latest ticket may; nothing beyond the baseline before there was one.
    """

    window_id: str
    account_id: str | None = None
    page_capabilities: tuple[Capability, ...] = ()
    tokens: dict[Role, str] = field(default_factory=dict, repr=False)


class Windows:
    """All windows of this run."""

    def __init__(self) -> None:
        self._windows: dict[str, Window] = {}
        self._opened = 0

    def __len__(self) -> int:
        return len(self._windows)

    def all(self) -> list[Window]:
        """In the order they were opened."""
        return list(self._windows.values())

    def open(self, account_id: str | None) -> Window:
        """A new window."""
        self._opened += 1
        window = Window(f"w{self._opened}", account_id)
        self._windows[window.window_id] = window
        return window

    def get(self, window_id: str) -> Window:
        """One window.

        Raises:
            NotFoundError: it is closed.
        """
        try:
            return self._windows[window_id]
        except KeyError:
            raise NotFoundError("That window is closed.") from None

    def of_account(self, account_id: str) -> Window | None:
        """The window of an account, if it has one."""
        return next((window for window in self._windows.values() if window.account_id == account_id), None)

    def close(self, window_id: str) -> Window | None:
        """Forget a window and its tokens."""
        return self._windows.pop(window_id, None)

    def issue(self, window: Window, role: Role) -> str:
        """A fresh token; the last one of this window and role is void."""
        token = secrets.token_hex(16)
        window.tokens[role] = token
        return token

    def redeem(self, token: str) -> tuple[Window, Role] | None:
        """Whose token this is; it is void from now on. None where it is nobody's."""
        for window in self._windows.values():
            for role, issued in window.tokens.items():
                if hmac.compare_digest(issued, token):
                    del window.tokens[role]
                    return window, role
        return None
