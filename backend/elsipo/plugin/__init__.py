"""What a plugin is made of: `Plugin`, which a package names in its entry point `elsipo.plugins`. Knows no SIP.

A plugin runs in a process of its own, one per account, and is told neither which account nor any secret. It is code of
the person's choice and runs as that person: Elsipo holds off its mistakes, not its malice.
"""

from elsipo.plugin.declaration import Plugin
from elsipo.rpc.errors import PluginError

__all__ = ["Plugin", "PluginError"]
