"""The demo provider as tests use it: what it knows, asked over its administration socket, and fixtures.

Its class is the program's own: `elsipo.demo.provider.DemoProvider`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import pytest_asyncio
from elsipo.demo.administration import RpcError, rpc
from elsipo.demo.provider import DemoProvider, ProviderError, find_kamailio

from peers import needs
from peers.tls import Authority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_TICK_S: Final = 2.0


def contacts(provider: DemoProvider, user: str) -> list[dict[str, Any]]:
    """Where a user is registered: each with `Address`, `Expires` (seconds from now), `User-Agent` and more."""
    try:
        found = rpc(provider, "ul.lookup", "location", f"{user}@{provider.domain}")
    except RpcError as error:
        # The second: its last contact has just left.
        if any(words in str(error).lower() for words in ("not found", "no contacts")):
            return []
        raise
    return [contact["Contact"] for contact in found["Contacts"]]


def registered_users(provider: DemoProvider) -> set[str]:
    """Names of all who are registered at this moment."""
    return {user for user in provider.users if contacts(provider, user)}


def forget_registrations(provider: DemoProvider) -> None:
    """Make everybody unregistered, as after a restart."""
    for user in registered_users(provider):
        rpc(provider, "ul.rm", "location", f"{user}@{provider.domain}")


@pytest.fixture(scope="session")
def kamailio() -> str:
    """The path of Kamailio's program."""
    try:
        return str(find_kamailio())
    except FileNotFoundError as error:
        needs.missing(str(error))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _shared_provider(kamailio: str) -> AsyncIterator[DemoProvider]:
    del kamailio
    async with DemoProvider(tick_s=_TICK_S) as provider:
        yield provider


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _shared_tls_provider(kamailio: str, authority: Authority) -> AsyncIterator[DemoProvider]:
    del kamailio
    async with DemoProvider(tick_s=_TICK_S, tls=authority.issue("provider-a.test")) as provider:
        yield provider


@pytest.fixture
async def provider(_shared_provider: DemoProvider) -> AsyncIterator[DemoProvider]:
    """A running provider with a tick every two seconds, where nobody is registered; one process for the whole run."""
    await _shared_provider.start()  # a test may have stopped it
    yield _shared_provider
    _clean(_shared_provider)


@pytest.fixture
async def tls_provider(_shared_tls_provider: DemoProvider) -> AsyncIterator[DemoProvider]:
    """As `provider`, with TLS: its certificate is for provider-a.test, signed by `authority`."""
    await _shared_tls_provider.start()
    yield _shared_tls_provider
    _clean(_shared_tls_provider)


@pytest.fixture
async def new_provider(kamailio: str) -> AsyncIterator[Callable[..., DemoProvider]]:
    """Makes providers of the test's own, not yet started, from `DemoProvider`'s arguments; stops them after it."""
    del kamailio
    made = []

    def make(**options: Any) -> DemoProvider:
        made.append(DemoProvider(**options))
        return made[-1]

    yield make
    for provider in made:
        await provider.stop()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that signed `tls_provider`'s certificate."""
    return Authority.new(tmp_path_factory.mktemp("tls") / "authority", "Elsipo test authority")


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that signed nothing of `tls_provider`'s."""
    return Authority.new(tmp_path_factory.mktemp("tls") / "other", "Another authority")


def _clean(provider: DemoProvider) -> None:
    try:
        forget_registrations(provider)
    except ProviderError:
        return  # the test has stopped it
