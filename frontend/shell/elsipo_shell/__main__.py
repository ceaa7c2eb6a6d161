"""`python -m elsipo_shell`: see `shell.py`."""

from __future__ import annotations

import argparse
import gc
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
    options = _parse(argv)
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
    if not options.cache_dir:
        temporary.append(tempfile.mkdtemp(prefix="elsipo-shell-"))
    cache_dir = options.cache_dir or temporary[0]
    try:
        cache = Path(cache_dir).resolve()
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        leftovers.remove(cache)
        gc.disable()  # it would look for garbage among CEF's thousand types, a third of the time that these take
        binding = bindings.load(
            options.cef, Options(str(cache), options.remote_debugging_port, options.web_proxy_port, options.storage)
        )
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


def _parse(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="elsipo_shell", description="Elsipo's windows; started by Elsipo's host.")
    parser.add_argument("--cef", choices=bindings.NAMES, required=True, help="the CEF binding")
    parser.add_argument("--remote-debugging-port", type=_port, help="DevTools there, on 127.0.0.1 (off by default)")
    parser.add_argument("--web-proxy-port", type=_port, help="the host's proxy, on 127.0.0.1 (none by default)")
    parser.add_argument("--storage", type=_storage, help="the storage of the window that comes first: it is begun with")
    parser.add_argument("--cache-dir", help="Chromium's profile (default: a temporary one, removed at the end)")
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
