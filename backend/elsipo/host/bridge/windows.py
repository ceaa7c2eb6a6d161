"""What the host knows of its windows: whose each one is, and the tokens that let its documents in.

A second start of Elsipo is let in like a window's document, at a window that is none: the door.
A token is 128 random bits, good for one connection of one role; asking for a new one voids the old.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from elsipo.host.bridge.paces import Paces, page_paces
from elsipo.rpc.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.rpc._generated.models import Capability, Role


@dataclass
class Window:
    """A window and whose it is.

    Attributes:
        window_id: Its id, also for the shell.
        storage: Names what Chromium keeps for it.
        account_id: Its account; None while nobody is signed in in it.
        page_capabilities: What the page of its latest ticket may; nothing beyond the baseline before there was one.
        offer: An address from outside that its chrome has not taken yet.
        has_come: Whether its chrome has come since the native window was last opened.
        shows_sip_page: Whether that page came over SIP, and so gets the baseline whatever others are granted.
        page_source: Whom that was granted to; empty for a page that needs no grant.
        elements: Ids of the page's elements that fragments may fill; None for a page that declares none, as in 2011,
            which takes what it has an element for.
        paces: How fast its page may act, kept over reloads.
    """

    window_id: str
    storage: str
    account_id: str | None = None
    page_capabilities: tuple[Capability, ...] = ()
    offer: str = ""
    has_come: bool = False
    shows_sip_page: bool = False
    page_source: str = ""
    elements: frozenset[str] | None = None
    paces: Paces = field(default_factory=page_paces, repr=False)
    tokens: dict[Role, str] = field(default_factory=dict, repr=False)

    def has_element(self, element_id: str) -> bool:
        """Whether a fragment may fill this element of its page."""
        return self.elements is None or element_id in self.elements

    def declare(self, element_id: str) -> None:
        """Let fragments fill one more: the page itself asked for it."""
        if self.elements is not None:
            self.elements |= {element_id}


class Windows:
    """All windows of this run.

    Attributes:
        on_launched: Called when a second start of Elsipo has come through the door.
    """

    def __init__(self) -> None:
        self._windows: dict[str, Window] = {}
        self.on_launched: Callable[[], None] = lambda: None
        self.door = Window("door", "door")
        self._opened = 0

    def __len__(self) -> int:
        return len(self._windows)

    def all(self) -> list[Window]:
        """In the order they were opened."""
        return list(self._windows.values())

    @staticmethod
    def fresh_storage() -> str:
        """A name that nothing was kept under."""
        return secrets.token_hex(8)

    def open(self, account_id: str | None, storage: str | None = None) -> Window:
        """A new window; with a storage of its own where none is given."""
        self._opened += 1
        window = Window(f"w{self._opened}", storage or self.fresh_storage(), account_id)
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
        for window in (self.door, *self._windows.values()):
            for role, issued in window.tokens.items():
                if hmac.compare_digest(issued, token):
                    del window.tokens[role]
                    window.has_come |= role == "chrome"
                    if window is self.door:
                        self.on_launched()
                    return window, role
        return None
