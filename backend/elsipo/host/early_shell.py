"""The windows' process, begun before it is known what it is to be told.

Python needs as long to start it as to start us, and for that it has to know nothing but its binding. So it is begun
first of all, on the processor that is idle yet, and is told the rest by its stdin (measured in tests/bench/README.md).
Must import next to nothing; not even `typing`, which takes 2 ms.
"""

from __future__ import annotations

import os

from elsipo.host.shell_command import shell_command
from elsipo.supervisor import begun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from elsipo.supervisor.begun import Begun

_OPTIONS: Final = frozenset({"--cef", "--log-level", "--remote-debugging-port"})
"""Options of `elsipo` that have a value and leave it at showing the windows."""
BINDINGS: Final = ("cef_capi", "cefpython3")
"""What can show windows; the first one does where nothing is said."""

_kept: Final[list[tuple[list[str], Begun]]] = []


def begin(arguments: Sequence[str]) -> None:
    """Begin it, if these are arguments of an `elsipo` that shows windows and does nothing else.

    Nothing is lost where it cannot be begun, or nobody takes it: it ends with our end of its stdin.
    """
    binding = binding_of(arguments)
    if binding is None or os.name != "posix":  # elsewhere asyncio has pipes of its own
        return
    try:
        command = shell_command(binding)
        _kept.append((command, begun.spawn([*command, "--options-from-stdin"])))
    except OSError:
        return  # whoever wants it says why there is none


def take(argv: Sequence[str]) -> Begun | None:
    """Have the process that was begun, as if it had been started by this command; None where there is none such."""
    import json

    while _kept:
        command, process = _kept.pop()
        if list(argv[: len(command)]) == command:
            try:
                process.stdin.write(json.dumps(argv[len(command) :]).encode() + b"\n")
            except OSError:
                return None  # it did not live that long; another may
            return process
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()  # with which it ends
    return None


def binding_of(arguments: Sequence[str]) -> str | None:
    """The CEF binding that these arguments ask for; None where they do not just show windows, or are none of ours."""
    binding = BINDINGS[0]
    rest = iter(arguments)
    for argument in rest:
        name, _, value = argument.partition("=")
        value = value or next(rest, "")
        if name not in _OPTIONS:
            return None
        if name == "--cef":
            binding = value
    return binding if binding in BINDINGS else None
