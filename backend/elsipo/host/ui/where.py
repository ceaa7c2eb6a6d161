"""Where an account's page is from, as a person says it and as the configuration holds it.

`""` is the built-in home; an absolute path is a file or folder of this machine; `https://…` is a page from the web.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

_MAX_LENGTH = 2048
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOME = "home"


@dataclass(frozen=True)
class LocalUi:
    """A page from a folder of this machine.

    Attributes:
        root: The folder that is served; may be gone.
        start: Name of the start page in it.
    """

    root: Path
    start: str = "index.html"

    @property
    def path(self) -> str:
        """Path of the start page below the account's origin."""
        return "/" if self.start == "index.html" else "/" + quote(self.start)

    @property
    def title(self) -> str:
        """What the address bar calls it."""
        return f"your folder {self.root.name or self.root}"[:256]


@dataclass(frozen=True)
class RemoteUi:
    """A page from the web.

    Attributes:
        url: Where it is.
        origin: Its origin, as a browser writes it (RFC 6454 §6.2).
    """

    url: str
    origin: str

    @property
    def title(self) -> str:
        """What the address bar calls it."""
        return f"page from {self.origin}"[:256]


def normalized(where: str, base: Path) -> str:
    """Turn what a person says into what the configuration holds.

    Args:
        where: `home`, a path, a `file:` URL, or an http(s) URL.
        base: Folder that a relative path starts from.

    Raises:
        ValueError: it is none of these, or a page from the web without TLS; the text says what to do.
    """
    where = where.strip()
    if where in {"", _HOME}:
        return ""
    if len(where) > _MAX_LENGTH or not where.isprintable():
        raise ValueError("A page is 'home', a file or folder of yours, or an https address.")
    scheme = where.partition(":")[0].lower() if "://" in where else ""
    if scheme in _DEFAULT_PORTS:
        return _remote(where).url
    if scheme == "file":
        parts = urlsplit(where)
        if parts.netloc not in {"", "localhost"}:
            raise ValueError("A file: address names a file of this machine.")
        where = unquote(parts.path)
    elif scheme:
        raise ValueError(f"A page cannot come from {scheme}: addresses; take a file, a folder or https.")
    if "\0" in where:
        raise ValueError("That is not the name of a file.")
    return str((base / Path(where).expanduser()).absolute())


def understood(ui: str) -> LocalUi | RemoteUi | None:
    """What the configuration means; None is the built-in home.

    Raises:
        ValueError: somebody wrote something else there.
    """
    if not ui:
        return None
    if ui.partition("://")[0].lower() in _DEFAULT_PORTS:
        return _remote(ui)
    path = Path(ui)
    if not path.is_absolute():
        raise ValueError(f"{ui} is not a page.")
    # A file that is gone is still known by its suffix, so that its folder's name is not taken for it.
    if path.is_file() or (path.suffix and not path.is_dir()):
        return LocalUi(path.parent, path.name)
    return LocalUi(path)


def origin_of(url: str) -> str:
    """As `RemoteUi` has it; empty where no page could be from."""
    try:
        ui = understood(url)
    except ValueError:
        return ""
    return ui.origin if isinstance(ui, RemoteUi) else ""


def _remote(url: str) -> RemoteUi:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii") if ":" not in (parts.hostname or "") else ""
    except (ValueError, UnicodeError) as error:
        raise ValueError(f"{url} is not a web address.") from error
    bracketed = parts.hostname or ""
    host = host or (f"[{ipaddress.ip_address(bracketed)}]" if ":" in bracketed else "")
    if not host or parts.username is not None or any(character in host for character in " ;,'\"*"):
        raise ValueError(f"{url} is not a web address that a page can come from.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError(f"A page from the web must come by https, or anybody on the way could change it: {url}")
    suffix = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return RemoteUi(url, f"{parts.scheme}://{host}{suffix}")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
