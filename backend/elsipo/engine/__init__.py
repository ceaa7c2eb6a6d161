"""The engine: SIP and media of one account, in a process that may die at any moment.

`python -m elsipo.engine` speaks bridge_spec/openrpc/engine.yaml on its stdin and stdout. The only importer of pjsua2.
Must not know the host, windows, pages, history, or any other account.

Threads: asyncio reads and writes JSON-RPC; one other thread owns pjsip (`reactor`), and all state of SIP lives there.
What crosses between them is copied values.
"""

from elsipo.rpc.lean import spare_openssl

# pjsip brings an OpenSSL of its own.
spare_openssl()
