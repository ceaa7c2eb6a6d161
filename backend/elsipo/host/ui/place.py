"""What a window is told of its page: where it is, whether it may be shown, and whether it may act for the account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from elsipo.host.ui.where import LocalUi, RemoteUi
from elsipo.rpc._generated.models import PageTicket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from elsipo.rpc._generated.models import PageConsent, PageKind


@dataclass(frozen=True)
class Place:
    """A page's place in its window.

    Attributes:
        url: What the frame loads.
        origin: Who is let in when it greets.
        title: What the address bar calls it.
        kind: Where it is from.
        consent: What the person said about it.
        may_load: Whether it may be shown now.
    """

    url: str
    origin: str
    title: str
    kind: PageKind
    consent: PageConsent = "unneeded"
    may_load: bool = True

    @classmethod
    def of(
        cls, ui: LocalUi | RemoteUi | None, own_origin: str, consents: Mapping[str, bool], *, sandboxed: bool
    ) -> Place:
        """The place of a page.

        Args:
            ui: Where it is from; None for the built-in home.
            own_origin: The account's own origin, where home and local pages live.
            consents: What the person said about pages from the web, by origin.
            sandboxed: Whether Chromium's sandbox holds what a page from the web might break.
        """
        if ui is None:
            return cls(f"{own_origin}/", own_origin, "Home", "home")
        if isinstance(ui, LocalUi):
            return cls(own_origin + ui.path, own_origin, ui.title, "local")
        said = consents.get(ui.origin)
        consent: PageConsent = "undecided" if said is None else "granted" if said else "refused"
        return cls(ui.url, ui.origin, ui.title, "remote", consent, may_load=sandboxed or consent == "granted")

    @property
    def is_trusted(self) -> bool:
        """Whether it may do what pages can; else it gets the baseline."""
        return self.consent in {"unneeded", "granted"}

    def ticket(self, token: str) -> PageTicket:
        """The contract's words for it."""
        return PageTicket(
            token=token,
            url=self.url,
            origin=self.origin,
            title=self.title,
            kind=self.kind,
            consent=self.consent,
            may_load=self.may_load,
        )
