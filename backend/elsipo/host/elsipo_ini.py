"""The configuration of Elsipo 0.1 (2011), `~/.elsipo/elsipo.ini`: taken over once, and left as it is.

    [Elsipo]            url=       the page: a file, a folder, or a web address
    [Plugin.Pjsip]      username=  password=  domain=  port=

A password that no keyring takes is not put anywhere: then nothing is imported, the person is told what to do, and the
next start tries again. Everything else is settled by one try.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from elsipo.host.private_file import write_private
from elsipo.host.ui.where import normalized
from elsipo.rpc.errors import AccountExistsError, CredentialStoreError, InvalidAddressError

if TYPE_CHECKING:
    from elsipo.host.account_book import AccountBook
    from elsipo.host.credentials import Credentials
    from elsipo.rpc._generated.models import Severity

_log = logging.getLogger(__name__)

_DONE_FILE: Final = "elsipo-ini.imported"
_MAX_BYTES: Final = 64 * 1024
_DEFAULT_PORT: Final = "5060"
_ALLOW_FILE: Final = "elsipo account import --allow-file"
_BY_HAND: Final = "Add the account by hand: elsipo account add ADDRESS --server HOST:PORT --ui PAGE"
_ESCAPE: Final = re.compile(r"\\(x[0-9A-Fa-f]{1,4}|.)")


def place() -> Path:
    """Where Elsipo 0.1 looked."""
    return Path.home() / ".elsipo" / "elsipo.ini"


@dataclass(frozen=True)
class Outcome:
    """What became of an import, for people.

    Attributes:
        severity: Of the notice.
        text: What was done, or why not and what to do.
        account_id: The new account; None where there is none.
    """

    severity: Severity
    text: str
    account_id: str | None = None


@dataclass(frozen=True)
class OldSettings:
    """What the file says; empty where it says nothing."""

    url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    domain: str = ""
    port: str = ""


def import_once(ini: Path, config: Path, book: AccountBook, credentials: Credentials) -> Outcome | None:
    """Take the old configuration over, if that has not been done. May block on the keyring.

    Args:
        ini: The old file.
        config: Our configuration folder, which remembers that it was done.
        book: Gets the account.
        credentials: Get the password.

    Returns:
        What to tell the person; None where there is nothing to do.
    """
    if (config / _DONE_FILE).exists() or not ini.is_file():
        return None
    try:
        outcome = take_over(ini, book, credentials, allow_file=False)
    except CredentialStoreError as error:
        _log.warning("%s was not imported: %s", ini, error.message)
        return Outcome("warning", f"{ini} was not imported. {error.message} To allow it: {_ALLOW_FILE}")
    except (OSError, ValueError) as error:
        outcome = Outcome("warning", f"{ini} cannot be read, and was not imported: {error} {_BY_HAND}")
    remember(ini, config)
    return outcome


def remember(ini: Path, config: Path) -> None:
    """It was dealt with: no start tries it again.

    Raises:
        OSError: the configuration folder cannot be written to.
    """
    write_private(config / _DONE_FILE, f"{ini}\n")


def read(ini: Path) -> OldSettings:
    """What the file says, as Qt's QSettings wrote it.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such file.
    """
    import configparser  # once in a life

    if ini.stat().st_size > _MAX_BYTES:
        raise ValueError("it is too large for what it should be.")
    content = ini.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        # The parser's own words quote lines of the file, and one of them is the password.
        raise ValueError("it is not written as [sections] with name=value.") from None
    found: dict[str, str] = {}
    for section in parser.sections():
        for wanted, names in (("elsipo", ("url",)), ("plugin.pjsip", ("username", "password", "domain", "port"))):
            if section.lower() == wanted:
                found |= {name: _value(parser.get(section, name, fallback="") or "") for name in names}
    return OldSettings(**found)


def take_over(ini: Path, book: AccountBook, credentials: Credentials, *, allow_file: bool) -> Outcome:
    """Make an account of the old configuration, whether that was done before or not. May block on the keyring.

    Args:
        ini: The old file.
        book: Gets the account.
        credentials: Get the password.
        allow_file: Whether the password may go to a file where no keyring runs.

    Returns:
        What became of it.

    Raises:
        CredentialStoreError: the password could not be kept; nothing was imported.
        OSError, ValueError: the file cannot be read.
    """
    old = read(ini)
    if not old.username or not old.domain:
        return Outcome("info", f"{ini} names no SIP account (username= and domain=), so nothing was imported.")
    address = f"{old.username}@{old.domain}"
    try:
        ui, remark = normalized(old.url, ini.parent), ""
    except ValueError as error:
        ui, remark = "", f" Its page was left out: {error}"
    try:
        server = "" if old.port in {"", _DEFAULT_PORT} else f"{old.domain}:{old.port}"
        record = book.add(address, server=server, ui=ui)
    except AccountExistsError:
        return Outcome("info", f"{address} of {ini} is signed in here already; nothing of the file was imported.")
    except InvalidAddressError as error:
        return Outcome("warning", f"{ini} was not imported: {error.message} {_BY_HAND}")
    try:
        credentials.keep(record.account_id, old.password, allow_file=allow_file)
    except CredentialStoreError:
        book.remove(record.account_id)
        raise
    page = f" with its page {ui}" if ui else ""
    if Path(ui).is_absolute() and not Path(ui).exists():
        remark = f" But {ui} is not there: put it back, or take another page (elsipo account ui {address} FOLDER)."
    text = f"{address} was imported from {ini}{page}. The file is not needed any more; it was left as it is."
    return Outcome("warning" if remark else "info", text + remark, record.account_id)


def _value(text: str) -> str:
    r"""A value as QSettings quotes it: `"a;b"`, `\"`, `\\`, `\x41`."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return _ESCAPE.sub(lambda match: chr(int(match[1][1:], 16)) if match[1][0] == "x" else match[1], text)
