"""The commands `elsipo account …`. Like `cli`, imports what a command needs only when it runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from elsipo.host.account_book import AccountBook
    from elsipo.host.credentials import Credentials
    from elsipo.host.provider_ui.grants import GrantLedger

FAILED = 1


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add them to the parser."""
    add = commands.add_parser("add", help="keep an account; the password is asked for, or read from standard input")
    add.add_argument("address", help="alice@provider.example")
    add.add_argument("--display-name", default="", help="name to show to others")
    add.add_argument("--transport", default="udp", choices=["udp", "tcp", "tls"], help="how SIP travels")
    add.add_argument("--server", default="", metavar="HOST[:PORT]", help="where to send to, if not to the domain")
    add.add_argument("--auth-user", default="", metavar="NAME", help="user name for authentication, if another")
    add.add_argument("--ca-file", default="", metavar="PEM", help="certificate authorities to trust for TLS")
    add.add_argument("--allow-file", action="store_true", help="keep the password in a file where no keyring runs")
    add.add_argument("--ui", default="home", metavar="WHERE", help="its page: a file, a folder, an https address")
    add.set_defaults(run=_account_add)
    ui = commands.add_parser("ui", help="say, or choose, where an account's page is from")
    ui.add_argument("address", help="alice@provider.example")
    ui.add_argument(
        "where",
        nargs="?",
        help="a file, a folder, or an https address, which is asked about anew; or home",
    )
    ui.set_defaults(run=_account_ui)
    provider = commands.add_parser("provider", help="say where an account's provider has its UI, and what was granted")
    provider.add_argument("address", help="alice@provider.example")
    local = provider.add_mutually_exclusive_group()
    local.add_argument("--allow-local", action="store_true", help="let the UI come from this machine; for developers")
    local.add_argument("--forbid-local", action="store_true", help="let it come from the Internet only, as usual")
    provider.set_defaults(run=_account_provider)
    old = commands.add_parser("import", help="take over the configuration of Elsipo 0.1")
    old.add_argument("ini", nargs="?", help="where it is, if not at ~/.elsipo/elsipo.ini")
    old.add_argument("--allow-file", action="store_true", help="keep the password in a file where no keyring runs")
    old.set_defaults(run=_account_import)
    listing = commands.add_parser("list", help="say which accounts there are")
    listing.add_argument("--json", action="store_true", help="for programs")
    listing.set_defaults(run=_account_list)
    remove = commands.add_parser("remove", help="forget an account, its password and its history")
    remove.add_argument("address", help="alice@provider.example")
    remove.set_defaults(run=_account_remove)


def complain(text: str) -> int:
    """Say what went wrong; the exit code for that."""
    print(f"elsipo: {text}", file=sys.stderr)
    return FAILED


def _accounts() -> tuple[AccountBook, Credentials]:
    from elsipo.host.account_book import AccountBook
    from elsipo.host.credentials import Credentials
    from elsipo.host.folders import Folders

    folders = Folders.of_platform()
    folders.create()
    return AccountBook(folders.accounts), Credentials(folders.config / "passwords.json")


def _ledger() -> GrantLedger:
    from elsipo.host.folders import Folders
    from elsipo.host.provider_ui.grants import GrantLedger

    return GrantLedger(Folders.of_platform().config / "grants.json")


