"""The demo provider's directory of a run: the kit's files, with what is particular to this run filled in.

Must not know how Kamailio is started.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Final

from elsipo.resources import provider_kit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_USER: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
# Names that would speak as an element of a page, or shadow a service.
_RESERVED: Final = ("id-", "elsipo-")
_DOMAIN: Final = re.compile(r"[a-z0-9.-]{1,253}")
_WEB_URL: Final = re.compile(r"[!#-;=?-~]*")  # no quotes, no angle brackets
_MICROSECONDS: Final = 1_000_000
_BALANCE_CENTS: Final = 1_250
_MACHINES: Final = frozenset({"echo", "voicemail"})
# Who answers in the demo is the echo user, whatever is called.
_NUMBERS: Final = (("Voicemail", "echo", "voicemail"), ("Echo test", "echo", "special"))


@dataclass(frozen=True)
class Place:
    """What `local.cfg` says.

    Attributes:
        domain: The provider's domain; also the realm of its digests.
        udp_port: On 127.0.0.1, as are the others.
        tcp_port: May be the same number.
        tls_port: 0 without TLS.
        tick_s: Seconds between two timed messages.
        modules: Kamailio's module directory.
        ui_url: Address of its UI's manifest; empty for none.
        specials_url: Where a web server has `specials.html`; empty for nowhere.
    """

    domain: str
    udp_port: int
    tcp_port: int
    tls_port: int
    tick_s: float
    modules: Path
    ui_url: str = ""
    specials_url: str = ""

    def check(self) -> None:
        """See that all of it can be written down.

        Raises:
            ValueError: the domain is none, or a web address.
        """
        if not _DOMAIN.fullmatch(self.domain):
            raise ValueError(f"This cannot be a domain: {self.domain!r}")
        for url in (self.ui_url, self.specials_url):
            if not _WEB_URL.fullmatch(url):
                raise ValueError(f"This cannot be a web address: {url!r}")

    def require(self, module: str, *, package: str) -> None:
        """See that a module is installed.

        Raises:
            FileNotFoundError: it is not; the text names the package.
        """
        if not (self.modules / module).is_file():
            raise FileNotFoundError(f"Kamailio lacks {module}. Install it: sudo apt-get install {package}")


def module_directory(program: Path) -> Path:
    """Where Kamailio's modules are, beside the program; Debian has a folder an architecture.

    Raises:
        FileNotFoundError: they are not found; the text says how to get them.
    """
    prefix = program.resolve().parent.parent
    candidates = [*sorted(prefix.glob("lib/*-linux-*/kamailio/modules")), prefix / "lib64/kamailio/modules"]
    for folder in (*candidates, prefix / "lib/kamailio/modules"):
        if (folder / "tm.so").is_file():
            return folder
    raise FileNotFoundError("Kamailio's modules are missing. Install them: sudo apt-get install kamailio")


def write_kit(
    run_dir: Path, place: Place, users: Mapping[str, str], *, tls: tuple[Path, Path] | None, owner: str | None
) -> None:
    """Fill the directory of a run.

    Args:
        run_dir: Exists, is empty and private.
        place: Where it listens.
        users: Name to password; only a digest of the password is written.
        tls: Certificate and key, PEM.
        owner: The user that Kamailio will run as; None for ourselves.

    Raises:
        ValueError: a name cannot be a user or a domain, or a web address is none.
    """
    kit = provider_kit()
    place.check()
    for name in ("kamailio.cfg", "pages.cfg"):
        shutil.copyfile(kit / name, run_dir / name)
    for name in ("provider", "location"):
        schema = {"provider": "schema.sql", "location": "location.sql"}[name]
        _write_private(run_dir / f"{name}.sqlite", "")
        with closing(sqlite3.connect(run_dir / f"{name}.sqlite")) as database, database:
            database.executescript((kit / schema).read_text("utf-8"))
            if name == "provider":
                fill(database, place.domain, users)
    words = {
        "domain": place.domain,
        "udp_port": place.udp_port,
        "tcp_port": place.tcp_port,
        "tls_port": place.tls_port,
        "tick_interval": f"{round(place.tick_s * _MICROSECONDS)}u",
        "module_directory": place.modules,
        "ui_define": f'#!define UI_URL "{place.ui_url}"' if place.ui_url else "# (none)",
        "specials_define": _specials(kit / "specials.html", place.specials_url) if place.specials_url else "# (none)",
    }
    for template in kit.glob("*.cfg.in"):
        text = Template(template.read_text("utf-8")).substitute(words)
        _write_private(run_dir / template.name.removesuffix(".in"), text)
    if tls is not None:
        certificate, private_key = tls
        shutil.copyfile(certificate, run_dir / "certificate.pem")
        _write_private(run_dir / "private-key.pem", private_key.read_text("ascii"))
    if owner is not None:
        for path in (run_dir, *run_dir.iterdir()):
            shutil.chown(path, owner)


def _specials(page: Path, url: str) -> str:
    """Where the page is, and how it is recognised (RFC 9530 §2)."""
    octets = page.read_bytes()
    digest = b64encode(hashlib.sha256(octets).digest()).decode()
    defined = {"URL": url, "SIZE": len(octets), "DIGEST": digest}
    return "\n".join(f'#!define SPECIALS_{name} "{value}"' for name, value in defined.items())


def fill(database: sqlite3.Connection, domain: str, users: Mapping[str, str]) -> None:
    """Put the users in, and what the demo's services tell.

    Args:
        database: With the kit's schema.
        domain: The realm.
        users: Name to password; only a digest of the password is kept.

    Raises:
        ValueError: a name cannot be a user.

    Spec: RFC 2617 section 3.2.2.2 (A1).
    """
    database.execute("INSERT INTO provider VALUES (?)", (domain,))
    for name, password in users.items():
        if not _USER.fullmatch(name) or name.startswith(_RESERVED):
            raise ValueError(f"This cannot be a user of the provider: {name!r}")
        ha1 = hashlib.md5(f"{name}:{domain}:{password}".encode(), usedforsecurity=False).hexdigest()
        balance = _BALANCE_CENTS if name not in _MACHINES else None
        database.execute("INSERT INTO users (name, ha1, balance_cents) VALUES (?, ?, ?)", (name, ha1, balance))
    for title, user, kind in _NUMBERS:
        database.execute(
            "INSERT INTO numbers (title, uri, kind) VALUES (?, ?, ?)", (title, f"sip:{user}@{domain}", kind)
        )


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
