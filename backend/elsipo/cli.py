"""The command line. Imports what a command needs only when it runs: `elsipo --version` must be quick."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING

from elsipo.cli_accounts import FAILED, add_commands, complain
from elsipo.host import early_shell

if TYPE_CHECKING:
    from collections.abc import Sequence

_MISUSED, _INTERRUPTED = 2, 130
_LINK = re.compile(r"(sips?|tel):", re.IGNORECASE)
_LONGEST_ADDRESS = 512
_COMMANDS = frozenset({"account", "demo", "doctor", "open", "plugin", "quit", "ui"})


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
    given = _with_command(sys.argv[1:] if argv is None else argv)
    parser = _parser()
    if early_shell.binding_of(given) is None:  # else the windows wait for what no command needs
        _add_commands(parser)
    arguments = parser.parse_args(given)
    if arguments.run is not _run:  # whose windows are started before its log
        from elsipo import log

        log.configure(arguments.log_level.upper())
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:
        if (text := _known(error)) is None:
            raise
        return complain(text)


def _known(error: Exception) -> str | None:
    """What a person is told of an error that is no defect; None of another."""
    from sqlite3 import Error as SqliteError

    from elsipo.rpc.errors import ElsipoError

    if isinstance(error, ElsipoError):
        return error.message
    return str(error) if isinstance(error, OSError | ValueError | SqliteError) else None


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
    return parser


def _add_commands(parser: argparse.ArgumentParser) -> None:
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
    add_commands(account.add_subparsers(title="commands", metavar="COMMAND"))


def _outside_address(text: str) -> str:
    """What somebody else wrote: to be looked at before it is used, and no longer than an address can be."""
    if not text.isprintable() or not 0 < len(text) <= _LONGEST_ADDRESS:
        raise argparse.ArgumentTypeError("not an address")
    return text


def _window_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cef",
        default=early_shell.BINDINGS[0],
        choices=early_shell.BINDINGS,
        help="the CEF binding that holds the windows",
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


def _run(arguments: argparse.Namespace) -> int:
    from elsipo.host.folders import Folders
    from elsipo.host.head_start import run
    from elsipo.host.shell_options import ShellOptions

    shell = ShellOptions(arguments.cef, arguments.remote_debugging_port)
    run(Folders.of_platform(), shell, arguments.log_level.upper(), arguments.address)
    return 0


def _quit(_: argparse.Namespace) -> int:
    import asyncio

    from elsipo.host.folders import Folders
    from elsipo.host.instance import quit_running

    folders = Folders.of_platform()
    folders.create()
    if not asyncio.run(quit_running(folders.data)):
        return complain("Elsipo does not run.")
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    import asyncio

    from elsipo.demo.run import run_demo
    from elsipo.host.shell import ShellOptions

    shell = ShellOptions(arguments.cef, arguments.remote_debugging_port)
    return 0 if asyncio.run(run_demo(shell, arguments.tour)) else FAILED


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
    return 0 if healthy(findings) else FAILED


def _plugin_list(arguments: argparse.Namespace) -> int:
    import asyncio
    import json

    from elsipo.host.plugins import try_all

    tried = asyncio.run(try_all())
    if arguments.json:
        print(json.dumps([found.to_json() for found in tried], indent=2, ensure_ascii=False))
    else:
        for found in tried:
            print(f"{found.installed.name}  {found.installed.distribution} {found.installed.version}  {found.summary}")
        if not tried:
            print("No plugins. One is a Python package with an entry point elsipo.plugins, installed beside Elsipo.")
    return FAILED if any(found.description is None for found in tried) else 0


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
    import json
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
    return FAILED if errors else 0