def _account_add(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from elsipo.rpc.errors import ElsipoError

    ui = _page(arguments.ui)
    book, credentials = _accounts()
    record = book.add(
        arguments.address,
        display_name=arguments.display_name,
        transport=arguments.transport,
        server=arguments.server,
        auth_user=arguments.auth_user,
        tls_ca_file=str(Path(arguments.ca_file).resolve(strict=True)) if arguments.ca_file else "",
        ui=ui,
    )
    try:
        credentials.keep(record.account_id, _ask_password(arguments.address), allow_file=arguments.allow_file)
    except ElsipoError as error:
        book.remove(record.account_id)
        return complain(f"{error.message} (--allow-file)")
    except BaseException:
        book.remove(record.account_id)
        raise
    print(f"{record.account.aor} is kept. Start elsipo to sign in.")
    return 0


def _account_list(arguments: argparse.Namespace) -> int:
    book, _ = _accounts()
    if arguments.json:
        import json

        print(json.dumps([record.account.to_wire() for record in book.all()], indent=2))
        return 0
    for record in book.all():
        account = record.account
        print(f"{account.aor}  {account.transport}  {account.server or record.domain}")
    if not book.all():
        print("No accounts yet. Add one: elsipo account add alice@provider.example")
    return 0


def _account_ui(arguments: argparse.Namespace) -> int:
    from elsipo.host.folders import Folders
    from elsipo.host.profile_lock import ProfileLock

    if arguments.where is None:
        book, _ = _accounts()
        record = book.by_address(arguments.address)
        print(record.ui or "home")
        return 0
    ui = _page(arguments.where)
    folders = Folders.of_platform()
    folders.create()
    lock = ProfileLock(folders.data / "lock")  # a running Elsipo would write its own idea over ours
    try:
        book, _ = _accounts()
        record = book.by_address(arguments.address)
        book.show_ui(record.account_id, ui)
        _ledger().forget(record.account_id)
    finally:
        lock.release()
    print(f"{record.account.aor} shows {ui or 'home'} from now on.")
    return 0


def _account_provider(arguments: argparse.Namespace) -> int:
    from elsipo.host.folders import Folders
    from elsipo.host.profile_lock import ProfileLock
    from elsipo.host.provider_ui.bundle import Shelf

    folders = Folders.of_platform()
    folders.create()
    if arguments.allow_local or arguments.forbid_local:
        lock = ProfileLock(folders.data / "lock")  # as above
        try:
            book, _ = _accounts()
            book.allow_local_ui(book.by_address(arguments.address).account_id, allowed=arguments.allow_local)
        finally:
            lock.release()
    book, _ = _accounts()
    record = book.by_address(arguments.address)
    kept = Shelf(folders.data / "providers" / record.account_id).current
    print(f"{kept.manifest.name} {kept.manifest.version}, from {kept.source}" if kept else "No UI is known.")
    print(f"A UI from this machine is {'allowed' if record.allow_local_ui else 'not allowed'}.")
    for grant in _ledger().of_account(record.account_id):
        print(f"  {grant.origin} {'may' if grant.granted else 'may not'} {grant.capability}, used {grant.uses} times")
    return 0


def _page(where: str) -> str:
    """What a person says of a page, as the configuration holds it; what is not there is said now."""
    from pathlib import Path

    from elsipo.host.ui.where import normalized

    ui = normalized(where, Path.cwd())
    if Path(ui).is_absolute() and not Path(ui).exists():
        raise FileNotFoundError(f"{ui} is not there.")
    return ui


def _account_import(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from elsipo.host import elsipo_ini
    from elsipo.host.folders import Folders
    from elsipo.rpc.errors import CredentialStoreError

    book, credentials = _accounts()
    ini = Path(arguments.ini).absolute() if arguments.ini else elsipo_ini.place()
    try:
        outcome = elsipo_ini.take_over(ini, book, credentials, allow_file=arguments.allow_file)
    except CredentialStoreError as error:
        return complain(f"{error.message} (--allow-file)")
    elsipo_ini.remember(ini, Folders.of_platform().config)
    print(outcome.text)
    return 0 if outcome.account_id is not None else FAILED


def _account_remove(arguments: argparse.Namespace) -> int:
    from elsipo.host.folders import Folders
    from elsipo.host.provider_ui.bundle import Shelf
    from elsipo.host.store.calls import CallTable
    from elsipo.host.store.database import Database
    from elsipo.host.store.devices import DeviceTable
    from elsipo.host.store.messages import MessageTable

    book, credentials = _accounts()
    record = book.remove(book.by_address(arguments.address).account_id)
    credentials.forget(record.account_id)
    _ledger().forget(record.account_id)
    Shelf(Folders.of_platform().data / "providers" / record.account_id).clear()
    database = Database(Folders.of_platform().data / "history.sqlite")
    MessageTable(database).forget(record.account_id)
    CallTable(database).forget(record.account_id)
    DeviceTable(database).forget(record.account_id)
    database.close()
    print(f"{record.account.aor} is forgotten.")
    return 0


def _ask_password(address: str) -> str:
    """From a prompt, or from standard input; never from an argument, which everybody on the machine can read."""
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass(f"Password of {address}: ")
    return sys.stdin.readline().rstrip("\r\n")
