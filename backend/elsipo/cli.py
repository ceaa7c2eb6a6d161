"""The command line. Imports what a command needs only when it runs: `elsipo --version` must be quick."""

from __future__ import annotations

import argparse
import getpass
import json
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elsipo.host.account_book import AccountBook
    from elsipo.host.credentials import Credentials
    from elsipo.host.provider_ui.grants import GrantLedger

_FAILED, _MISUSED, _INTERRUPTED = 1, 2, 130
_LINK = re.compile(r"(sips?|tel):", re.IGNORECASE)
_LONGEST_ADDRESS = 512
_COMMANDS = frozenset({"account", "demo", "doctor", "open", "quit"})


class _Version(argparse.Action):
    """`--version`, read from the installed package only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:  # noqa: A002 - argparse's name
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from elsipo.version import ELSIPO_VERSION

        print(f"Elsipo {ELSIPO_VERSION}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: Arguments; the process's own when None.

    Returns:
        Exit code: 0 well, 1 failed, 2 misused, 130 interrupted.
    """
    arguments = _parser().parse_args(_with_command(sys.argv[1:] if argv is None else argv))
    from sqlite3 import Error as SqliteError

    from elsipo import log
    from elsipo.rpc.errors import ElsipoError

    log.configure(arguments.log_level.upper())
    try:
        return int(arguments.run(arguments))
    except ElsipoError as error:
        return _complain(error.message)
    except (OSError, ValueError, SqliteError) as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return _INTERRUPTED


