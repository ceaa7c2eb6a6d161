"""`python -m elsipo.plugin NAME`: started by the host, never by hand."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import sys
from importlib.metadata import entry_points

from elsipo import log
from elsipo.rpc.stream import claim_stdio

# Before the plugin is imported: whatever it prints goes to the log, for stdout belongs to JSON-RPC.
_CLAIMED = claim_stdio()

_log = logging.getLogger("elsipo.plugin")


def main() -> None:
    """Run a plugin; ends the process."""
    faulthandler.enable()
    log.configure("INFO")
    from elsipo.plugin.declaration import Plugin
    from elsipo.plugin.process import serve

    name = sys.argv[1]
    found = next(iter(entry_points(group="elsipo.plugins", name=name)), None)
    if found is None:
        sys.exit(f"There is no plugin {name}.")
    plugin = found.load()
    if not isinstance(plugin, Plugin) or plugin.name != name:
        sys.exit(f"{found.value} is no elsipo.plugin.Plugin of the name {name}.")
    asyncio.run(serve(plugin, _CLAIMED))


if __name__ == "__main__":
    main()
