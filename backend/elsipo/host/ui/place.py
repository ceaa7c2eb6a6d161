"""What a window is told of its page: where it is, and whether it may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from elsipo.host.ui.where import LocalUi, RemoteUi
from elsipo.rpc._generated.models import PageTicket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elsipo.host.provider_ui.bundle import Bundle
    from elsipo.rpc._generated.models import CapabilityAsk, PageConsent, PageKind

PROVIDER_PREFIX = "ui."
"""Before an account's host name, the host name of its provider's page."""


@dataclass(frozen=True)
class Place:
    """A page's place in its window.

    Attributes:
        url: What the frame loads.
        origin: Who is let in when it greets.
        title: What the address bar calls it.
        kind: Where it is from.
    """

    url: str
    origin: str
    title: str
    kind: PageKind

    @classmethod
    def of(cls, ui: LocalUi | RemoteUi | Bundle | None, own_origin: str) -> Place:
        """The place of a page.

        Args:
            ui: Where it is from; None for the built-in home.
            own_origin: The account's own origin, where home and local pages live.
        """
        if isinstance(ui, LocalUi):
            return cls(own_origin + ui.path, own_origin, ui.title, "local")
        if isinstance(ui, RemoteUi):
            return cls(ui.url, ui.origin, ui.title, "remote")
        if ui is None or ui.manifest.page is None:
            return cls(f"{own_origin}/", own_origin, "Home", "home")
        origin = own_origin.replace("://", f"://{PROVIDER_PREFIX}")
        return cls(f"{origin}/{quote(ui.manifest.page.entry)}", origin, ui.manifest.name, "provider")

    def ticket(
        self,
        token: str,
        *,
        source: str = "",
        asks: Sequence[CapabilityAsk] = (),
        consent: PageConsent = "unneeded",
        may_load: bool = True,
        markup: str | None = None,
    ) -> PageTicket:
        """The contract's words for it.

        Args:
            token: For its connection.
            source: Whom grants are given to; empty where none are needed.
            asks: What the person has yet to decide on.
            consent: What the person said about the page.
            may_load: Whether it may be shown now.
            markup: The document itself, for an empty place that waits for it.
        """
        return PageTicket(
            token=token,
            url=self.url,
            origin=self.origin,
            title=self.title,
            kind=self.kind,
            consent=consent,
            may_load=may_load,
            asks=list(asks),
            source=source or None,
            markup=markup,
        )
