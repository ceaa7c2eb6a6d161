"""The ledger: what the person granted or refused, to which origin, for which account, and what use was made of it.

Decisions are on disk before they count. Uses are counted in memory and written now and then: a kill may lose some.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

import msgspec

from elsipo.host.private_file import write_private
from elsipo.rpc._generated.models import Grant

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from pathlib import Path

    from elsipo.rpc._generated.models import Capability, CapabilityAsk

_SAVE_EVERY_S: Final = 30.0
_MOST: Final = 256  # of one account, as the contract has it


class GrantLedger:
    """All decisions of this person.

    Args:
        path: The JSON file.

    Raises:
        ValueError: the file is there but is not ours to read; it is left as it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._grants = _load(path)
        self._saved_at = time.monotonic()
        self._is_saved = True

    def of_account(self, account_id: str) -> list[Grant]:
        """In the order they were decided on."""
        return list(self._grants.get(account_id, []))

    def granted(self, account_id: str, origin: str) -> set[Capability]:
        """What an origin may."""
        return {grant.capability for grant in self._of(account_id, origin) if grant.granted}

    def undecided(self, account_id: str, origin: str, asks: Iterable[CapabilityAsk]) -> list[CapabilityAsk]:
        """Of what is asked for, what the person has not decided on."""
        known = {grant.capability for grant in self._of(account_id, origin)}
        return [ask for ask in asks if ask.capability not in known]

    def decide(
        self, account_id: str, origin: str, asks: Iterable[CapabilityAsk], granted: Container[Capability]
    ) -> None:
        """Remember what the person said about each thing that was asked for."""
        for ask in asks:
            grant = Grant(
                origin=origin,
                capability=ask.capability,
                reason=ask.reason,
                granted=ask.capability in granted,
                decided_at_ms=_now_ms(),
                uses=0,
            )
            self._replace(account_id, grant)
        self.save()

    def change(self, account_id: str, origin: str, capability: Capability, *, granted: bool) -> bool:
        """Revoke, or grant after all; tells whether there was such a thing."""
        for grant in self._of(account_id, origin):
            if grant.capability == capability:
                self._replace(account_id, msgspec.structs.replace(grant, granted=granted, decided_at_ms=_now_ms()))
                self.save()
                return True
        return False

    def used(self, account_id: str, origin: str, capability: Capability) -> None:
        """An origin made use of what it was granted."""
        for grant in self._of(account_id, origin):
            if grant.capability == capability:
                self._replace(account_id, msgspec.structs.replace(grant, used_at_ms=_now_ms(), uses=grant.uses + 1))
                self._is_saved = False
        if time.monotonic() - self._saved_at > _SAVE_EVERY_S:
            self.save()

    def forget(self, account_id: str) -> None:
        """The account is gone, or its page is chosen anew."""
        if self._grants.pop(account_id, None) is not None:
            self.save()

    def forget_origin(self, origin: str) -> None:
        """What goes by this name from now on is another page: nobody granted it anything."""
        for account_id, grants in self._grants.items():
            self._grants[account_id] = [grant for grant in grants if grant.origin != origin]
        self.save()

    def save(self) -> None:
        """Write what is not on disk yet."""
        content = {account_id: [grant.to_wire() for grant in grants] for account_id, grants in self._grants.items()}
        write_private(self._path, json.dumps(content, indent=2) + "\n")
        self._saved_at = time.monotonic()
        self._is_saved = True

    def close(self) -> None:
        """Write the uses that were only counted."""
        if not self._is_saved:
            self.save()

    def _of(self, account_id: str, origin: str) -> list[Grant]:
        return [grant for grant in self._grants.get(account_id, []) if grant.origin == origin]

    def _replace(self, account_id: str, grant: Grant) -> None:
        grants = self._grants.setdefault(account_id, [])
        for place, other in enumerate(grants):
            if (other.origin, other.capability) == (grant.origin, grant.capability):
                grants[place] = grant
                return
        grants.append(grant)
        del grants[:-_MOST]


def _load(path: Path) -> dict[str, list[Grant]]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, list[Grant]])
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(f"{path} is not a list of what pages were granted; mend it or move it away.") from error


def _now_ms() -> int:
    return int(time.time() * 1000)
