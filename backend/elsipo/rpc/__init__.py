"""JSON-RPC 2.0 between Elsipo's processes: the contract's types, peers and streams. Knows no SIP."""

from typing import Final

PROTOCOL_VERSION: Final = 1
"""Spoken by both sides of every connection of this version; see `session.open`, `engine.hello`, `shell.hello`."""
