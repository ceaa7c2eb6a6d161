"""The way of a notification from the pjsip thread to the host. Must not know what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from elsipo.rpc.method import Notification
from elsipo.rpc.model import Model

Emit = Callable[[Notification[Any], Model], None]
