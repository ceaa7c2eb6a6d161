"""`python -m elsipo.engine`: started by the host, never by hand."""

from __future__ import annotations

import asyncio
import os

from elsipo import log
from elsipo.rpc.stream import claim_stdio

# Before pjsip is loaded: it prints to stdout, which belongs to JSON-RPC.
_CLAIMED = claim_stdio()


def main() -> None:
    """Run the engine; ends the process."""
    from elsipo.engine.process import Process

    log.configure(os.environ.get("ELSIPO_LOG", "INFO"))
    asyncio.run(Process(_CLAIMED).run())


if __name__ == "__main__":
    main()
