"""`python -m elsipo_shell`: see `shell.py`."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import bindings, leftovers
from .bindings.interface import CefError, Options
from .params import is_storage
from .shell import Shell
from .signals import Signals

if TYPE_CHECKING:
    from typing import List, Optional


def main(argv: Optional[List[str]] = None) -> int:
    """Run the shell; the exit status."""
    given = sys.argv[1:] if argv is None else argv
    arguments = _parse(given)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # stdout is the host's alone: whatever else prints, CEF included, prints to stderr.
    write_fd = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    temporary: List[str] = []

    def clean_up() -> None:
        for folder in temporary:
            shutil.rmtree(folder, ignore_errors=True)

    def end_at_once() -> None:
        clean_up()
        os._exit(0)

    signals = Signals(end_at_once)

    def prepared(told: argparse.Namespace) -> Options:
        if not told.cache_dir:
            temporary.append(tempfile.mkdtemp(prefix="elsipo-shell-"))
        cache = Path(told.cache_dir or temporary[0]).resolve()
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        leftovers.remove(cache)
        return Options(str(cache), told.remote_debugging_port, told.web_proxy_port, told.storage)

    try:
        # What is known is prepared before CEF starts, which for a while takes signals as it likes.
        known = None if arguments.options_from_stdin else prepared(arguments)
        gc.disable()  # it would look for garbage among CEF's thousand types, a third of the time that these take
        binding = bindings.load(arguments.cef, lambda: known or prepared(_parse([*given, *_options_from_stdin()])))
        gc.freeze()
        gc.enable()
        Shell(binding, sys.stdin.buffer, write_fd, signals, clean_up).run()
    except (CefError, ImportError, OSError):
        logging.getLogger(__name__).exception("the windows cannot be shown")
        clean_up()
        return 1
    # The reader thread still waits in stdin, and CEF's library has nothing left to say: no interpreter's end.
    logging.shutdown()
    os._exit(0)


def _options_from_stdin() -> List[str]:
    """The further options of one that was begun before they were known; ends the process where none come."""
    line = sys.stdin.buffer.readline()
    if not line:
        os._exit(0)  # whoever began it has no use for it
    options: List[str] = json.loads(line)
    return options


def _parse(argv: List[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="elsipo_shell", description="Elsipo's windows; started by Elsipo's host.")
    parser.add_argument("--cef", choices=bindings.NAMES, required=True, help="the CEF binding")
    parser.add_argument("--remote-debugging-port", type=_port, help="DevTools there, on 127.0.0.1 (off by default)")
    parser.add_argument("--web-proxy-port", type=_port, help="the host's proxy, on 127.0.0.1 (none by default)")
    parser.add_argument("--storage", type=_storage, help="the storage of the window that comes first: it is begun with")
    parser.add_argument("--cache-dir", help="Chromium's profile (default: a temporary one, removed at the end)")
    parser.add_argument(
        "--options-from-stdin", action="store_true", help="first comes a line with more options, as JSON"
    )
    return parser.parse_args(argv)


def _storage(text: str) -> str:
    if not is_storage(text):
        raise argparse.ArgumentTypeError("a name of a storage")
    return text


def _port(text: str) -> int:
    number = int(text)
    # The range that CEF takes.
    if number not in range(1024, 65536):
        raise argparse.ArgumentTypeError("a port from 1024 to 65535")
    return number


if __name__ == "__main__":
    sys.exit(main())