def _with_command(argv: Sequence[str]) -> list[str]:
    """`elsipo sip:bob@example.org`, as desktops start who follows a link, is `elsipo open sip:bob@example.org`."""
    if argv and _LINK.match(argv[-1]) and not _COMMANDS & set(argv):
        return [*argv[:-1], "open", argv[-1]]
    return list(argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="elsipo",
        description="The SIP browser.",
        epilog="One Elsipo runs for a person: started again, it shows a window of the one that runs. "
        "A sip: or tel: address as the only argument is the command open.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, help="say which version this is, and leave")
    parser.add_argument(
        "--log-level", default="warning", choices=["debug", "info", "warning", "error"], help="how much to log"
    )
    _window_options(parser)
    parser.set_defaults(run=_run, address=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    opening = commands.add_parser("open", help="show Elsipo with an address, to be called or written to if you like")
    opening.add_argument("address", type=_outside_address, help="sip:bob@provider.example, tel:+49-30-123")
    commands.add_parser("quit", help="end the Elsipo that runs").set_defaults(run=_quit)
    demo = commands.add_parser("demo", help="a provider of your own on this machine, and Elsipo on it")
    _window_options(demo)
    demo.add_argument(
        "--tour", metavar="DIR", help="take the tour unwatched, and leave screenshots and demo.json there"
    )
    demo.set_defaults(run=_demo)
    doctor = commands.add_parser("doctor", help="say what this machine has and lacks, and how to get it")
    doctor.add_argument("--json", action="store_true", help="for programs")
    doctor.set_defaults(run=_doctor)
    plugin = commands.add_parser("plugin", help="say which plugins there are, and whether they start")
    plugin.set_defaults(run=_without_command, parser=plugin)
    plugins = plugin.add_subparsers(title="commands", metavar="COMMAND").add_parser(
        "list", help="start each plugin that is installed, and say what it offers"
    )
    plugins.add_argument("--json", action="store_true", help="for programs, with all schemas")
    plugins.set_defaults(run=_plugin_list)
    ui = commands.add_parser("ui", help="for people who write pages: begin one, show it, check it")
    ui.set_defaults(run=_without_command, parser=ui)
    _ui_commands(ui.add_subparsers(title="commands", metavar="COMMAND"))
    account = commands.add_parser("account", help="add, list or remove accounts")
    account.set_defaults(run=_without_command, parser=account)
    _account_commands(account.add_subparsers(title="commands", metavar="COMMAND"))
    return parser


def _outside_address(text: str) -> str:
    """What somebody else wrote: to be looked at before it is used, and no longer than an address can be."""
    if not text.isprintable() or not 0 < len(text) <= _LONGEST_ADDRESS:
        raise argparse.ArgumentTypeError("not an address")
    return text


def _window_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cef", default="cef_capi", choices=["cef_capi", "cefpython3"], help="the CEF binding that holds the windows"
    )
    parser.add_argument(
        "--remote-debugging-port", type=int, metavar="PORT", help="open Chromium's DevTools protocol on loopback"
    )


def _ui_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    new = commands.add_parser("new", help="make a small page that runs")
    new.add_argument("folder", metavar="DIR", help="a folder that is new or empty")
    new.set_defaults(run=_ui_new)
    serve = commands.add_parser("serve", help="show a page live, with a provider that is only played")
    serve.add_argument("folder", metavar="DIR", help="where the page is")
    serve.add_argument("--port", type=int, default=0, help="of loopback; a free one if it is not said")
    where = serve.add_mutually_exclusive_group()
    where.add_argument("--browser", action="store_true", help="open it in your browser, not in a window of its own")
    where.add_argument("--no-window", action="store_true", help="say where it is shown, and open nothing")
    serve.set_defaults(run=_ui_serve)
    check = commands.add_parser("check", help="hold a page and its manifest to the contract")
    check.add_argument("folder", metavar="DIR", help="where the page is")
    check.add_argument("--json", action="store_true", help="for programs")
    check.set_defaults(run=_ui_check)


def _account_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
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


def _run(arguments: argparse.Namespace) -> int:
    import asyncio

    from elsipo.host.folders import Folders
    from elsipo.host.head_start import run
    from elsipo.host.shell_options import ShellOptions

    shell = ShellOptions(arguments.cef, arguments.remote_debugging_port)
    asyncio.run(run(Folders.of_platform(), shell, arguments.address))
    return 0


def _quit(_: argparse.Namespace) -> int:
    import asyncio

    from elsipo.host.folders import Folders
    from elsipo.host.instance import quit_running

    folders = Folders.of_platform()
    folders.create()
    if not asyncio.run(quit_running(folders.data)):
        return _complain("Elsipo does not run.")
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    import asyncio

    from elsipo.demo.run import run_demo
    from elsipo.host.shell import ShellOptions

    shell = ShellOptions(arguments.cef, arguments.remote_debugging_port)
    return 0 if asyncio.run(run_demo(shell, arguments.tour)) else _FAILED


def _without_command(arguments: argparse.Namespace) -> int:
    arguments.parser.print_help()
    return _MISUSED


def _doctor(arguments: argparse.Namespace) -> int:
    from io import TextIOWrapper

    from elsipo.doctor.examination import examine
    from elsipo.doctor.report import healthy, to_json, to_text

    findings = examine()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without arrows gets question marks
    print(to_json(findings) if arguments.json else to_text(findings))
    return 0 if healthy(findings) else _FAILED


def _plugin_list(arguments: argparse.Namespace) -> int:
    import asyncio

    from elsipo.host.plugins import try_all

    tried = asyncio.run(try_all())
    if arguments.json:
        print(json.dumps([found.to_json() for found in tried], indent=2, ensure_ascii=False))
    else:
        for found in tried:
            print(f"{found.installed.name}  {found.installed.distribution} {found.installed.version}  {found.summary}")
        if not tried:
            print("No plugins. One is a Python package with an entry point elsipo.plugins, installed beside Elsipo.")
    return _FAILED if any(found.description is None for found in tried) else 0


def _ui_new(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from elsipo.ui_kit.begin import begin

    names = begin(Path(arguments.folder))
    print(f"{arguments.folder} has {', '.join(names)}. See it: elsipo ui serve {arguments.folder}")
    return 0


def _ui_serve(arguments: argparse.Namespace) -> int:
    import asyncio
    from functools import partial
    from pathlib import Path

    from elsipo.host.shell_options import ShellOptions, has_display
    from elsipo.ui_kit.serve import serve
    from elsipo.ui_kit.window import until_closed

    has_window = has_display() and not (arguments.browser or arguments.no_window)
    options = ShellOptions(arguments.cef, arguments.remote_debugging_port)

    def tell(url: str) -> None:
        until = "you close its window" if has_window else "you press Ctrl-C"
        print(f"{arguments.folder} is shown at {url} until {until}.", flush=True)
        if arguments.browser:
            import webbrowser

            webbrowser.open(url)

    window = partial(until_closed, options=options) if has_window else None
    asyncio.run(serve(Path(arguments.folder), arguments.port, tell, window))
    return 0


def _ui_check(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict
    from pathlib import Path

    from elsipo.ui_kit.check import check

    findings = check(Path(arguments.folder))
    errors = sum(finding.severity == "error" for finding in findings)
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            print(finding)
        print(f"{errors} errors, {len(findings) - errors} warnings." if findings else "All is well.")
    return _FAILED if errors else 0


def _accounts() -> tuple[AccountBook, Credentials]:
    from elsipo.host.account_book import AccountBook
    from elsipo.host.credentials import Credentials
    from elsipo.host.folders import Folders

    folders = Folders.of_platform()
    folders.create()
    return AccountBook(folders.config / "accounts.json"), Credentials(folders.config / "passwords.json")


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
        return _complain(f"{error.message} (--allow-file)")
    except BaseException:
        book.remove(record.account_id)
        raise
    print(f"{record.account.aor} is kept. Start elsipo to sign in.")
    return 0


def _account_list(arguments: argparse.Namespace) -> int:
    book, _ = _accounts()
    if arguments.json:
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
        return _complain(f"{error.message} (--allow-file)")
    elsipo_ini.remember(ini, Folders.of_platform().config)
    print(outcome.text)
    return 0 if outcome.account_id is not None else _FAILED


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
        return getpass.getpass(f"Password of {address}: ")
    return sys.stdin.readline().rstrip("\r\n")


def _complain(text: str) -> int:
    print(f"elsipo: {text}", file=sys.stderr)
    return _FAILED
