"""`python -m elsipo.engine`: started by the host, never by hand."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys

from elsipo import log
from elsipo.rpc.stream import claim_stdio

# Before pjsip is loaded: it prints to stdout, which belongs to JSON-RPC.
_CLAIMED = claim_stdio()


def _leave_no_core() -> None:
    """A core file would hold the password."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def main() -> None:
    """Run the engine; ends the process."""
    from elsipo.engine.process import Process

    # Should native code fail or hang, stderr, and so the host's crash report, tells where each thread was.
    faulthandler.enable()
    _leave_no_core()
    log.configure(os.environ.get("ELSIPO_LOG", "INFO"))
    asyncio.run(Process(_CLAIMED).run())


if __name__ == "__main__":
    main()
