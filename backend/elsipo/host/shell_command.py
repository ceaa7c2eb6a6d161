"""How the windows' process is started, as far as its binding decides. Imports next to nothing, for `early_shell`."""

from __future__ import annotations

import sys

_RUN_SHELL = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module('elsipo_shell', run_name='__main__', alter_sys=True)"
)


def shell_command(binding: str) -> list[str]:
    """The beginning of the shell's command; its other options follow.

    Args:
        binding: The CEF binding that shows the windows.

    Raises:
        FileNotFoundError: the binding needs a Python that is not here; the text says how to get it.
    """
    if binding == "cef_capi":
        return [sys.executable, "-m", "elsipo_shell", "--cef", binding]
    from elsipo.host import python37
    from elsipo.resources import shell_python_path

    # That Python's own packages, and of ours only the shell.
    return [python37.find(), "-I", "-c", _RUN_SHELL, str(shell_python_path()), "--cef", binding]
